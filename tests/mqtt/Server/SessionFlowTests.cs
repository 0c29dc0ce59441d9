using System.Text;

namespace SmartCity.Mqtt.Tests;

/// <summary>QoS 2, takeover, wills and subscriptions as they look on the wire.</summary>
public sealed class SessionFlowTests
{
    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V500)]
    public async Task QoS_2_from_the_client_is_handed_on_once(ProtocolVersion version)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, _, _) => new(PublishReply.Taken);
        using var client = await endpoint.ConnectAsync("a", version);
        client.Publish("t", "x", QualityOfService.ExactlyOnce, 5);
        var ticket = (await endpoint.Owner.TicketsAsync(1))[0];
        ticket.Complete();
        Assert.Equal(5, (await client.ReadAckAsync(PacketType.PubRec)).Id);
        client.Publish("t", "x", QualityOfService.ExactlyOnce, 5, dup: true);
        Assert.Equal(5, (await client.ReadAckAsync(PacketType.PubRec)).Id);
        Assert.Empty(endpoint.Owner.Published);
        client.Ack(PacketType.PubRel, 5);
        Assert.Equal((5, ReasonCode.Success), await client.ReadAckAsync(PacketType.PubComp));
        client.Ack(PacketType.PubRel, 5);
        var unknown = version == ProtocolVersion.V500 ? ReasonCode.PacketIdentifierNotFound : ReasonCode.Success;
        Assert.Equal((5, unknown), await client.ReadAckAsync(PacketType.PubComp));
        client.Publish("t", "y", QualityOfService.ExactlyOnce, 5);
        await endpoint.Owner.TicketsAsync(1); // a new message under the freed identifier
    }

    [Fact]
    public async Task QoS_2_sent_again_on_a_new_connection_while_the_first_is_not_durable_is_handed_on_once()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, _, _) => new(PublishReply.Taken);
        Func<ConnectPacket, ConnectPacket> kept = c => c with { CleanStart = false, SessionExpiryInterval = 100 };
        using var first = await endpoint.ConnectAsync("a", change: kept);
        first.Publish("t", "x", QualityOfService.ExactlyOnce, 5);
        var ticket = (await endpoint.Owner.TicketsAsync(1))[0];
        first.Dispose();
        Assert.True(await endpoint.Owner.GoneSignal.WaitAsync(TestEndpoint.Patience));

        using var second = await endpoint.ConnectAsync("a", change: kept);
        second.Publish("t", "x", QualityOfService.ExactlyOnce, 5, dup: true);
        await second.ExpectQuietAsync();
        ticket.Complete(); // of the connection that is gone
        Assert.Equal(5, (await second.ReadAckAsync(PacketType.PubRec)).Id);
        Assert.Empty(endpoint.Owner.Published);
        second.Ack(PacketType.PubRel, 5);
        Assert.Equal((5, ReasonCode.Success), await second.ReadAckAsync(PacketType.PubComp));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task QoS_2_that_the_owner_answered_by_closing_is_handed_on_when_it_comes_again(bool throws)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, _, _) => throws ? throw new InvalidOperationException("of the test") : new(PublishReply.Close(ReasonCode.ServerBusy));
        Func<ConnectPacket, ConnectPacket> kept = c => c with { CleanStart = false, SessionExpiryInterval = 100 };
        using var first = await endpoint.ConnectAsync("a", change: kept);
        first.Publish("t", "x", QualityOfService.ExactlyOnce, 5);
        await first.ReadDisconnectAsync();
        Assert.True(await endpoint.Owner.GoneSignal.WaitAsync(TestEndpoint.Patience));
        endpoint.Owner.OnPublish = (_, _, _) => new(PublishReply.Route);
        using var second = await endpoint.ConnectAsync("a", change: kept);
        second.Publish("t", "x", QualityOfService.ExactlyOnce, 5, dup: true);
        Assert.Equal(5, (await second.ReadAckAsync(PacketType.PubRec)).Id);
    }

    [Fact]
    public async Task A_client_gets_no_packet_larger_than_it_takes()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var deaf = await endpoint.OpenAsync();
        deaf.Send(w => PacketEncoder.WriteConnect(w, new ConnectPacket(ProtocolVersion.V500, "a", true, 0) { MaximumPacketSize = 5 }));
        await deaf.ReadEndAsync();
        using var small = await endpoint.ConnectAsync("b", change: c => c with { MaximumPacketSize = 40 });
        var many = new SubscribePacket(1, [.. Enumerable.Range(0, 50).Select(i => new SubscriptionRequest($"t/{i}", QualityOfService.AtMostOnce))]);
        small.Send(w => PacketEncoder.WriteSubscribe(w, many, ProtocolVersion.V500));
        Assert.Equal(ReasonCode.PacketTooLarge, await small.ReadDisconnectAsync());
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V500)]
    public async Task QoS_2_to_the_client_goes_its_four_steps(ProtocolVersion version)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var client = await endpoint.ConnectAsync("a", version);
        var ack = await client.SubscribeAsync("t", QualityOfService.ExactlyOnce);
        Assert.Equal([ReasonCode.GrantedQos2], ack.Reasons);
        endpoint.Broker.Publish(new ApplicationMessage("t", "x"u8.ToArray(), QualityOfService.ExactlyOnce), null, null);
        var packet = await client.ReadPublishAsync();
        Assert.Equal(QualityOfService.ExactlyOnce, packet.Qos);
        var id = packet.PacketId;
        client.Ack(PacketType.PubRec, id);
        Assert.Equal(id, (await client.ReadAckAsync(PacketType.PubRel)).Id);
        client.Ack(PacketType.PubComp, id);
        await client.ExpectQuietAsync();
        client.Ack(PacketType.PubRec, 999);
        var unknown = version == ProtocolVersion.V500 ? ReasonCode.PacketIdentifierNotFound : ReasonCode.Success;
        Assert.Equal((999, unknown), await client.ReadAckAsync(PacketType.PubRel));
    }

    [Fact]
    public async Task The_clients_receive_maximum_is_kept()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var client = await endpoint.ConnectAsync("a", change: c => c with { ReceiveMaximum = 2 });
        await client.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        for (var i = 0; i < 5; i++)
        {
            endpoint.Broker.Publish(new ApplicationMessage("t", Encoding.UTF8.GetBytes($"{i}"), QualityOfService.AtLeastOnce), null, null);
        }

        var ids = new List<ushort> { (await client.ReadPublishAsync()).PacketId, (await client.ReadPublishAsync()).PacketId };
        await client.ExpectQuietAsync();
        for (var i = 2; i < 5; i++)
        {
            client.Ack(PacketType.PubAck, ids[i - 2]);
            var next = await client.ReadPublishAsync();
            Assert.Equal($"{i}", Encoding.UTF8.GetString(next.Payload));
            ids.Add(next.PacketId);
        }
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V500)]
    public async Task A_second_connection_of_the_same_client_takes_over(ProtocolVersion version)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var first = await endpoint.ConnectAsync("a", version);
        using var second = await endpoint.ConnectAsync("a", version);
        if (version == ProtocolVersion.V500)
        {
            Assert.Equal(ReasonCode.SessionTakenOver, await first.ReadDisconnectAsync());
        }
        else
        {
            await first.ReadEndAsync();
        }

        Assert.True(await endpoint.Owner.GoneSignal.WaitAsync(TestEndpoint.Patience));
        Assert.True(endpoint.Owner.Gone.TryDequeue(out var gone));
        Assert.Equal(("a", ReasonCode.SessionTakenOver), gone);
        Assert.NotNull(endpoint.Server.Find("a"));
        await second.ExpectQuietAsync();
    }

    [Fact]
    public async Task A_takeover_does_not_wait_for_an_owner_that_holds_the_old_connection()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        endpoint.Owner.OnPublish = async (_, _, _) =>
        {
            await room.Task;
            return PublishReply.Taken;
        };
        using var first = await endpoint.ConnectAsync("a");
        first.Publish("t", "x", QualityOfService.AtLeastOnce, 1);
        await endpoint.Owner.TicketsAsync(1);
        using var second = await endpoint.ConnectAsync("a");
        await second.ExpectQuietAsync();
        Assert.Equal(PacketType.Disconnect, (await first.ReadAsync(PacketType.Disconnect)).Type);
        room.SetResult();
        await first.ReadEndAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V500)]
    public async Task The_will_comes_when_the_client_is_lost_and_not_when_it_says_goodbye(ProtocolVersion version)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var reader = await endpoint.ConnectAsync("reader", version);
        await reader.SubscribeAsync("w/#", QualityOfService.AtLeastOnce);
        using (var polite = await endpoint.ConnectAsync("polite", version, c => c with { Will = Will("polite") }))
        {
            polite.Send(w => PacketEncoder.WriteDisconnect(w, new DisconnectPacket(), version));
            await polite.ReadEndAsync();
        }

        using (await endpoint.ConnectAsync("lost", version, c => c with { Will = Will("lost") }))
        {
            // and closed without a word
        }

        var will = await reader.ReadPublishAsync();
        Assert.Equal("w/lost", Encoding.UTF8.GetString(will.Topic));
        await reader.ExpectQuietAsync();

        static WillMessage Will(string name) => new($"w/{name}", "gone"u8.ToArray(), QualityOfService.AtLeastOnce, Retain: false);
    }

    [Fact]
    public async Task Subscriptions_are_granted_one_by_one()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnSubscribe = (filter, qos) => filter == "no" ? ReasonCode.NotAuthorized : filter == "less" ? ReasonCode.Success : (ReasonCode)qos;
        var wishes = new SubscribePacket(9,
            [new("yes", QualityOfService.ExactlyOnce), new("no", QualityOfService.AtLeastOnce), new("less", QualityOfService.AtLeastOnce)]);
        foreach (var version in new[] { ProtocolVersion.V311, ProtocolVersion.V500 })
        {
            using var client = await endpoint.ConnectAsync("a", version);
            client.Send(w => PacketEncoder.WriteSubscribe(w, wishes, version));
            PacketDecoder.ReadSubAck(await client.ReadAsync(PacketType.SubAck), version, out var ack);
            var refusal = version == ProtocolVersion.V500 ? ReasonCode.NotAuthorized : ReasonCode.UnspecifiedError;
            Assert.Equal([ReasonCode.GrantedQos2, refusal, ReasonCode.Success], ack!.Reasons);
            client.Send(w => PacketEncoder.WriteUnsubscribe(w, new UnsubscribePacket(10, ["yes", "never"]), version));
            PacketDecoder.ReadUnsubAck(await client.ReadAsync(PacketType.UnsubAck), version, out var gone);
            Assert.Equal(version == ProtocolVersion.V500 ? [ReasonCode.Success, ReasonCode.NoSubscriptionExisted] : [], gone!.Reasons);
        }
    }

    [Fact]
    public async Task What_the_owner_makes_at_subscription_follows_SUBACK()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnSubscribed = (connection, filter) =>
        {
            connection.Deliver(new ApplicationMessage(filter, "from the book"u8.ToArray(), QualityOfService.AtLeastOnce));
            return default;
        };
        using var client = await endpoint.ConnectAsync("a");
        await client.SubscribeAsync("city/v1/a/desired", QualityOfService.AtLeastOnce);
        var packet = await client.ReadPublishAsync();
        Assert.Equal("from the book", Encoding.UTF8.GetString(packet.Payload));
        Assert.Equal(QualityOfService.AtLeastOnce, packet.Qos);
    }

    [Fact]
    public async Task A_session_that_may_not_be_kept_is_not()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnConnect = _ => new(new ConnectReply(ReasonCode.Success) { AllowPersistentSession = false });
        for (var i = 0; i < 2; i++)
        {
            using var client = await endpoint.OpenAsync();
            client.Send(w => PacketEncoder.WriteConnect(
                w, new ConnectPacket(ProtocolVersion.V500, "a", CleanStart: false, 0) { SessionExpiryInterval = 1000 }));
            var ack = await client.ReadConnAckAsync();
            Assert.False(ack.SessionPresent);
            Assert.Equal(0u, ack.SessionExpiryInterval);
        }
    }
}
