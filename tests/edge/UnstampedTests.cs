using System.Text;
using System.Text.Json;
using SmartCity.Edge.Clocks;

namespace SmartCity.Edge.Tests;

/// <summary>Readings of a gateway that does not know the time: held and stamped truly, or never stamped at all.</summary>
public sealed class UnstampedTests
{
    private const string Next = "ffffffffffffffffffffffffffffffff";

    [Fact]
    public async Task Telemetry_waits_for_the_clock_and_alarms_do_not()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var rig = new GatewayRig();
        var evidence = new FakeEvidence();
        var hooks = new GatewayHooks { Evidence = evidence };
        rig.Start(rig.Options(broker.Endpoint) with { Clock = ClockMode.Auto }, hooks);
        Assert.False(rig.Gateway.Clock.IsKnown);
        var before = DateTimeOffset.UtcNow;
        for (var i = 1; i <= 100; i++)
        {
            // A reading made i ms ago.
            var stamp = TimeProvider.System.GetTimestamp() - (i * TimeProvider.System.TimestampFrequency / 1000);
            Assert.Equal(MeasureResult.Logged, rig.Gateway.Measure("streetlight", "lamp-1", [new MetricValue("power_w", i)], stamp));
        }

        Assert.Equal(MeasureResult.Logged, rig.Gateway.Measure("water_level", "water-1", [new MetricValue("water_level_m", 4.2)], TimeProvider.System.GetTimestamp()));
        await Wait.UntilAsync(() => collector.Distinct == 1, "the alarm arrived");
        Assert.Equal("water_level,device=water-1 water_level_m=4.2", collector.Lines[0].TrimEnd());
        await Wait.UntilAsync(() => collector.On("city/v1/gw-test/state").Count >= 1, "the state was announced");
        Assert.Equal("unknown", Clock(collector, 0));

        // The program is started again in the same start of the machine; then the time comes.
        await rig.StopAsync();
        rig.Start(rig.Options(broker.Endpoint) with { Clock = ClockMode.Auto }, hooks);
        await Wait.UntilAsync(() => rig.Gateway.IsConnected, "it is connected again");
        Assert.Single(collector.Lines);
        evidence.Synchronised = true;
        await Wait.UntilAsync(() => collector.Distinct == 101, "the readings arrived");
        await Wait.UntilAsync(() => Clock(collector, collector.On("city/v1/gw-test/state").Count - 1) == "ok", "the state tells that the time is known");
        foreach (var line in collector.Lines.Where(l => l.StartsWith("streetlight", StringComparison.Ordinal)))
        {
            var parts = line.Split(' ');
            var made = before - TimeSpan.FromMilliseconds(double.Parse(parts[1].Split('=')[1], System.Globalization.CultureInfo.InvariantCulture));
            var stamp = DateTimeOffset.UnixEpoch.AddTicks(long.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture) / 100);
            Assert.InRange(stamp - made, TimeSpan.FromMilliseconds(-1), TimeSpan.FromSeconds(10));
        }

        Assert.Equal(0, rig.Gateway.Statistics.Unstamped);
    }

    [Fact]
    public async Task What_can_never_be_stamped_is_set_aside_and_never_sent()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var rig = new GatewayRig();
        var nowhere = new ServerEndpoint("127.0.0.1", 1, Tls: false);
        rig.Start(rig.Options(nowhere) with { Clock = ClockMode.Auto }, new GatewayHooks { Evidence = new FakeEvidence() });
        for (var i = 0; i < 300; i++)
        {
            rig.Measure("lamp-1", i);
        }

        rig.Measure("water-1", 3.3);
        await rig.StopAsync();

        // The machine starts again before the time was known; then it knows the time at once.
        var options = rig.Options(broker.Endpoint) with { Clock = ClockMode.Auto, UnstampedBytes = 64 * 1024 };
        rig.Start(options, new GatewayHooks { Evidence = new FakeEvidence(Next) { Synchronised = true } });
        for (var i = 0; i < 10; i++)
        {
            rig.Measure("lamp-1", 1000 + i);
        }

        await Wait.UntilAsync(() => rig.Gateway.IsDrained, "the log was drained");
        await Wait.UntilAsync(() => collector.Distinct == 11, "ten readings and the alarm arrived");
        Assert.Equal(300, rig.Gateway.Statistics.Unstamped);
        Assert.Equal(11, rig.Gateway.Statistics.Acknowledged);
        Assert.Contains("can never be stamped", rig.Notices, StringComparison.Ordinal);
        var aside = await File.ReadAllLinesAsync(Path.Combine(options.Directory, "unstamped.lp"));
        Assert.Equal(300, aside.Count(l => l.StartsWith("streetlight,device=lamp-1 power_w=", StringComparison.Ordinal)));
        Assert.StartsWith("# start 0123456789abcdef0123456789abcdef", aside[0], StringComparison.Ordinal);
        Assert.DoesNotContain(collector.Lines, l => l.StartsWith("streetlight", StringComparison.Ordinal) && !l.Contains("power_w=10", StringComparison.Ordinal));
    }

    [Fact]
    public void The_side_file_is_bounded()
    {
        var directory = Directory.CreateTempSubdirectory("edge-aside").FullName;
        try
        {
            var file = new Uplink.UnstampedFile(directory, 2_000);
            for (var i = 0; i < 100; i++)
            {
                file.Add("00000000000000000000000000000000"u8, i, Encoding.ASCII.GetBytes($"streetlight,device=a power_w={i}\n"));
                file.Flush();
            }

            Assert.InRange(new FileInfo(Path.Combine(directory, "unstamped.lp")).Length, 1, 2_000);
            Assert.InRange(new FileInfo(Path.Combine(directory, "unstamped.old.lp")).Length, 1_000, 2_000);
            Assert.Equal(2, Directory.GetFiles(directory).Length);
            Assert.EndsWith("power_w=99 99", File.ReadAllLines(Path.Combine(directory, "unstamped.lp"))[^1], StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string? Clock(Collector collector, int index)
    {
        using var state = JsonDocument.Parse(collector.On("city/v1/gw-test/state")[index].Payload);
        return state.RootElement.GetProperty("clock").GetString();
    }
}
