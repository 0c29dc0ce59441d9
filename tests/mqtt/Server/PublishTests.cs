using System.Text;

namespace SmartCity.Mqtt.Tests;

public sealed class PublishTests
{
    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V500)]
    public async Task Acknowledgements_leave_in_order_of_receipt_whatever_the_order_of_completion(ProtocolVersion version)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, _, _) => new(PublishReply.Taken);
        using var client = await endpoint.ConnectAsync("a", version);
        for (ushort i = 1; i <= 60; i++)
        {
            client.Publish("t", $"{i}", i % 3 == 0 ? QualityOfService.ExactlyOnce : QualityOfService.AtLeastOnce, i);
        }

        var tickets = await endpoint.Owner.TicketsAsync(60);
        Random.Shared.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(tickets));
        Parallel.ForEach(tickets, t =>
        {
            t.Complete();
            t.Complete(); // a second time does nothing
        });
        for (ushort i = 1; i <= 60; i++)
        {
            Assert.Equal(i, (await client.ReadAckAsync(i % 3 == 0 ? PacketType.PubRec : PacketType.PubAck)).Id);
        }

        await client.ExpectQuietAsync();
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_the_owner_says_durable()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, _, _) => new(PublishReply.Taken);
        using var client = await endpoint.ConnectAsync("a");
        client.Publish("t", "1", QualityOfService.AtLeastOnce, 1);
        client.Publish("t", "2", QualityOfService.AtLeastOnce, 2);
        var tickets = await endpoint.Owner.TicketsAsync(2);
        tickets[1].Complete();
        await client.ExpectQuietAsync();
        tickets[0].Complete();
        Assert.Equal(1, (await client.ReadAckAsync(PacketType.PubAck)).Id);
        Assert.Equal(2, (await client.ReadAckAsync(PacketType.PubAck)).Id);
    }

    /// <summary>The city's owner answers from a pool when it had to wait for room, and the wait may end before the connection looks: taken twice, two publishes
    /// would have one answer between them, which ended the whole server.</summary>
    [Fact]
    public async Task The_owner_s_answer_is_taken_once()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, topic, _) => OnceReply.Of(topic == "kept" ? PublishReply.Taken : PublishReply.Route);
        using var client = await endpoint.ConnectAsync("a");
        client.Publish("kept", "1", QualityOfService.AtLeastOnce, 1);
        client.Publish("routed", "2", QualityOfService.AtLeastOnce, 2);
        (await endpoint.Owner.TicketsAsync(1))[0].Complete();
        Assert.Equal(1, (await client.ReadAckAsync(PacketType.PubAck)).Id);
        Assert.Equal(2, (await client.ReadAckAsync(PacketType.PubAck)).Id);
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public async Task More_than_the_receive_maximum_is_an_error_in_5(QualityOfService qos)
    {
        await using var endpoint = await TestEndpoint.StartAsync(new MqttLimits { InFlight = 4 });
        endpoint.Owner.OnPublish = (_, _, _) => new(PublishReply.Taken);
        using var client = await endpoint.ConnectAsync("a");
        for (ushort i = 1; i <= 4; i++)
        {
            client.Publish("t", "x", qos, i);
        }

        await client.ExpectQuietAsync();
        client.Publish("t", "x", qos, 5);
        Assert.Equal(ReasonCode.ReceiveMaximumExceeded, await client.ReadDisconnectAsync());
    }

    [Fact]
    public async Task QoS_2_counts_against_the_receive_maximum_until_PUBCOMP()
    {
        await using var endpoint = await TestEndpoint.StartAsync(new MqttLimits { InFlight = 2 });
        using var client = await endpoint.ConnectAsync("a");
        for (ushort i = 1; i <= 20; i++)
        {
            client.Publish("t", "x", QualityOfService.ExactlyOnce, i);
            await client.ReadAckAsync(PacketType.PubRec);
            client.Ack(PacketType.PubRel, i);
            Assert.Equal((i, ReasonCode.Success), await client.ReadAckAsync(PacketType.PubComp));
        }

        client.Publish("t", "x", QualityOfService.ExactlyOnce, 21);
        client.Publish("t", "x", QualityOfService.ExactlyOnce, 22);
        await client.ReadAckAsync(PacketType.PubRec);
        await client.ReadAckAsync(PacketType.PubRec);
        client.Publish("t", "x", QualityOfService.AtLeastOnce, 23);
        Assert.Equal(ReasonCode.ReceiveMaximumExceeded, await client.ReadDisconnectAsync());
    }

    [Fact]
    public async Task A_client_of_3_waits_instead()
    {
        await using var endpoint = await TestEndpoint.StartAsync(new MqttLimits { InFlight = 4 });
        endpoint.Owner.OnPublish = (_, _, _) => new(PublishReply.Taken);
        using var client = await endpoint.ConnectAsync("a", ProtocolVersion.V311);
        for (ushort i = 1; i <= 100; i++)
        {
            client.Publish("t", "x", QualityOfService.AtLeastOnce, i);
        }

        var first = await endpoint.Owner.TicketsAsync(4);
        await TestEndpoint.EventuallyAsync(() => endpoint.Server.Find("a")!.IsResting, "it is still read from");
        Assert.Empty(endpoint.Owner.Published);
        first.ForEach(t => t.Complete());
        for (ushort i = 5; i <= 100; i++)
        {
            (await endpoint.Owner.TicketsAsync(1))[0].Complete();
        }

        for (ushort i = 1; i <= 100; i++)
        {
            Assert.Equal(i, (await client.ReadAckAsync(PacketType.PubAck)).Id);
        }
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, QualityOfService.AtLeastOnce)]
    [InlineData(ProtocolVersion.V500, QualityOfService.AtLeastOnce)]
    [InlineData(ProtocolVersion.V311, QualityOfService.ExactlyOnce)]
    [InlineData(ProtocolVersion.V500, QualityOfService.ExactlyOnce)]
    public async Task A_refused_publish_is_told_in_5_and_acknowledged_in_3_and_counted_in_both(ProtocolVersion version, QualityOfService qos)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, topic, _) => new(topic == "mine" ? PublishReply.Route : PublishReply.Refused(ReasonCode.NotAuthorized));
        using var client = await endpoint.ConnectAsync("a", version);
        client.Publish("another's", "x", qos, 1);
        var answer = await client.ReadAckAsync(qos == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec);
        Assert.Equal((1, version == ProtocolVersion.V500 ? ReasonCode.NotAuthorized : ReasonCode.Success), answer);
        client.Publish("another's", "x", QualityOfService.AtMostOnce);
        await client.ExpectQuietAsync();
        Assert.Equal(2, endpoint.Server.Metrics[MqttCounter.PublishesRefusedTotal]);

        client.Publish("another's", "x", qos, 2);
        await client.ReadAckAsync(qos == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec);
    }

    [Fact]
    public async Task The_owner_may_close_instead()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, _, _) => new(PublishReply.Close(ReasonCode.NotAuthorized));
        using var client = await endpoint.ConnectAsync("a");
        client.Publish("t", "x", QualityOfService.AtLeastOnce, 1);
        client.Publish("t", "y", QualityOfService.AtLeastOnce, 2);
        Assert.Equal(ReasonCode.NotAuthorized, await client.ReadDisconnectAsync());
        Assert.Single(endpoint.Owner.Published); // nothing after it was handed on
    }

    [Fact]
    public async Task Taken_and_routed_waits_for_the_owner_only()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, _, _) => new(PublishReply.TakenAndRoute);
        using var reader = await endpoint.ConnectAsync("reader");
        await reader.SubscribeAsync("#", QualityOfService.AtLeastOnce);
        using var writer = await endpoint.ConnectAsync("writer");
        writer.Publish("t", "x", QualityOfService.AtLeastOnce, 1);
        Assert.Equal("x", Encoding.UTF8.GetString((await reader.ReadPublishAsync()).Payload));
        await writer.ExpectQuietAsync();
        (await endpoint.Owner.TicketsAsync(1))[0].Complete();
        await writer.ReadAckAsync(PacketType.PubAck);
    }

    [Fact]
    public async Task The_largest_packet_allowed_arrives_and_one_byte_more_does_not()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, _, ticket) =>
        {
            ticket.Complete();
            return new(PublishReply.Taken);
        };
        using var client = await endpoint.ConnectAsync("a");
        var room = 256 * 1024 - 4 - 3 - 2 - 1; // fixed header, topic, packet id, property length
        client.Publish("t", new string('x', room), QualityOfService.AtLeastOnce, 1);
        Assert.Equal(1, (await client.ReadAckAsync(PacketType.PubAck)).Id);
        client.Publish("t", new string('x', room + 1), QualityOfService.AtLeastOnce, 2);
        Assert.Equal(ReasonCode.PacketTooLarge, await client.ReadDisconnectAsync());
        Assert.Equal(1, endpoint.Server.Metrics[MqttCounter.PublishesReceivedTotal]);
    }

    [Fact]
    public async Task Topic_aliases_are_resolved_for_the_owner()
    {
        await using var endpoint = await TestEndpoint.StartAsync(new MqttLimits { MaximumTopicAlias = 2 });
        using var client = await endpoint.ConnectAsync("a");
        Send("first", 1, omit: false);
        Send("first", 1, omit: true);
        Send("second", 1, omit: false);
        Send("second", 1, omit: true);
        await endpoint.Owner.TicketsAsync(4).ContinueWith(t => Assert.Equal(4, t.Result.Count));
        await client.ExpectQuietAsync();
        Send("third", 3, omit: false);
        Assert.Equal(ReasonCode.TopicAliasInvalid, await client.ReadDisconnectAsync());

        using var other = await endpoint.ConnectAsync("b");
        other.Send(CaseTable.Bytes("""30: "" [23 0002] 'x'"""));
        Assert.Equal(ReasonCode.ProtocolError, await other.ReadDisconnectAsync()); // nobody said what 2 is on this connection

        void Send(string topic, ushort alias, bool omit) => client.Send(w => PacketEncoder.WritePublish(
            w,
            new OutboundPublish(new ApplicationMessage(topic, "x"u8.ToArray()), QualityOfService.AtMostOnce, false, false, 0) { TopicAlias = alias, OmitTopic = omit },
            ProtocolVersion.V500));
    }

    [Fact]
    public async Task Topic_aliases_save_bytes_towards_a_client_that_allows_them()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var client = await endpoint.ConnectAsync("a", change: c => c with { TopicAliasMaximum = 1 });
        await client.SubscribeAsync("#", QualityOfService.AtMostOnce);
        var seen = new List<(int Alias, string Topic)>();
        foreach (var topic in new[] { "x", "x", "y", "x" })
        {
            endpoint.Broker.Publish(new ApplicationMessage(topic, "1"u8.ToArray()), null, null);
            var packet = await client.ReadPublishAsync();
            seen.Add((packet.TopicAlias, Encoding.UTF8.GetString(packet.Topic)));
        }

        Assert.Equal([(1, "x"), (1, ""), (0, "y"), (1, "")], seen);
    }

    [Theory]
    [InlineData("""30: "a" [0b 01] 'x'""", ReasonCode.ProtocolError)] // a subscription identifier from a client
    [InlineData("""30: "a/#" [] 'x'""", ReasonCode.MalformedPacket)]
    [InlineData("""36: "a" 0001 [] 'x'""", ReasonCode.MalformedPacket)]
    [InlineData("""90: 0001 [] 00""", ReasonCode.ProtocolError)] // a packet only a server sends
    [InlineData("""20: 00 00 []""", ReasonCode.ProtocolError)]
    [InlineData("""82: 0001 []""", ReasonCode.ProtocolError)]
    [InlineData("""00 00""", ReasonCode.MalformedPacket)]
    [InlineData("""30 8080808001""", ReasonCode.MalformedPacket)]
    [InlineData("""e0: 00 [11 00000001]""", ReasonCode.ProtocolError)] // an expiry that was zero at CONNECT
    public async Task Errors_end_with_their_reason_in_5_and_silently_in_3(string bytes, ReasonCode reason)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var five = await endpoint.ConnectAsync("five");
        five.Send(CaseTable.Bytes(bytes));
        Assert.Equal(reason, await five.ReadDisconnectAsync());
        Assert.Equal(1, endpoint.Server.Metrics[MqttCounter.ProtocolErrorsTotal]);
        using var three = await endpoint.ConnectAsync("three", ProtocolVersion.V311);
        three.Send(CaseTable.Bytes(bytes.Contains("0b 01", StringComparison.Ordinal) ? "36: 00" : bytes));
        await three.ReadEndAsync();
    }
}
