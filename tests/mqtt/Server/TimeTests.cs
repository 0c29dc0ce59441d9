namespace SmartCity.Mqtt.Tests;

public sealed class TimeTests
{
    [Theory]
    [InlineData(1, ProtocolVersion.V500)]
    [InlineData(10, ProtocolVersion.V500)]
    [InlineData(10, ProtocolVersion.V311)]
    [InlineData(43_691, ProtocolVersion.V500)] // where 16 bits overflow
    [InlineData(65_535, ProtocolVersion.V500)]
    public async Task Keep_alive_ends_after_one_and_a_half_times_and_not_before(int keepAlive, ProtocolVersion version)
    {
        await using var endpoint = await TestEndpoint.StartAsync(new MqttLimits { SweepInterval = TimeSpan.FromSeconds(keepAlive / 20.0) });
        using var client = await endpoint.ConnectAsync("a", version, c => c with { KeepAlive = (ushort)keepAlive });
        endpoint.Time.Advance(TimeSpan.FromSeconds(keepAlive * 1.49));
        await client.ExpectQuietAsync(); // and the clock starts anew
        endpoint.Time.Advance(TimeSpan.FromSeconds(keepAlive * 1.49));
        Assert.Equal(0, endpoint.Server.Metrics[MqttCounter.KeepAliveTimeoutsTotal]);
        endpoint.Time.Advance(TimeSpan.FromSeconds(keepAlive * 0.06));
        Assert.Equal(1, endpoint.Server.Metrics[MqttCounter.KeepAliveTimeoutsTotal]);
        if (version == ProtocolVersion.V500)
        {
            Assert.Equal(ReasonCode.KeepAliveTimeout, await client.ReadDisconnectAsync());
        }
        else
        {
            await client.ReadEndAsync();
        }

        Assert.True(await endpoint.Owner.GoneSignal.WaitAsync(TestEndpoint.Patience));
        Assert.True(endpoint.Owner.Gone.TryDequeue(out var gone));
        Assert.Equal(("a", ReasonCode.KeepAliveTimeout), gone);
    }

    [Fact]
    public async Task Without_keep_alive_silence_is_not_held_against_anyone()
    {
        await using var endpoint = await TestEndpoint.StartAsync(new MqttLimits { SweepInterval = TimeSpan.FromMinutes(10) });
        using var client = await endpoint.ConnectAsync("a");
        endpoint.Time.Advance(TimeSpan.FromDays(3));
        await client.ExpectQuietAsync();
    }

    [Fact]
    public async Task The_servers_keep_alive_is_what_counts_in_5()
    {
        await using var endpoint = await TestEndpoint.StartAsync(new MqttLimits { ServerKeepAlive = 10 });
        using var client = await endpoint.ConnectAsync("a", change: c => c with { KeepAlive = 1000 });
        endpoint.Time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(ReasonCode.KeepAliveTimeout, await client.ReadDisconnectAsync());
    }

    [Fact]
    public async Task While_the_owner_makes_it_wait_its_keep_alive_rests_and_others_go_on()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = new TaskCompletionSource();
        endpoint.Owner.OnPublish = async (connection, _, ticket) =>
        {
            if (connection.ClientId == "held")
            {
                waiting.TrySetResult();
                await room.Task;
            }

            ticket.Complete();
            return PublishReply.Taken;
        };
        using var held = await endpoint.ConnectAsync("held", change: c => c with { KeepAlive = 10 });
        using var free = await endpoint.ConnectAsync("free");
        held.Publish("t", "1", QualityOfService.AtLeastOnce, 1);
        await waiting.Task.WaitAsync(TestEndpoint.Patience);
        await TestEndpoint.EventuallyAsync(() => endpoint.Server.Find("held")!.IsResting, "the connection does not rest");
        endpoint.Time.Advance(TimeSpan.FromHours(1));
        for (ushort i = 1; i <= 100; i++)
        {
            free.Publish("t", "x", QualityOfService.AtLeastOnce, i);
            Assert.Equal(i, (await free.ReadAckAsync(PacketType.PubAck)).Id);
        }

        room.SetResult();
        Assert.Equal(1, (await held.ReadAckAsync(PacketType.PubAck)).Id);
        await TestEndpoint.EventuallyAsync(() => !endpoint.Server.Find("held")!.IsResting, "the connection still rests");
        endpoint.Time.Advance(TimeSpan.FromSeconds(14));
        await held.ExpectQuietAsync();
    }

    [Fact]
    public async Task A_packet_that_does_not_end_is_cut_off()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var slow = await endpoint.ConnectAsync("slow");
        slow.Send([0x30, 0x20, 0x00]);
        await TestEndpoint.EventuallyAsync(() => endpoint.Server.Find("slow")!.HoldsPartOfAPacket, "the bytes did not come");
        endpoint.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(0, endpoint.Server.Metrics[MqttCounter.PacketTimeoutsTotal]);
        endpoint.Time.Advance(TimeSpan.FromSeconds(1.25));
        Assert.Equal(ReasonCode.ImplementationSpecificError, await slow.ReadDisconnectAsync());
        Assert.Equal(1, endpoint.Server.Metrics[MqttCounter.PacketTimeoutsTotal]);
    }

    [Fact]
    public async Task A_client_that_reads_nothing_is_cut_off_and_its_queue_is_bounded()
    {
        var limits = new MqttLimits { Sessions = new BrokerOptions { MaximumQueuedMessages = 2_000, MaximumQueuedBytes = 64 << 20 } };
        await using var endpoint = await TestEndpoint.StartAsync(limits);
        using var deaf = await endpoint.ConnectAsync("deaf");
        await deaf.SubscribeAsync("t", QualityOfService.AtMostOnce);
        var message = new ApplicationMessage("t", new byte[100_000]);
        for (var i = 0; i < 500; i++)
        {
            endpoint.Broker.Publish(message, null, null);
        }

        await endpoint.StaysAsync(() => endpoint.Server.Find("deaf") is { IsFlushing: true }, "the writer is not held up");
        endpoint.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(0, endpoint.Server.Metrics[MqttCounter.WriteTimeoutsTotal]);
        endpoint.Time.Advance(TimeSpan.FromSeconds(1.25));
        Assert.Equal(1, endpoint.Server.Metrics[MqttCounter.WriteTimeoutsTotal]);
        Assert.True(await endpoint.Owner.GoneSignal.WaitAsync(TestEndpoint.Patience));
    }

    [Fact]
    public async Task A_client_that_asks_and_does_not_read_is_no_longer_heard()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var deaf = await endpoint.ConnectAsync("deaf");
        var pings = new byte[64 * 1024];
        for (var i = 0; i < pings.Length; i += 2)
        {
            pings[i] = 0xC0;
        }

        var sending = Task.Run(() =>
        {
            try
            {
                while (true)
                {
                    deaf.Send(pings); // blocks when the server no longer reads; ends when it cuts
                }
            }
            catch (IOException)
            {
                return;
            }
        });
        await endpoint.StaysAsync(() => endpoint.Server.Find("deaf") is { IsFlushing: true, IsResting: true }, "it is still read from");
        endpoint.Time.Advance(TimeSpan.FromSeconds(31));
        await sending.WaitAsync(TestEndpoint.Patience);
        Assert.Equal(1, endpoint.Server.Metrics[MqttCounter.WriteTimeoutsTotal]);
    }
}
