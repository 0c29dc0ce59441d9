using SmartCity.Edge.Tests;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;

namespace SmartCity.Simulators.Tests;

/// <summary>A small city at work, against a real broker.</summary>
public sealed class CityRunTests
{
    [Fact]
    public async Task Every_device_reports_and_the_ledger_lists_exactly_what_was_acknowledged()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        var home = Directory.CreateTempSubdirectory("city-run");
        try
        {
            var ledger = Path.Combine(home.FullName, "ledger");
            var options = new RunOptions
            {
                City = new CityOptions { Devices = 120, DevicesPerGateway = 40 },
                Servers = [broker.Endpoint],
                Data = Path.Combine(home.FullName, "data"),
                Rate = 600,
                Ledger = ledger,
                Scenarios = ["fire"],
                ScenarioAt = TimeSpan.Zero,
            };
            using var stop = new CancellationTokenSource();
            await using (var run = CityRun.Start(options, TimeProvider.System, _ => { }))
            {
                var living = run.RunAsync(stop.Token);
                await Wait.UntilAsync(() => collector.ByDevice().Count == 120, "every device reported", 60);
                await Wait.UntilAsync(() => collector.Lines.Exists(l => l.Contains("loop_state=1i", StringComparison.Ordinal)), "a detector alarmed");
                await stop.CancelAsync();
                Assert.True(await living, "everything was acknowledged");

                var status = run.Status();
                Assert.Equal("done", status.Phase);
                Assert.Equal(status.Measured, status.Acknowledged);
                Assert.True(status.Alarms > 0);
                await Wait.UntilAsync(() => collector.Distinct == status.Acknowledged, "all that was acknowledged arrived");
                Assert.Equal(status.Acknowledged, File.ReadLines(ledger).Distinct(StringComparer.Ordinal).Count());
            }

            var listed = File.ReadLines(ledger).ToHashSet(StringComparer.Ordinal);
            Assert.All(collector.ByDevice(), device => Assert.All(device.Value, r => Assert.Contains($"{device.Key} {r.At}", listed)));
            collector.AssertOrder();
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Fact]
    public void An_unknown_scenario_is_refused_before_anything_starts()
    {
        var e = Assert.Throws<ArgumentException>(() => CityRun.Start(
            new RunOptions { City = new CityOptions(), Servers = [new("127.0.0.1", 1, Tls: false)], Data = "unused", Scenarios = ["earthquake"] },
            TimeProvider.System,
            _ => { }));
        Assert.Contains("fire, flood, outage, storm, lamps", e.Message, StringComparison.Ordinal);
    }
}
