using SmartCity.Edge.Tests;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;

namespace SmartCity.Simulators.Tests.Lamps;

/// <summary>What is planted in a running city is what its gateways then measure: the real gateway program, its chips, and a real broker.</summary>
public sealed class CityFaultTests
{
    /// <summary>Each device of 150 measures each second or two.</summary>
    private const double Rate = 100;

    [Fact]
    public async Task Each_planted_fault_is_measured_by_the_gateway_and_is_gone_when_mended()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        var home = Directory.CreateTempSubdirectory("city-faults");
        try
        {
            // What lamps are asked hangs on the hour of the day, so only faults that are seen at any hour are looked for here.
            await using var run = CityRun.Start(Options(broker, home), TimeProvider.System, _ => { });
            using var stop = new CancellationTokenSource();
            var living = run.RunAsync(stop.Token);
            var lamps = run.Gateways.Where(g => !g.Feeder.Cut).SelectMany(g => g.Devices).Where(d => d.Lamp is not null).ToList();
            var lamp = lamps[0].Plan;
            await Wait.UntilAsync(() => Last(collector, lamp.Id, "power_w") is not null, "the lamp measures", 60);

            Assert.Equal($"planted stuck-on {lamp.Id}", FaultOrders.Obey($"plant stuck-on {lamp.Id}", run));
            var full = lamp.Thresholds.GetValueOrDefault("rated_w", 100);
            await Wait.UntilAsync(() => Last(collector, lamp.Id, "power_w") is { } watts && watts > 0.96 * full && watts < 1.04 * full, "full power", 60);
            FaultOrders.Obey($"plant lying-meter {lamp.Id}", run);
            await Wait.UntilAsync(() => Last(collector, lamp.Id, "power_w") == 0, "no power", 60);
            FaultOrders.Obey($"plant silent {lamp.Id}", run);
            await Wait.UntilAsync(() => Last(collector, lamp.Id, "fault_code") == 1, "nothing answers", 60);
            Assert.Equal([$"{lamp.Id} silent"], run.Status().Planted);
            FaultOrders.Obey($"mend {lamp.Id}", run);
            await Wait.UntilAsync(() => Last(collector, lamp.Id, "fault_code") == 0, "it answers again", 90);

            var cabinet = run.Gateways.SelectMany(g => g.Devices).First(d => d.Feeder is not null);
            FaultOrders.Obey($"plant cut {cabinet.Plan.Id}", run);
            await Wait.UntilAsync(() => Last(collector, cabinet.Plan.Id, "voltage_v") == 0, "no voltage", 60);
            Assert.Equal(0, Last(collector, cabinet.Plan.Id, "power_w"));
            FaultOrders.Obey($"mend {cabinet.Plan.Id}", run);
            await Wait.UntilAsync(() => Last(collector, cabinet.Plan.Id, "voltage_v") > 200, "voltage", 60);
            Assert.Empty(run.Status().Planted);
            await stop.CancelAsync();
            await living;
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_scenario_plants_every_fault_once_or_more_and_names_each()
    {
        await using var broker = await Mosquitto.StartAsync();
        var home = Directory.CreateTempSubdirectory("city-faults");
        try
        {
            var said = new List<string>();
            await using var run = CityRun.Start(
                Options(broker, home) with { Scenarios = ["lamps"], ScenarioAt = TimeSpan.Zero },
                TimeProvider.System,
                text =>
                {
                    lock (said)
                    {
                        said.Add(text);
                    }
                });
            using var stop = new CancellationTokenSource();
            var living = run.RunAsync(stop.Token);
            await Wait.UntilAsync(() => run.Faults.Planted.Count == 8, "all is planted", 30);
            var planted = run.Faults.Planted;
            Assert.Equal(CityFaults.Names.Where(n => n != CityFaults.Away).Order(StringComparer.Ordinal), planted.Select(p => p.Fault).Distinct().Order(StringComparer.Ordinal));
            Assert.Equal(8, planted.Select(p => p.Device).Distinct(StringComparer.Ordinal).Count());
            lock (said)
            {
                Assert.All(planted, p => Assert.Contains(said, s => s.StartsWith($"planted: {p.Device} (", StringComparison.Ordinal) && s.Contains(p.Fault, StringComparison.Ordinal)));
            }

            // Nothing else is broken behind the cabinet without a supply.
            var dark = Assert.Single(run.Gateways, g => g.Feeder.Cut);
            Assert.DoesNotContain(dark.Devices, d => d.Lamp is not null && planted.Any(p => p.Device == d.Plan.Id));
            await stop.CancelAsync();
            await living;
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("plant tired {0}", "no fault 'tired'")]
    [InlineData("plant dead nobody", "no device 'nobody'")]
    [InlineData("plant cut {0}", "is nothing for")]
    [InlineData("plant dead {1}", "is nothing for")]
    [InlineData("plant dead {2}", "is a gateway")]
    [InlineData("plant away {2}", "whose links may be")]
    [InlineData("plant", "is no order")]
    public async Task What_makes_no_sense_is_answered_and_breaks_nothing(string order, string answer)
    {
        await using var broker = await Mosquitto.StartAsync();
        var home = Directory.CreateTempSubdirectory("city-faults");
        try
        {
            await using var run = CityRun.Start(Options(broker, home), TimeProvider.System, _ => { });
            var devices = run.Gateways[0].Devices;
            var text = string.Format(
                null, order, devices.First(d => d.Lamp is not null).Plan.Id, devices.First(d => d.Feeder is not null).Plan.Id, run.Gateways[0].Gateway.Name);
            Assert.Contains(answer, FaultOrders.Obey(text, run), StringComparison.Ordinal);
            Assert.Empty(run.Faults.Planted);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    private static RunOptions Options(Mosquitto broker, DirectoryInfo home) => new()
    {
        City = new CityOptions { Devices = 150 },
        Servers = [broker.Endpoint],
        Data = Path.Combine(home.FullName, "data"),
        Rate = Rate,
    };

    /// <summary>The newest value of a metric that arrived.</summary>
    private static double? Last(Collector collector, string device, string metric)
    {
        var head = $",device={device} ";
        var lines = collector.Lines;
        for (var i = lines.Count - 1; i >= 0; i--)
        {
            if (!lines[i].Contains(head, StringComparison.Ordinal))
            {
                continue;
            }

            var at = lines[i].IndexOf(metric + "=", StringComparison.Ordinal);
            if (at > 0 && lines[i][at - 1] is ' ' or ',')
            {
                var value = lines[i][(at + metric.Length + 1)..];
                return double.Parse(value[..value.AsSpan().IndexOfAny(",i ")], System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        return null;
    }
}
