namespace SmartCity.Mqtt.Tests;

/// <summary>Many clients, many committing threads, connections that break: nothing is lost, doubled or out of order.</summary>
public sealed class TortureTests
{
    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V500)]
    public async Task Every_publish_is_acknowledged_once_and_in_order_whoever_completes_when(ProtocolVersion version)
    {
        const int clients = 16;
        const int each = 1_500;
        await using var endpoint = await TestEndpoint.StartAsync(new MqttLimits { InFlight = 32 });
        var random = new Random(7);
        endpoint.Owner.OnPublish = (_, _, ticket) =>
        {
            int way;
            lock (random)
            {
                way = random.Next(3);
            }

            switch (way)
            {
                case 0:
                    ticket.Complete();
                    break;
                case 1:
                    ThreadPool.UnsafeQueueUserWorkItem(static t => t.Complete(), ticket, preferLocal: false);
                    break;
                default:
                    return HeldAsync(ticket);
            }

            return new(PublishReply.Taken);
        };
        await Task.WhenAll(Enumerable.Range(0, clients).Select(n => Task.Run(() => ClientAsync(n))));
        Assert.Equal(clients * each, endpoint.Server.Metrics[MqttCounter.PublishesReceivedTotal]);
        Assert.Equal(clients * each, endpoint.Server.Metrics[MqttCounter.AcksSentTotal]);

        static async ValueTask<PublishReply> HeldAsync(PublishTicket ticket)
        {
            await Task.Yield();
            ticket.Complete();
            return PublishReply.Taken;
        }

        async Task ClientAsync(int number)
        {
            using var client = await endpoint.ConnectAsync($"c{number}", version);
            var sent = 0;
            for (var acked = 0; acked < each; acked++)
            {
                while (sent < each && sent - acked < 32)
                {
                    sent++;
                    client.Publish("t", "x", QualityOfService.AtLeastOnce, (ushort)sent);
                }

                Assert.Equal(acked + 1, (await client.ReadAckAsync(PacketType.PubAck)).Id);
            }
        }
    }

    [Fact]
    public async Task Connections_that_break_while_tickets_are_out_leave_nothing_behind()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        endpoint.Owner.OnPublish = (_, _, ticket) =>
        {
            ThreadPool.UnsafeQueueUserWorkItem(static t => t.Complete(), ticket, preferLocal: false);
            return new(PublishReply.Taken);
        };
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            for (var round = 0; round < 40; round++)
            {
                // two at a time under one name: half of them are taken over in the middle of it
                using var first = await endpoint.ConnectAsync($"c{n}");
                for (ushort i = 1; i <= 20; i++)
                {
                    first.Publish("t", "x", (QualityOfService)(i % 3), i);
                }

                using var second = await endpoint.ConnectAsync($"c{n}");
                second.Publish("t", "x", QualityOfService.AtLeastOnce, 1);
                Assert.Equal(1, (await second.ReadAckAsync(PacketType.PubAck)).Id);
            }
        })));
        await TestEndpoint.EventuallyAsync(() => endpoint.Server.ConnectionCount == 0, $"{endpoint.Server.ConnectionCount} connections are left");
        await TestEndpoint.EventuallyAsync(() => endpoint.Owner.Gone.Count == 8 * 40 * 2, $"{endpoint.Owner.Gone.Count} ends were told");
        Assert.Equal(0, endpoint.Broker.SessionCount);
        Assert.Equal(0, endpoint.Server.Metrics[MqttCounter.OwnerFaultsTotal]);
    }

    [Fact]
    public async Task Mutated_packets_on_real_connections_cost_only_those_connections()
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var good = await endpoint.ConnectAsync("good");
        var random = new Random(3);
        var seeds = PacketCaseTests.Cases.Where(c => c.Bytes[0] >> 4 != (int)PacketType.Connect).ToArray();
        for (var round = 0; round < 400; round++)
        {
            var version = (ProtocolVersion)random.Next(4, 6);
            using var bad = await endpoint.ConnectAsync($"b{round % 10}", version);
            try
            {
                for (var i = 0; i < 20; i++)
                {
                    var bytes = seeds[random.Next(seeds.Length)].Bytes.ToArray();
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    bad.Send(bytes);
                }
            }
            catch (IOException)
            {
                continue; // cut off while it was still sending
            }
        }

        good.Publish("t", "x", QualityOfService.ExactlyOnce, 9);
        Assert.Equal(9, (await good.ReadAckAsync(PacketType.PubRec)).Id);
        await TestEndpoint.EventuallyAsync(() => endpoint.Server.ConnectionCount == 1, $"{endpoint.Server.ConnectionCount} connections are left");
        Assert.Equal(0, endpoint.Server.Metrics[MqttCounter.OwnerFaultsTotal]);
    }

    [Fact]
    public async Task A_thousand_slow_ones_hurt_nobody()
    {
        await using var endpoint = await TestEndpoint.StartAsync(new MqttLimits { MaximumConnectionsPerAddress = 2_000 });
        using var good = await endpoint.ConnectAsync("good");
        List<RawClient> slow = [];
        for (var i = 0; i < 1_000; i++)
        {
            var one = await endpoint.ConnectAsync($"s{i}");
            one.Send([0x30, 0xC0, 0x9A, 0x0C, 0x00, 0x01]); // announces 200,000 bytes and goes on byte by byte
            slow.Add(one);
        }

        for (ushort i = 1; i <= 100; i++)
        {
            slow.ForEach(s => s.Send([0x61]));
            good.Publish("t", "x", QualityOfService.AtLeastOnce, i);
            Assert.Equal(i, (await good.ReadAckAsync(PacketType.PubAck)).Id);
        }

        endpoint.Time.Advance(TimeSpan.FromSeconds(61));
        await TestEndpoint.EventuallyAsync(() => endpoint.Server.ConnectionCount == 1, "the slow ones are still there");
        Assert.Equal(1_000, endpoint.Server.Metrics[MqttCounter.PacketTimeoutsTotal]);
        await good.ExpectQuietAsync();
        slow.ForEach(s => s.Dispose());
    }
}
