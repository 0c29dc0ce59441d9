namespace SmartCity.Mqtt.Tests;

public sealed class ConnectTests
{
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(250);

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V500)]
    public async Task A_thousand_that_never_connect_are_closed_after_ten_seconds_and_hurt_nobody(ProtocolVersion version)
    {
        await using var endpoint = await TestEndpoint.StartAsync(new MqttLimits { MaximumConnectionsPerAddress = 2_000 });
        using var good = await endpoint.ConnectAsync("good", version);
        List<RawClient> silent = [];
        for (var i = 0; i < 1_000; i++)
        {
            silent.Add(await endpoint.OpenAsync(version));
        }

        silent[0].Send([0x10]); // half a CONNECT is none
        await TestEndpoint.EventuallyAsync(() => endpoint.Server.ConnectionCount == 1_001, "not all were counted");
        endpoint.Time.Advance(TimeSpan.FromSeconds(9.75));
        Assert.Equal(1_001, endpoint.Server.ConnectionCount);
        endpoint.Time.Advance(_tick);
        foreach (var one in silent)
        {
            await one.ReadEndAsync();
            one.Dispose();
        }

        Assert.Equal(1_000, endpoint.Server.Metrics[MqttCounter.ConnectTimeoutsTotal]);
        await TestEndpoint.EventuallyAsync(() => endpoint.Server.ConnectionCount == 1, "the closed ones are still counted");
        await good.ExpectQuietAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V500)]
    public async Task Another_packet_before_CONNECT_is_not_answered(ProtocolVersion version)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var client = await endpoint.OpenAsync(version);
        client.Send(PacketEncoder.WritePingReq);
        await client.ReadEndAsync();
        Assert.Null(endpoint.Owner.LastConnect);
    }

    [Fact]
    public async Task A_second_CONNECT_is_a_protocol_error()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var five = await endpoint.ConnectAsync("a");
        five.Send(w => PacketEncoder.WriteConnect(w, new ConnectPacket(ProtocolVersion.V500, "a", true, 0)));
        Assert.Equal(ReasonCode.ProtocolError, await five.ReadDisconnectAsync());
        using var three = await endpoint.ConnectAsync("b", ProtocolVersion.V311);
        three.Send(w => PacketEncoder.WriteConnect(w, new ConnectPacket(ProtocolVersion.V311, "b", true, 0)));
        await three.ReadEndAsync();
    }

    [Fact]
    public async Task An_unknown_level_is_told_so()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var client = await endpoint.OpenAsync(ProtocolVersion.V311);
        client.Send(CaseTable.Bytes("""10: "MQTT" 03 02 003c "a" """));
        Assert.Equal(ReasonCode.UnsupportedProtocolVersion, (await client.ReadConnAckAsync()).Reason);
        await client.ReadEndAsync();
    }

    [Fact]
    public async Task A_malformed_CONNECT_is_answered_in_5_and_not_in_3()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var five = await endpoint.OpenAsync();
        five.Send(CaseTable.Bytes("""10: "MQTT" 05 03 003c [] "a" """));
        Assert.Equal(ReasonCode.MalformedPacket, (await five.ReadConnAckAsync()).Reason);
        await five.ReadEndAsync();
        using var three = await endpoint.OpenAsync(ProtocolVersion.V311);
        three.Send(CaseTable.Bytes("""10: "MQTT" 04 03 003c "a" """));
        await three.ReadEndAsync();
    }

    [Fact]
    public async Task What_the_server_decides_stands_in_CONNACK()
    {
        var limits = new MqttLimits { ServerKeepAlive = 60, MaximumTopicAlias = 7, InFlight = 9, MaximumPacketSize = 5_000 };
        await using var endpoint = await TestEndpoint.StartAsync(limits);
        using var client = await endpoint.OpenAsync();
        client.Send(w => PacketEncoder.WriteConnect(
            w, new ConnectPacket(ProtocolVersion.V500, "", true, 0) { SessionExpiryInterval = uint.MaxValue }));
        var ack = await client.ReadConnAckAsync();
        Assert.StartsWith("auto-", ack.AssignedClientId, StringComparison.Ordinal);
        Assert.Equal((ushort)60, ack.ServerKeepAlive);
        Assert.Equal((ushort)7, ack.TopicAliasMaximum);
        Assert.Equal((ushort)9, ack.ReceiveMaximum);
        Assert.Equal(5_000u, ack.MaximumPacketSize);
        Assert.Equal(7u * 24 * 3600, ack.SessionExpiryInterval);
        Assert.NotNull(endpoint.Server.Find(ack.AssignedClientId!));
    }

    [Fact]
    public async Task An_empty_client_id_in_3_needs_a_clean_session()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var kept = await endpoint.OpenAsync(ProtocolVersion.V311);
        kept.Send(w => PacketEncoder.WriteConnect(w, new ConnectPacket(ProtocolVersion.V311, "", CleanStart: false, 0)));
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, (await kept.ReadConnAckAsync()).Reason);
        using var clean = await endpoint.ConnectAsync("", ProtocolVersion.V311);
        await clean.ExpectQuietAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, ReasonCode.BadUserNameOrPassword)]
    [InlineData(ProtocolVersion.V500, ReasonCode.BadUserNameOrPassword)]
    [InlineData(ProtocolVersion.V311, ReasonCode.NotAuthorized)]
    [InlineData(ProtocolVersion.V500, ReasonCode.Banned)]
    public async Task The_owner_refuses(ProtocolVersion version, ReasonCode reason)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnConnect = request => new(new ConnectReply(
            request.Username == "u" && request.Password.Span.SequenceEqual("p"u8) ? ReasonCode.Success : reason));
        using var bad = await endpoint.OpenAsync(version);
        bad.Send(w => PacketEncoder.WriteConnect(w, new ConnectPacket(version, "a", true, 0)));
        Assert.Equal(reason, (await bad.ReadConnAckAsync()).Reason);
        await bad.ReadEndAsync();
        using var good = await endpoint.ConnectAsync("a", version, c => c with { Username = "u", Password = "p"u8.ToArray() });
        await good.ExpectQuietAsync();
        Assert.Empty(endpoint.Owner.Gone); // it never was there
    }

    [Fact]
    public async Task Enhanced_authentication_is_not_offered()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var client = await endpoint.OpenAsync();
        client.Send(w => PacketEncoder.WriteConnect(w, new ConnectPacket(ProtocolVersion.V500, "a", true, 0) { AuthenticationMethod = "SCRAM" }));
        Assert.Equal(ReasonCode.BadAuthenticationMethod, (await client.ReadConnAckAsync()).Reason);
        using var other = await endpoint.ConnectAsync("b");
        other.Send(w => PacketEncoder.WriteAuth(w, new AuthPacket(ReasonCode.Reauthenticate) { AuthenticationMethod = "SCRAM" }));
        Assert.Equal(ReasonCode.ProtocolError, await other.ReadDisconnectAsync());
    }

    [Fact]
    public async Task A_will_that_is_not_allowed_refuses_the_connection()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnWill = topic => topic == "mine" ? ReasonCode.Success : ReasonCode.NotAuthorized;
        using var client = await endpoint.OpenAsync();
        client.Send(w => PacketEncoder.WriteConnect(
            w, new ConnectPacket(ProtocolVersion.V500, "a", true, 0) { Will = new WillMessage("another's", default, QualityOfService.AtMostOnce, false) }));
        Assert.Equal(ReasonCode.NotAuthorized, (await client.ReadConnAckAsync()).Reason);
        await client.ReadEndAsync();
        Assert.True(await endpoint.Owner.GoneSignal.WaitAsync(TestEndpoint.Patience), "the owner let it in and was not told that it is gone");
    }

    [Fact]
    public async Task Sessions_of_different_names_are_apart_though_the_client_identifier_is_one()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnConnect = request => new(new ConnectReply(ReasonCode.Success) { SessionName = request.Username });
        using var first = await endpoint.ConnectAsync("a", change: c => c with { Username = "one" });
        await first.SubscribeAsync("news", QualityOfService.AtMostOnce);
        using var second = await endpoint.ConnectAsync("a", change: c => c with { Username = "two", CleanStart = false });
        second.Publish("news", "x", QualityOfService.AtMostOnce);
        await first.ReadPublishAsync();
        await second.ExpectQuietAsync();
        Assert.NotSame(endpoint.Server.Find("one"), endpoint.Server.Find("two"));
        using var third = await endpoint.ConnectAsync("b", change: c => c with { Username = "one" });
        Assert.Equal(ReasonCode.SessionTakenOver, await first.ReadDisconnectAsync());
    }

    [Theory]
    [InlineData(3, 100, ReasonCode.QuotaExceeded)]
    [InlineData(100, 3, ReasonCode.ConnectionRateExceeded)]
    public async Task Too_many_connections_are_told_so_and_far_too_many_are_not(int all, int perAddress, ReasonCode reason)
    {
        var limits = new MqttLimits { MaximumConnections = all, MaximumConnectionsPerAddress = perAddress, MaximumRefusals = 1 };
        await using var endpoint = await TestEndpoint.StartAsync(limits);
        List<RawClient> clients = [];
        for (var i = 0; i < 3; i++)
        {
            clients.Add(await endpoint.ConnectAsync($"c{i}"));
        }

        using var waits = await endpoint.OpenAsync();
        await TestEndpoint.EventuallyAsync(() => endpoint.Server.Metrics[MqttCounter.ConnectionsOpen] == 4, "the fourth did not come");
        await ClosedUnheardAsync(endpoint);
        waits.Send(w => PacketEncoder.WriteConnect(w, new ConnectPacket(ProtocolVersion.V500, "d", true, 0)));
        Assert.Equal(reason, (await waits.ReadConnAckAsync()).Reason);
        await waits.ReadEndAsync();

        clients[0].Dispose();
        await TestEndpoint.EventuallyAsync(() => endpoint.Server.ConnectionCount == 2, "the first did not leave");
        using var later = await endpoint.ConnectAsync("e");
        await later.ExpectQuietAsync();
        clients.ForEach(c => c.Dispose());
    }

    private static async Task ClosedUnheardAsync(TestEndpoint endpoint)
    {
        RawClient client;
        try
        {
            client = await endpoint.OpenAsync();
        }
        catch (System.Net.Sockets.SocketException)
        {
            return; // reset before the client's own connect was over
        }

        await client.ReadEndAsync();
        client.Dispose();
    }

    [Fact]
    public async Task What_follows_CONNECT_in_the_same_segment_is_not_lost()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnConnect = async _ =>
        {
            await Task.Yield();
            return new ConnectReply(ReasonCode.Success);
        };
        using var client = await endpoint.OpenAsync(ProtocolVersion.V311);
        client.Send(CaseTable.Bytes("""10: "MQTT" 04 02 003c "a" """).Concat(CaseTable.Bytes("""32: "t" 0007 'x'""")).ToArray());
        await client.ReadConnAckAsync();
        Assert.Equal(7, (await client.ReadAckAsync(PacketType.PubAck)).Id);
    }

    [Fact]
    public async Task A_client_that_sends_byte_by_byte_is_understood()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var client = await endpoint.OpenAsync(ProtocolVersion.V311);
        foreach (var b in CaseTable.Bytes("""10: "MQTT" 04 02 003c "a" """).Concat(CaseTable.Bytes("""34: "t" 0007 'x'""")))
        {
            client.Send([b]);
        }

        await client.ReadConnAckAsync();
        Assert.Equal(7, (await client.ReadAckAsync(PacketType.PubRec)).Id);
    }

    [Fact]
    public async Task A_stopping_server_says_goodbye()
    {
        var endpoint = await TestEndpoint.StartAsync();
        using var client = await endpoint.ConnectAsync("a");
        var stopped = endpoint.DisposeAsync();
        Assert.Equal(ReasonCode.ServerShuttingDown, await client.ReadDisconnectAsync());
        await stopped;
    }

    [Fact]
    public async Task An_owner_that_throws_costs_one_connection()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, topic, _) => topic == "bad" ? throw new InvalidOperationException("of the test") : new(PublishReply.Route);
        using var good = await endpoint.ConnectAsync("good");
        using var bad = await endpoint.ConnectAsync("bad");
        bad.Publish("bad", "x", QualityOfService.AtLeastOnce, 1);
        Assert.Equal(ReasonCode.UnspecifiedError, await bad.ReadDisconnectAsync());
        good.Publish("good", "x", QualityOfService.AtLeastOnce, 1);
        await good.ReadAckAsync(PacketType.PubAck);
        Assert.Equal(1, endpoint.Server.Metrics[MqttCounter.OwnerFaultsTotal]);
    }
}
