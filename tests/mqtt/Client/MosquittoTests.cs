using System.Security.Authentication;
using static SmartCity.Mqtt.ProtocolVersion;
using static SmartCity.Mqtt.QualityOfService;

namespace SmartCity.Mqtt.Tests.Client;

/// <summary>The client against a server that is not ours.</summary>
public sealed class MosquittoTests
{
    public static TheoryData<ProtocolVersion, QualityOfService> Kinds => new()
    {
        { V311, AtMostOnce }, { V311, AtLeastOnce }, { V311, ExactlyOnce }, { V500, AtMostOnce }, { V500, AtLeastOnce }, { V500, ExactlyOnce },
    };

    public static TheoryData<ProtocolVersion, QualityOfService> Acknowledged => new()
    {
        { V311, AtLeastOnce }, { V311, ExactlyOnce }, { V500, AtLeastOnce }, { V500, ExactlyOnce },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ThereAndBack(ProtocolVersion version, QualityOfService qos)
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var client = new MqttClient(Options(broker, version));
        var inbox = new Inbox(client);
        await client.ConnectAsync();
        Assert.Equal((ReasonCode)qos, await client.SubscribeAsync("t/+", qos));
        var texts = Enumerable.Range(0, 200).Select(i => $"message {i}").ToArray();
        var publishes = texts.Select(text => client.PublishAsync("t/a", System.Text.Encoding.UTF8.GetBytes(text), qos)).ToArray();
        Assert.All(await Task.WhenAll(publishes).Soon(), reason => Assert.Equal(ReasonCode.Success, reason));
        Assert.Equal(texts, await inbox.NextAsync(texts.Length));
        await client.FlushAsync().Soon();
        Assert.Equal(0, client.InFlight);
        Assert.Equal([ReasonCode.Success], await client.UnsubscribeAsync(["t/+"]));
        if (version == V500)
        {
            Assert.Equal(qos == AtLeastOnce ? ReasonCode.NoMatchingSubscribers : ReasonCode.Success, await client.PublishAsync("t/a", "x"u8.ToArray(), qos));
        }

        Assert.Equal(0, inbox.Count);
    }

    [Fact]
    public async Task PropertiesAndRetained()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var client = new MqttClient(Options(broker, V500));
        var inbox = new Inbox(client);
        await client.ConnectAsync();
        var properties = new PublishProperties
        {
            ContentType = "application/json",
            ResponseTopic = "answer",
            CorrelationData = new byte[] { 9 },
            MessageExpiryInterval = 100,
            PayloadIsText = true,
            UserProperties = [new UserProperty("k", "v")],
        };
        Assert.Equal(ReasonCode.NoMatchingSubscribers, await client.PublishAsync("r", "{}"u8.ToArray(), AtLeastOnce, retain: true, properties));
        await client.SubscribeAsync([new SubscriptionRequest("r", ExactlyOnce) { RetainAsPublished = true }], identifier: 5);
        var message = await inbox.NextAsync();
        Assert.True(message.Retain);
        Assert.Equal("{}", Inbox.Text(message));
        Assert.Equal("application/json", message.Properties!.ContentType);
        Assert.Equal([5u], message.Properties.SubscriptionIdentifiers);
        Assert.Equal(properties.UserProperties, message.Properties.UserProperties);
        Assert.InRange(message.Properties.MessageExpiryInterval!.Value, 90u, 100u);
        await Assert.ThrowsAsync<ArgumentException>(() => client.PublishAsync("a/#", default, AtLeastOnce));
        Assert.Equal(0, client.InFlight);
    }

    [Fact]
    public async Task WillIsPublishedWhenAsked()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var reader = new MqttClient(Options(broker, V500) with { ClientId = "reader" });
        var inbox = new Inbox(reader);
        await reader.ConnectAsync();
        await reader.SubscribeAsync("will", AtLeastOnce);
        foreach (var (reason, payload) in new[] { (ReasonCode.Success, "not sent"), (ReasonCode.DisconnectWithWill, "sent") })
        {
            await using var client = new MqttClient(Options(broker, V500) with { Will = new WillMessage("will", System.Text.Encoding.UTF8.GetBytes(payload), AtLeastOnce, false) });
            await client.ConnectAsync();
            await client.DisconnectAsync(new DisconnectPacket(reason));
        }

        Assert.Equal("sent", Inbox.Text(await inbox.NextAsync()));
    }

    [Theory]
    [InlineData(V311)]
    [InlineData(V500)]
    public async Task TlsWithCertificates(ProtocolVersion version)
    {
        using var certificates = new TestCertificates();
        using var strangers = new TestCertificates();
        await using var broker = await Mosquitto.StartTlsAsync(certificates);
        var options = Options(broker, version) with { UseTls = true, ServerCa = certificates.Trust, ClientCertificate = certificates.Client };
        await using var client = new MqttClient(options);
        var inbox = new Inbox(client);
        await client.ConnectAsync();
        await client.SubscribeAsync("a", AtLeastOnce);
        var large = new byte[100_000];
        Random.Shared.NextBytes(large);
        await client.PublishAsync("a", large, AtLeastOnce).Soon();
        Assert.Equal(large, (await inbox.NextAsync()).Payload.ToArray());

        await using var wrongServer = new MqttClient(options with { ServerCa = strangers.Trust });
        await Assert.ThrowsAsync<AuthenticationException>(() => wrongServer.ConnectAsync());
        await using var wrongName = new MqttClient(options with { TlsName = "elsewhere" });
        await Assert.ThrowsAsync<AuthenticationException>(() => wrongName.ConnectAsync());
        await using var wrongClient = new MqttClient(options with { ClientCertificate = strangers.Client });
        await Assert.ThrowsAnyAsync<Exception>(() => wrongClient.ConnectAsync());
        await using var noCertificate = new MqttClient(options with { ClientCertificate = null });
        await Assert.ThrowsAnyAsync<Exception>(() => noCertificate.ConnectAsync());
    }

    [Theory]
    [InlineData(V311)]
    [InlineData(V500)]
    public async Task RefusalIsSaid(ProtocolVersion version)
    {
        await using var broker = await Mosquitto.StartAsync("allow_anonymous false");
        await using var client = new MqttClient(Options(broker, version) with { Username = "nobody", Password = "secret"u8.ToArray() });
        var refused = await Assert.ThrowsAsync<MqttConnectException>(() => client.ConnectAsync());
        Assert.Equal(ReasonCode.NotAuthorized, refused.Reason);
        Assert.DoesNotContain("secret", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Acknowledged))]
    public async Task KilledWithMessagesInFlight(ProtocolVersion version, QualityOfService qos)
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var client = new MqttClient(Options(broker, version));
        var inbox = new Inbox(client);
        await client.ConnectAsync();
        await client.SubscribeAsync("t", qos);
        await client.PublishAsync("t", "before"u8.ToArray(), qos).Soon();
        var lost = client.NextDisconnection();
        await broker.FreezeAsync();

        // More than the window: the rest waits for a slot meanwhile.
        var texts = Enumerable.Range(0, 100).Select(i => $"{i}").ToArray();
        var publishes = texts.Select(text => client.PublishAsync("t", System.Text.Encoding.UTF8.GetBytes(text), qos)).ToArray();
        await broker.KillAsync();
        await lost.Soon();
        var again = client.NextConnection();
        await broker.StartAgainAsync();
        Assert.False(await again.Soon());
        Assert.All(await Task.WhenAll(publishes).Soon(), reason => Assert.True(reason < ReasonCode.UnspecifiedError));
        await inbox.AllOfAsync(texts);
    }

    [Theory]
    [MemberData(nameof(Acknowledged))]
    public async Task ResumedSessionGetsEverythingOnce(ProtocolVersion version, QualityOfService qos)
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var reader = new MqttClient(Options(broker, version) with { ClientId = "reader", CleanStart = false, SessionExpirySeconds = 1000 });
        await using var writer = new MqttClient(Options(broker, version) with { ClientId = "writer", CleanStart = false, SessionExpirySeconds = 1000, Window = 10 });
        var inbox = new Inbox(reader);
        await reader.ConnectAsync();
        await writer.ConnectAsync();
        await reader.SubscribeAsync("t", qos);
        var texts = Enumerable.Range(0, 500).Select(i => $"{i}").ToArray();
        var publishes = texts.Select(text => writer.PublishAsync("t", System.Text.Encoding.UTF8.GetBytes(text), qos)).ToArray();
        await publishes[50].Soon();
        var again = writer.NextConnection();
        await broker.StopAsync();
        await broker.StartAgainAsync();
        Assert.True(await again.Soon());
        await Task.WhenAll(publishes).Soon();
        if (qos == ExactlyOnce)
        {
            Assert.Equal(texts, (await inbox.NextAsync(texts.Length)).OrderBy(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)));
            Assert.Equal(0, inbox.Count);
        }
        else
        {
            await inbox.AllOfAsync(texts);
        }
    }

    [Fact]
    public async Task HandlerMayPublishAndAwait()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var client = new MqttClient(Options(broker, V311) with { MaximumWaiting = 4 });
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = 0;
        client.Received = async message =>
        {
            await client.PublishAsync("answer", message.Payload, AtLeastOnce);
            if (++count == 20)
            {
                answered.SetResult();
            }
        };
        await client.ConnectAsync();
        await client.SubscribeAsync("ask", AtLeastOnce);
        for (var i = 0; i < 20; i++)
        {
            await client.PublishAsync("ask", "?"u8.ToArray(), AtLeastOnce).Soon();
        }

        await answered.Task.Soon();
    }

    [Fact]
    public async Task StartKeepsTryingUntilThereIsAServer()
    {
        await using var broker = await Mosquitto.StartAsync();
        await broker.StopAsync();
        await using var client = new MqttClient(Options(broker, V500));
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => client.ConnectAsync());
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.ConnectFailed += _ => failed.TrySetResult();
        var connected = client.NextConnection();
        client.Start();
        Assert.Equal(ReasonCode.ServerUnavailable, await client.PublishAsync("a", "x"u8.ToArray(), AtMostOnce));
        var publish = client.PublishAsync("a", "x"u8.ToArray(), AtLeastOnce);
        await failed.Task.Soon();
        await broker.StartAgainAsync();
        await connected.Soon();
        Assert.True(await publish.Soon() < ReasonCode.UnspecifiedError);
    }

    private static MqttClientOptions Options(Mosquitto broker, ProtocolVersion version) => new()
    {
        Host = "127.0.0.1",
        Port = broker.Port,
        ClientId = "client",
        Version = version,
        ReconnectMinimum = TimeSpan.FromMilliseconds(20),
        ReconnectMaximum = TimeSpan.FromMilliseconds(200),
    };
}
