using SmartCity.TestSupport;
using static SmartCity.Mqtt.PacketType;
using static SmartCity.Mqtt.QualityOfService;

namespace SmartCity.Mqtt.Tests.Client;

/// <summary>The client against a server that follows a script.</summary>
public sealed class MqttClientTests
{
    private static readonly ConnAckPacket _accepted = new(SessionPresent: false, ReasonCode.Success);

    [Fact]
    public async Task TheServersReceiveMaximumIsHonoured()
    {
        using var server = new ScriptedServer();
        await using var client = new MqttClient(Options(server));
        var (connection, _) = await ConnectAsync(client, server, _accepted with { ReceiveMaximum = 2 });
        var publishes = Publish(client, AtLeastOnce, "1", "2", "3", "4");
        var first = await connection.ReadPublishAsync();
        var second = await connection.ReadPublishAsync();
        Assert.Equal(("1", "2"), (first.Text, second.Text));

        // Were a third on its way, it would come before the SUBSCRIBE.
        var subscribe = client.SubscribeAsync("a", AtLeastOnce);
        PacketDecoder.ReadSubscribe(await connection.ReadAsync(PacketType.Subscribe), ProtocolVersion.V500, out var asked);
        connection.Send(output => PacketEncoder.WriteSubAck(output, new SubAckPacket(asked!.PacketId, [ReasonCode.NotAuthorized]), ProtocolVersion.V500));
        Assert.Equal(ReasonCode.NotAuthorized, await subscribe.Soon());
        connection.SendAck(PubAck, second.Id, ReasonCode.QuotaExceeded);
        Assert.Equal(ReasonCode.QuotaExceeded, await publishes[1].Soon());
        Assert.Equal("3", (await connection.ReadPublishAsync()).Text);
        connection.SendAck(PubAck, first.Id);
        Assert.Equal("4", (await connection.ReadPublishAsync()).Text);
        Assert.Equal(3 - 1, client.InFlight);
    }

    [Fact]
    public async Task ResumedSessionRepeatsInOrder()
    {
        using var server = new ScriptedServer();
        await using var client = new MqttClient(Options(server) with { SessionExpirySeconds = 60 });
        var (connection, connect) = await ConnectAsync(client, server, _accepted);
        Assert.True(connect.CleanStart);
        var publishes = Publish(client, ExactlyOnce, "1", "2", "3");
        var ids = new List<ushort>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add((await connection.ReadPublishAsync()).Id);
        }

        connection.SendAck(PubRec, ids[1], ReasonCode.NoMatchingSubscribers);
        Assert.Equal((ids[1], ReasonCode.Success), await connection.ReadAckAsync(PubRel));
        connection.Dispose();

        var (again, resume) = await server.AcceptAsync(_accepted with { SessionPresent = true });
        Assert.False(resume.CleanStart);
        Assert.Equal(ids[1], (await again.ReadAckAsync(PubRel)).Id);
        Assert.Equal((ids[0], true, "1"), await again.ReadPublishAsync());
        Assert.Equal((ids[2], true, "3"), await again.ReadPublishAsync());
        again.SendAck(PubComp, ids[1]);
        Assert.Equal(ReasonCode.NoMatchingSubscribers, await publishes[1].Soon());
        again.Dispose();

        // The session is lost: what was published is published again, as new.
        var (lost, _) = await server.AcceptAsync(_accepted);
        Assert.Equal((false, "1"), (await lost.ReadPublishAsync()) is var one ? (one.Dup, one.Text) : default);
        Assert.Equal((false, "3"), (await lost.ReadPublishAsync()) is var three ? (three.Dup, three.Text) : default);
        lost.Dispose();
    }

    [Fact]
    public async Task LostSessionIsSubscribedAgain()
    {
        using var server = new ScriptedServer();
        await using var client = new MqttClient(Options(server));
        var (connection, _) = await ConnectAsync(client, server, _accepted);
        var subscribe = client.SubscribeAsync([new SubscriptionRequest("a/#", ExactlyOnce) { NoLocal = true }], identifier: 3);
        await AnswerAsync(connection, ReasonCode.GrantedQos2);
        await subscribe.Soon();
        var failed = new TaskCompletionSource<(string, ReasonCode)>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.SubscriptionLost += (filter, reason) => failed.TrySetResult((filter, reason));
        connection.Dispose();
        (connection, _) = await server.AcceptAsync(_accepted);
        var packet = await AnswerAsync(connection, ReasonCode.QuotaExceeded);
        Assert.Equal(3u, packet.SubscriptionIdentifier);
        Assert.True(Assert.Single(packet.Subscriptions).NoLocal);
        Assert.Equal(("a/#", ReasonCode.QuotaExceeded), await failed.Task.Soon());
        connection.Dispose();
    }

    [Fact]
    public async Task ExactlyOnceInboundIsGivenOnOnce()
    {
        using var server = new ScriptedServer();
        await using var client = new MqttClient(Options(server) with { SessionExpirySeconds = 60 });
        var inbox = new Inbox(client);
        var (connection, _) = await ConnectAsync(client, server, _accepted);
        connection.SendPublish("a", "x", ExactlyOnce, 7);
        Assert.Equal((7, ReasonCode.Success), await connection.ReadAckAsync(PubRec));
        connection.Dispose();
        (connection, _) = await server.AcceptAsync(_accepted with { SessionPresent = true });
        connection.SendPublish("a", "x", ExactlyOnce, 7, dup: true);
        Assert.Equal((7, ReasonCode.Success), await connection.ReadAckAsync(PubRec));
        connection.SendAck(PubRel, 7);
        Assert.Equal((7, ReasonCode.Success), await connection.ReadAckAsync(PubComp));
        connection.SendAck(PubRel, 7);
        Assert.Equal((7, ReasonCode.PacketIdentifierNotFound), await connection.ReadAckAsync(PubComp));
        connection.SendPublish("a", "y", ExactlyOnce, 7);
        await connection.ReadAckAsync(PubRec);
        Assert.Equal(["x", "y"], await inbox.NextAsync(2));
        Assert.Equal(0, inbox.Count);
    }

    [Fact]
    public async Task AHandlerThatThrowsIsSaid()
    {
        using var server = new ScriptedServer();
        await using var client = new MqttClient(Options(server)) { Received = _ => throw new InvalidOperationException("no") };
        var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.ReceiveFailed += (_, fault) => failed.TrySetResult(fault);
        var (connection, _) = await ConnectAsync(client, server, _accepted);
        connection.SendPublish("a", "x", AtLeastOnce, 1);
        Assert.Equal((1, ReasonCode.ImplementationSpecificError), await connection.ReadAckAsync(PubAck));
        Assert.Equal("no", (await failed.Task.Soon()).Message);
    }

    [Fact]
    public async Task ALineCutWhileASenderWaitsForItToEmptyLetsTheSenderGo()
    {
        const int Much = 16 * 1024 * 1024; // more than the kernel keeps of a connection
        using var server = new ScriptedServer();
        await using var client = new MqttClient(Options(server));
        var (connection, _) = await ConnectAsync(client, server, _accepted);
        await client.PublishAsync("a", new byte[Much], AtMostOnce).Soon();
        var read = await connection.DiscardAsync(1); // it is being written
        await client.PublishAsync("a", new byte[Much], AtMostOnce).Soon();
        var waits = client.PublishAsync("a", new byte[1], AtMostOnce);
        Assert.False(waits.IsCompleted);

        // The first leaves; while the second is being written the line is cut.
        await connection.DiscardAsync(Much + 100 - read);
        connection.Dispose();
        await waits.Soon();
    }

    [Fact]
    public async Task SilentServerIsGivenUp()
    {
        var time = new FakeTime();
        using var server = new ScriptedServer();
        await using var client = new MqttClient(Options(server) with { Time = time, KeepAlive = TimeSpan.FromSeconds(20) });
        var (connection, connect) = await ConnectAsync(client, server, _accepted with { ServerKeepAlive = 8 });
        Assert.Equal(20, connect.KeepAlive);
        time.Advance(TimeSpan.FromSeconds(4));
        await connection.ReadAsync(PingReq);
        var lost = client.NextDisconnection();
        time.Advance(TimeSpan.FromSeconds(12));
        var end = await lost.Soon();
        Assert.IsType<TimeoutException>(end.Error);
    }

    [Fact]
    public async Task ConnectTimesOut()
    {
        var time = new FakeTime();
        using var server = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        server.Start();
        await using var client = new MqttClient(new MqttClientOptions { Host = "127.0.0.1", Port = ((System.Net.IPEndPoint)server.LocalEndpoint).Port, Time = time });
        var connecting = client.ConnectAsync();
        using var accepted = await server.AcceptTcpClientAsync().Soon();
        Assert.NotEqual(0, await accepted.GetStream().ReadAsync(new byte[100]).AsTask().Soon());
        time.Advance(TimeSpan.FromSeconds(11));
        await Assert.ThrowsAsync<TimeoutException>(() => connecting.Soon());
    }

    public static TheoryData<ReasonCode, byte[]> Broken => new()
    {
        { ReasonCode.ProtocolError, [0xC0, 0x00] },                                     // PINGREQ from a server
        { ReasonCode.MalformedPacket, [0x00, 0x00] },
        { ReasonCode.PacketTooLarge, [0x30, 0xFF, 0xFF, 0x7F] },
        { ReasonCode.TopicAliasInvalid, [0x30, 0x07, 0x00, 0x01, 0x61, 0x03, 0x23, 0x00, 0x01] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task ABrokenServerIsToldWhy(ReasonCode reason, byte[] bytes)
    {
        using var server = new ScriptedServer();
        await using var client = new MqttClient(Options(server));
        var lost = client.NextDisconnection();
        var (connection, _) = await ConnectAsync(client, server, _accepted);
        connection.Send(output => System.Buffers.BuffersExtensions.Write(output, bytes));
        if (reason is ReasonCode.ProtocolError or ReasonCode.TopicAliasInvalid)
        {
            Assert.Equal(reason, (await connection.ReadDisconnectAsync()).Reason);
        }

        Assert.Equal(reason, (await lost.Soon()).Reason);
    }

    [Fact]
    public async Task TheServersReasonForLeavingIsSaid()
    {
        using var server = new ScriptedServer();
        await using var client = new MqttClient(Options(server));
        var lost = client.NextDisconnection();
        var (connection, _) = await ConnectAsync(client, server, _accepted);
        connection.Send(output => PacketEncoder.WriteDisconnect(output, new DisconnectPacket(ReasonCode.SessionTakenOver), ProtocolVersion.V500));
        Assert.Equal(ReasonCode.SessionTakenOver, (await lost.Soon()).Reason);
    }

    [Fact]
    public async Task WhatThisServerDoesNotTakeIsNotSent()
    {
        using var server = new ScriptedServer();
        await using var client = new MqttClient(Options(server));
        await ConnectAsync(client, server, _accepted with { MaximumPacketSize = 100, MaximumQos = AtLeastOnce, RetainAvailable = false });
        Assert.Equal(ReasonCode.PacketTooLarge, await client.PublishAsync("a", new byte[100], AtLeastOnce).Soon());
        Assert.Equal(ReasonCode.PacketTooLarge, await client.PublishAsync("a", new byte[100], AtMostOnce).Soon());
        Assert.Equal(ReasonCode.QosNotSupported, await client.PublishAsync("a", new byte[1], ExactlyOnce).Soon());
        Assert.Equal(ReasonCode.RetainNotSupported, await client.PublishAsync("a", new byte[1], AtLeastOnce, retain: true).Soon());
        Assert.Equal(0, client.InFlight);
    }

    [Fact]
    public async Task DisposeAbandonsAndCancels()
    {
        using var server = new ScriptedServer();
        var client = new MqttClient(Options(server) with { Window = 1 });
        await ConnectAsync(client, server, _accepted);
        var publishes = Publish(client, AtLeastOnce, "1", "2");
        using var cancel = new CancellationTokenSource();
        var cancelled = client.PublishAsync("a", default, AtLeastOnce, cancel: cancel.Token);
        var subscribe = client.SubscribeAsync("a", AtLeastOnce);
        var flush = client.FlushAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Soon());
        await client.DisposeAsync();
        foreach (var task in publishes.Append(subscribe).Append(flush))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.Soon());
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.PublishAsync("a", default, AtLeastOnce));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.ConnectAsync());
    }

    [Fact]
    public void BackOffIsBoundedAndDrawnAtRandom()
    {
        var delay = new ReconnectDelay(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5), new Random(1));
        var bound = 100d;
        for (var i = 0; i < 100; i++)
        {
            Assert.InRange(delay.Next().TotalMilliseconds, 0, Math.Min(bound, 5000));
            bound = Math.Min(bound * 2, 5000);
        }

        delay.Reset();
        Assert.InRange(delay.Next().TotalMilliseconds, 0, 100);
    }

    private static Task<ReasonCode>[] Publish(MqttClient client, QualityOfService qos, params string[] texts) =>
        [.. texts.Select(text => client.PublishAsync("a", System.Text.Encoding.UTF8.GetBytes(text), qos))];

    private static async Task<SubscribePacket> AnswerAsync(ScriptedConnection connection, ReasonCode reason)
    {
        PacketDecoder.ReadSubscribe(await connection.ReadAsync(PacketType.Subscribe), ProtocolVersion.V500, out var asked);
        connection.Send(output => PacketEncoder.WriteSubAck(output, new SubAckPacket(asked!.PacketId, [reason]), ProtocolVersion.V500));
        return asked!;
    }

    private static async Task<(ScriptedConnection Connection, ConnectPacket Connect)> ConnectAsync(MqttClient client, ScriptedServer server, ConnAckPacket answer)
    {
        var connecting = client.ConnectAsync();
        var accepted = await server.AcceptAsync(answer);
        await connecting.Soon();
        return accepted;
    }

    private static MqttClientOptions Options(ScriptedServer server) => new()
    {
        Host = "127.0.0.1",
        Port = server.Port,
        ClientId = "client",
        ReconnectMinimum = TimeSpan.FromMilliseconds(1),
        ReconnectMaximum = TimeSpan.FromMilliseconds(10),
    };
}
