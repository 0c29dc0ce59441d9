using SmartCity.Edge;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;

namespace SmartCity.Simulators.Scenarios;

/// <summary>The bad days of a city.</summary>
internal static class Scenario
{
    private static readonly Dictionary<string, Func<CityRun, CancellationToken, Task>> All = new(StringComparer.Ordinal)
    {
        ["fire"] = FireAsync,
        ["flood"] = FloodAsync,
        ["outage"] = OutageAsync,
        ["storm"] = StormAsync,
        ["lamps"] = LampFaults.PlayAsync,
    };

    /// <summary>How they are called.</summary>
    public static IEnumerable<string> Names => All.Keys;

    /// <summary>Plays one to its end.</summary>
    public static Task PlayAsync(string name, CityRun city, CancellationToken stop) => All[name](city, stop);

    /// <summary>A detector alarms, a second one of its zone 12 s later (which confirms the fire), a call point after 20 s; all clear
    /// two minutes after that.</summary>
    private static async Task FireAsync(CityRun city, CancellationToken stop)
    {
        var zone = city.Plan.Zones.FirstOrDefault(z => city.Plan.Devices.Count(d => d.Zone == z.Id && d.Kind == KindNames.FireDetector) >= 2)
            ?? throw new ArgumentException("this city has no zone with two fire detectors");
        var detectors = city.Plan.Devices.Where(d => d.Zone == zone.Id && d.Kind == KindNames.FireDetector).Take(2).Select(d => d.Id).ToList();
        var button = city.Plan.Devices.FirstOrDefault(d => d.Zone == zone.Id && d.Kind == KindNames.CallPoint)?.Id;

        city.Say($"fire in {zone.Name}: {detectors[0]} alarms");
        Burn(city, detectors[0]);
        await Task.Delay(TimeSpan.FromSeconds(12), city.Time, stop);
        city.Say($"fire in {zone.Name}: {detectors[1]} alarms too");
        var siren = SirenWatch.For(city, detectors[1]);
        Burn(city, detectors[1]);
        if (siren is not null && await siren.SoundsAsync(TimeSpan.FromSeconds(5), stop) is { } sounded)
        {
            city.Say($"fire in {zone.Name}: the gateway's siren sounds {sounded.TotalMilliseconds:0} ms after the second detector");
        }

        await Task.Delay(TimeSpan.FromSeconds(8), city.Time, stop);
        if (button is not null)
        {
            city.Say($"fire in {zone.Name}: {button} is pressed");
            city.Board.Set(button, "pressed", 1);
            city.Touch(button);
        }

        await Task.Delay(TimeSpan.FromMinutes(2), city.Time, stop);
        foreach (var device in detectors)
        {
            Calm(city, device);
        }

        if (button is not null)
        {
            city.Board.Clear(button, "pressed");
            city.Touch(button);
        }
    }

    /// <summary>The Mã at Giàng as in August 2025: a week in <see cref="RunOptions.FloodDuration"/> with live stamps, or at once with
    /// the stamps of then, one reading each ten minutes.</summary>
    private static async Task FloodAsync(CityRun city, CancellationToken stop)
    {
        var gateway = city.Gateways.FirstOrDefault(g => g.Devices.Any(d => d.Plan.Id == Gauges.Giang))
            ?? throw new ArgumentException("this city has no gauge at Giàng");
        if (city.Options.Historical)
        {
            // What the gauge's own logger kept through the flood, read out afterwards: stamps of its own, nothing measured now.
            for (var at = GiangFlood.Start; at <= GiangFlood.End; at += TimeSpan.FromMinutes(10))
            {
                var level = new MetricValue("water_level_m", Math.Round(GiangFlood.Level(at), 3));
                gateway.Gateway.Measure(KindNames.WaterLevel, Gauges.Giang, [level], at);
                await Task.Delay(TimeSpan.FromMilliseconds(2), city.Time, stop);
            }

            return;
        }

        var begin = city.Time.GetUtcNow();
        var compression = (GiangFlood.End - GiangFlood.Start) / city.Options.FloodDuration;
        city.Board.Set(Gauges.Giang, "water_level_m", at => GiangFlood.Level(GiangFlood.Start + ((at - begin) * compression)));
        await Task.Delay(city.Options.FloodDuration, city.Time, stop);
        city.Board.Clear(Gauges.Giang, "water_level_m");
    }

    /// <summary>Every third gateway is without its link for a minute, then drains its log.</summary>
    private static async Task OutageAsync(CityRun city, CancellationToken stop)
    {
        var hit = city.Gateways.Where((_, i) => i % 3 == 0).ToList();
        city.Say($"outage: {hit.Count} of {city.Gateways.Count} gateways lose their link for a minute");
        try
        {
            hit.ForEach(g => g.Link?.Cut());
            await Task.Delay(TimeSpan.FromMinutes(1), city.Time, stop);
        }
        finally
        {
            hit.ForEach(g => g.Link?.Restore());
        }
    }

    /// <summary>Every device reports at once; then up to 500 detectors alarm within 5 s, and are calm again after a minute.</summary>
    private static async Task StormAsync(CityRun city, CancellationToken stop)
    {
        foreach (var gateway in city.Gateways)
        {
            // A power cut over the whole city is over: every part starts again and measures.
            _ = gateway.Runtime.ActAsync("self-test", null, stop).AsTask();
        }

        var detectors = city.Plan.Devices.Where(d => d.Kind == KindNames.FireDetector).Take(500).Select(d => d.Id).ToList();
        city.Say($"storm: {detectors.Count} detectors alarm");
        foreach (var tenth in detectors.Chunk(Math.Max(1, (detectors.Count + 9) / 10)))
        {
            foreach (var device in tenth)
            {
                Burn(city, device);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(450), city.Time, stop);
        }

        await Task.Delay(TimeSpan.FromMinutes(1), city.Time, stop);
        foreach (var device in detectors)
        {
            Calm(city, device);
        }
    }

    private static void Burn(CityRun city, string detector)
    {
        city.Board.Set(detector, "loop_state", 1);
        city.Board.Set(detector, "smoke_percent_per_m", 12);
        city.Touch(detector);
    }

    private static void Calm(CityRun city, string detector)
    {
        city.Board.Clear(detector, "loop_state");
        city.Board.Clear(detector, "smoke_percent_per_m");
        city.Touch(detector);
    }
}
