using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using SmartCity.Mqtt;
using SmartCity.Simulators.Run;

namespace SmartCity.Edge.Tests;

public sealed class UplinkTests
{
    [Fact]
    public async Task Every_reading_arrives_on_the_lane_of_its_kind()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var rig = new GatewayRig();
        rig.Start(rig.Options(broker.Endpoint));
        for (var i = 0; i < 500; i++)
        {
            rig.Measure("lamp-1", i);
            rig.Measure("water-1", i / 1000.0);
        }

        await Wait.UntilAsync(() => collector.Distinct == 1_000, "1,000 readings arrived");
        collector.AssertOrder();
        await Wait.UntilAsync(() => rig.Gateway.IsDrained, "all were acknowledged");
        Assert.Equal(1_000, rig.Gateway.Statistics.Acknowledged);
        Assert.Equal(500, rig.Gateway.Statistics.AcknowledgedAlarms);
        Assert.Equal(1_000, rig.Acknowledged.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(1_000, collector.Lines.Count);
    }

    [Fact]
    public async Task Nothing_is_lost_or_out_of_order_when_the_link_is_cut_twenty_times()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var link = new LinkProxy("127.0.0.1", broker.Port);
        await using var rig = new GatewayRig();
        rig.Start(rig.Options(new ServerEndpoint("127.0.0.1", link.Port, Tls: false)));
        var random = new Random(42);
        var measured = 0;
        for (var cut = 0; cut < 20; cut++)
        {
            // Cut while readings are on their way: after a random number of them has been acknowledged.
            var until = rig.Gateway.Statistics.Acknowledged + random.Next(1, 120);
            await Wait.UntilAsync(
                () =>
                {
                    rig.Measure($"lamp-{measured % 5}", measured);
                    rig.Measure($"water-{measured % 2}", measured / 1000.0);
                    measured++;
                    return rig.Gateway.Statistics.Acknowledged >= until;
                },
                "some readings were acknowledged");

            link.Cut();
            for (var i = 0; i < 20; i++)
            {
                rig.Measure($"lamp-{measured % 5}", measured);
                rig.Measure($"water-{measured % 2}", measured / 1000.0);
                measured++;
            }

            link.Restore();
        }

        await Wait.UntilAsync(() => rig.Gateway.IsDrained, "the log was drained");
        await Wait.UntilAsync(() => collector.Distinct == 2 * measured, $"{2 * measured} readings arrived");
        collector.AssertOrder();
        Assert.Equal(2 * measured, rig.Acknowledged.Count);
    }

    [Fact]
    public async Task A_gateway_that_starts_again_goes_on_where_it_was_acknowledged()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var rig = new GatewayRig();
        rig.Start(rig.Options(broker.Endpoint));
        for (var i = 0; i < 100; i++)
        {
            rig.Measure("lamp-1", i);
        }

        await Wait.UntilAsync(() => rig.Gateway.IsDrained, "the first hundred were acknowledged");
        await rig.StopAsync();

        // With nobody to talk to, the second life only fills its log.
        rig.Start(rig.Options(new ServerEndpoint("127.0.0.1", 1, Tls: false)));
        for (var i = 100; i < 200; i++)
        {
            rig.Measure("lamp-1", i);
        }

        await rig.StopAsync();
        rig.Start(rig.Options(broker.Endpoint));
        await Wait.UntilAsync(() => rig.Gateway.IsDrained, "the second hundred were acknowledged");
        await Wait.UntilAsync(() => collector.Distinct == 200, "200 readings arrived");
        Assert.Equal(200, collector.Lines.Count);
        collector.AssertOrder();
    }

    [Fact]
    public async Task A_cursor_that_does_not_fit_the_log_sends_everything_kept_rather_than_nothing()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var rig = new GatewayRig();
        var options = rig.Options(new ServerEndpoint("127.0.0.1", 1, Tls: false));
        rig.Start(options);
        for (var i = 0; i < 50; i++)
        {
            rig.Measure("lamp-1", i);
        }

        await rig.StopAsync();
        await File.WriteAllTextAsync(Path.Combine(options.Directory, "uplink-telemetry.cursor"), $"{Guid.NewGuid():D}/0/99999\n");
        await File.WriteAllTextAsync(Path.Combine(options.Directory, "uplink-alarm.cursor"), "rubbish");
        rig.Start(rig.Options(broker.Endpoint));
        await Wait.UntilAsync(() => collector.Distinct == 50, "50 readings arrived");
        Assert.Contains("Sending again from the oldest reading kept", rig.Notices, StringComparison.Ordinal);
        Assert.Contains("holds no cursor", rig.Notices, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_alarm_goes_to_the_next_server_when_the_first_does_not_acknowledge()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var rig = new GatewayRig();
        var dead = new ServerEndpoint("127.0.0.1", ((IPEndPoint)silent.LocalEndpoint).Port, Tls: false);
        rig.Start(rig.Options(dead, broker.Endpoint) with
        {
            AlarmPatience = TimeSpan.FromMilliseconds(400),
            ConnectPatience = TimeSpan.FromMinutes(5),
        });
        rig.Measure("water-1", 4.2);
        rig.Measure("lamp-1", 100);

        await Wait.UntilAsync(() => collector.Distinct == 1, "the alarm arrived by the second server");
        Assert.StartsWith("water_level,device=water-1 water_level_m=4.2 ", Assert.Single(collector.Lines), StringComparison.Ordinal);
        Assert.Equal(1, rig.Gateway.Statistics.Failovers);
    }

    [Fact]
    public async Task Both_lanes_return_to_the_preferred_server_when_it_takes_connections_again()
    {
        await using var first = await Mosquitto.StartAsync();
        await using var second = await Mosquitto.StartAsync();
        await using var atFirst = await Collector.StartAsync(first.Port);
        await using var atSecond = await Collector.StartAsync(second.Port);
        await using var link = new LinkProxy("127.0.0.1", first.Port);
        await using var rig = new GatewayRig();
        link.Cut();
        rig.Start(rig.Options(new ServerEndpoint("127.0.0.1", link.Port, Tls: false), second.Endpoint) with
        {
            AlarmPatience = TimeSpan.FromMilliseconds(400),
            ConnectPatience = TimeSpan.FromMilliseconds(400),
            ProbeMinimum = TimeSpan.FromMilliseconds(100),
            ProbeMaximum = TimeSpan.FromMilliseconds(400),
        });
        rig.Measure("water-1", 4.2);
        rig.Measure("lamp-1", 100);
        await Wait.UntilAsync(() => atSecond.Distinct == 2, "both arrived by the second server");

        link.Restore();
        await Wait.UntilAsync(() => rig.Notices.Split('\n').Count(n => n.Contains("back to it", StringComparison.Ordinal)) == 2, "both lanes went back");
        rig.Measure("water-1", 4.3);
        rig.Measure("lamp-1", 90);
        await Wait.UntilAsync(() => atFirst.Distinct == 2, "both arrived by the first server");
        await Wait.UntilAsync(() => rig.Gateway.IsDrained, "all were acknowledged");
        Assert.Equal(2, atSecond.Distinct);
        Assert.Equal(4, rig.Acknowledged.Count);

        // And away again, as before.
        link.Cut();
        rig.Measure("water-1", 4.4);
        await Wait.UntilAsync(() => atSecond.Distinct == 3, "the second server has the next alarm");
    }

    [Fact]
    public async Task A_server_that_sends_us_away_is_left_at_once_and_come_back_to_when_it_would_judge_again()
    {
        await using var first = new Doorman { Gateways = ReasonCode.ServerUnavailable, Probes = ReasonCode.ServerUnavailable };
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var rig = new GatewayRig();
        rig.Start(rig.Options(first.Endpoint, broker.Endpoint) with
        {
            AlarmPatience = TimeSpan.FromMinutes(5),
            ConnectPatience = TimeSpan.FromMinutes(5),
            ProbeMinimum = TimeSpan.FromMilliseconds(50),
            ProbeMaximum = TimeSpan.FromMilliseconds(100),
        });
        rig.Measure("water-1", 4.2);
        rig.Measure("lamp-1", 100);
        await Wait.UntilAsync(() => collector.Distinct == 2, "both arrived by the second server");

        // It is asked under a name that takes no session, and says that it is no use yet.
        await Wait.UntilAsync(() => first.Asked.Count(c => c == "gw-test.probe") >= 4, "the first was asked");
        Assert.DoesNotContain("back to it", rig.Notices, StringComparison.Ordinal);
        Assert.Equal(["gw-test", "gw-test.alarm"], first.Asked.Where(c => c != "gw-test.probe").Distinct().Order(StringComparer.Ordinal));
        first.Probes = ReasonCode.ClientIdentifierNotValid;
        await Wait.UntilAsync(() => rig.Notices.Split('\n').Count(n => n.Contains("back to it", StringComparison.Ordinal)) >= 2, "both lanes went back");
    }

    [Fact]
    public async Task Telemetry_turns_to_the_next_server_when_the_first_cannot_be_reached()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var rig = new GatewayRig();
        rig.Start(rig.Options(new ServerEndpoint("127.0.0.1", 1, Tls: false), broker.Endpoint) with { ConnectPatience = TimeSpan.FromMilliseconds(300) });
        rig.Measure("lamp-1", 100);
        await Wait.UntilAsync(() => collector.Distinct == 1, "the reading arrived by the second server");
    }

    [Fact]
    public async Task A_full_log_gives_up_its_oldest_telemetry_and_tells_which()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var link = new LinkProxy("127.0.0.1", broker.Port);
        await using var rig = new GatewayRig();
        link.Cut();
        rig.Start(rig.Options(new ServerEndpoint("127.0.0.1", link.Port, Tls: false)) with { BudgetBytes = 256 * 1024, SegmentBytes = 64 * 1024 });
        const int Measured = 10_000;
        var at = DateTimeOffset.UtcNow;
        var logged = 0;
        await Wait.UntilAsync(
            () =>
            {
                // A full ring alone is not a full log: the disk is only slower than this loop.
                while (logged < Measured && rig.Gateway.Measure("streetlight", "lamp-1", [new MetricValue("power_w", logged)], at.AddTicks(10 * logged)) == MeasureResult.Logged)
                {
                    logged++;
                }

                return logged == Measured;
            },
            "the log took them all", seconds: 60);

        // An alarm beside it is in no danger.
        rig.Measure("water-1", 4.2);
        var statistics = rig.Gateway.Statistics;
        await Wait.UntilAsync(() => statistics.Dropped is > 5_000 and < Measured, "the oldest were given up");
        await Wait.ForAsync(rig.Gateway.FlushAsync(CancellationToken.None), "the log was on disk");
        Assert.Contains("oldest, from 20", rig.Notices, StringComparison.Ordinal);
        Assert.True(rig.Gateway.Backlog <= (256 + 64) * 1024);

        link.Restore();
        await Wait.UntilAsync(() => rig.Gateway.IsDrained, "the log was drained");
        await Wait.UntilAsync(() => collector.Distinct == statistics.Acknowledged, "what was acknowledged arrived");

        // What was on its way when its file went has arrived all the same.
        Assert.InRange(statistics.Acknowledged, Measured + 1 - statistics.Dropped, Measured);
        Assert.Contains(collector.Lines, l => l.Contains($"power_w={Measured - 1} ", StringComparison.Ordinal));
        Assert.Contains(collector.Lines, l => l.StartsWith("water_level", StringComparison.Ordinal));
        collector.AssertOrder();
    }

    [Fact]
    public async Task Alarms_that_the_full_log_does_not_take_wait_in_memory_in_order_and_none_is_given_up()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var link = new LinkProxy("127.0.0.1", broker.Port);
        await using var rig = new GatewayRig();
        link.Cut();
        rig.Start(rig.Options(new ServerEndpoint("127.0.0.1", link.Port, Tls: false)) with
        {
            AlarmBudgetBytes = 128 * 1024,
            AlarmSegmentBytes = 64 * 1024,
            WaitingAlarms = 50,
        });
        var at = DateTimeOffset.UtcNow;
        var results = new Dictionary<MeasureResult, int>();
        await Wait.UntilAsync(
            () =>
            {
                // What found no place is measured again, as a sensor does.
                MeasureResult result;
                do
                {
                    var kept = results.GetValueOrDefault(MeasureResult.Logged) + results.GetValueOrDefault(MeasureResult.Waiting);
                    result = rig.Gateway.Measure("water_level", "water-1", [new MetricValue("water_level_m", kept / 1000.0)], at.AddTicks(10 * kept));
                    results[result] = results.GetValueOrDefault(result) + 1;
                }
                while (result == MeasureResult.Logged);
                return results.GetValueOrDefault(MeasureResult.NoRoom) > 0 && rig.Notices.Contains("disk budget", StringComparison.Ordinal);
            },
            "the log and the waiting room were full", seconds: 60);

        Assert.Contains("new alarms wait in memory", rig.Notices, StringComparison.Ordinal);
        Assert.Contains("alarms are lost", rig.Notices, StringComparison.Ordinal);
        Assert.True(results[MeasureResult.Waiting] >= 50);
        link.Restore();
        var expected = results[MeasureResult.Logged] + results[MeasureResult.Waiting];
        await Wait.UntilAsync(() => rig.Gateway.IsDrained, "the log was drained");
        await Wait.UntilAsync(() => collector.Distinct == expected, $"{expected} alarms arrived");
        collector.AssertOrder();
        Assert.Equal(0, rig.Gateway.Statistics.Dropped);
        Assert.Equal(expected, rig.Gateway.Statistics.Measured);
        Assert.Contains("all alarms that waited are in it", rig.Notices, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_says_what_it_is_and_leaves_a_will()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var rig = new GatewayRig();
        await using var link = new LinkProxy("127.0.0.1", broker.Port);
        rig.Start(rig.Options(new ServerEndpoint("127.0.0.1", link.Port, Tls: false)));
        await Wait.UntilAsync(() => collector.On("city/v1/gw-test/state").Count == 1, "the state was announced");
        using var state = JsonDocument.Parse(collector.On("city/v1/gw-test/state")[0].Payload);
        Assert.Equal("ok", state.RootElement.GetProperty("clock").GetString());
        Assert.Equal(["lamp-1", "water-1"], state.RootElement.GetProperty("devices").EnumerateArray().Select(d => d.GetString()));

        link.Cut();
        await Wait.UntilAsync(() => collector.On("city/v1/gw-test/state").Count == 2, "the will was published");
        Assert.Contains("unknown", Encoding.UTF8.GetString(collector.On("city/v1/gw-test/state")[1].Payload.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_are_answered_and_each_is_done_once()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var rig = new GatewayRig();
        var acts = 0;
        rig.Start(rig.Options(broker.Endpoint), new GatewayHooks { Act = (_, _) => new((true, $"act {++acts}")) });
        await Wait.UntilAsync(() => collector.On("city/v1/gw-test/state").Count == 1, "the gateway subscribed");
        foreach (var (id, expires) in new[] { ("a", 60), ("b", -60), ("a", 60) })
        {
            await collector.PublishAsync(
                "city/v1/gw-test/command",
                $$"""{"id":"{{id}}","device":"lamp-1","command":{"act":"identify"},"issued":"{{DateTimeOffset.UtcNow:O}}","expires":"{{DateTimeOffset.UtcNow.AddSeconds(expires):O}}","by":"t"}""");
        }

        await collector.PublishAsync("city/v1/gw-test/command", "no json");
        await Wait.UntilAsync(() => collector.On("city/v1/gw-test/command/result").Count == 3, "three answers came");
        var answers = collector.On("city/v1/gw-test/command/result").ConvertAll(m => Encoding.UTF8.GetString(m.Payload.Span));
        Assert.Contains("\"status\":\"done\"", answers[0], StringComparison.Ordinal);
        Assert.Contains("\"status\":\"expired\"", answers[1], StringComparison.Ordinal);
        Assert.Equal(answers[0], answers[2]);
        Assert.Equal(1, acts);
    }
}
