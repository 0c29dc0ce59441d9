using System.Diagnostics;
using static SmartCity.Mqtt.ProtocolVersion;
using static SmartCity.Mqtt.QualityOfService;

namespace SmartCity.Mqtt.Tests.Client;

/// <summary>The client against the endpoint of this project.</summary>
public sealed class OwnEndpointTests
{
    public static TheoryData<ProtocolVersion, QualityOfService> Kinds => MosquittoTests.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ThereAndBack(ProtocolVersion version, QualityOfService qos)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        await using var client = new MqttClient(Options(endpoint, version));
        var inbox = new Inbox(client);
        await client.ConnectAsync();
        Assert.Equal((ReasonCode)qos, await client.SubscribeAsync("t/+", qos));
        var texts = Enumerable.Range(0, 200).Select(i => $"message {i}").ToArray();
        var publishes = texts.Select(text => client.PublishAsync("t/a", System.Text.Encoding.UTF8.GetBytes(text), qos)).ToArray();
        Assert.All(await Task.WhenAll(publishes).Soon(), reason => Assert.True(reason < ReasonCode.UnspecifiedError));
        Assert.Equal(texts, await inbox.NextAsync(texts.Length));
    }

    [Fact]
    public async Task TakeoverIsSaidAndSessionsResume()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        var options = Options(endpoint, V500) with { CleanStart = false, SessionExpirySeconds = 600 };
        await using var first = new MqttClient(options with { ReconnectMinimum = TimeSpan.FromHours(1), ReconnectMaximum = TimeSpan.FromHours(1) });
        await first.ConnectAsync();
        await first.SubscribeAsync("t", ExactlyOnce);
        var lost = first.NextDisconnection();
        await using var second = new MqttClient(options);
        var inbox = new Inbox(second);
        var connected = second.NextConnection();
        await second.ConnectAsync();
        Assert.Equal(ReasonCode.SessionTakenOver, (await lost.Soon()).Reason);
        Assert.True(await connected.Soon());
        await second.PublishAsync("t", "x"u8.ToArray(), ExactlyOnce).Soon();
        Assert.Equal("x", Inbox.Text(await inbox.NextAsync()));
    }

    [Fact]
    public async Task AStreamOfPublishesIsCheap()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        await using var client = new MqttClient(Options(endpoint, V500) with { Window = 64 });
        await client.ConnectAsync();
        var payload = new byte[200];
        var receipt = new Counter();
        for (var round = 0; round < 2; round++)
        {
            const int count = 20_000;
            var allocated = GC.GetTotalAllocatedBytes();
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < count; i++)
            {
                await client.PublishAsync(new ApplicationMessage("t", payload, AtLeastOnce), receipt, i);
            }

            await client.FlushAsync().Soon();
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{count / watch.Elapsed.TotalSeconds:0} acknowledged publishes/s on one connection with a window of 64; "
                + $"{(GC.GetTotalAllocatedBytes() - allocated) / count} B allocated for each, client and endpoint together");
        }

        Assert.Equal(40_000, receipt.Count);
    }

    private static MqttClientOptions Options(TestEndpoint endpoint, ProtocolVersion version) => new()
    {
        Host = "127.0.0.1",
        Port = endpoint.Port,
        ClientId = "client",
        Version = version,
    };

    private sealed class Counter : IPublishReceipt
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Completed(long token, ReasonCode reason) => Interlocked.Increment(ref _count);

        public void Abandoned(long token) => throw new InvalidOperationException("abandoned");
    }
}
