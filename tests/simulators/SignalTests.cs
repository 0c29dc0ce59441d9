using SmartCity.City;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;
using SmartCity.Simulators.Signals;

namespace SmartCity.Simulators.Tests;

public sealed class SignalTests
{
    private static readonly DateTimeOffset Day = new(2026, 9, 1, 0, 0, 0, TimeSpan.FromHours(7));

    public static TheoryData<string> Kinds => [.. KindCatalog.BuiltIn.All.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_metric_is_described_and_stays_in_its_range_all_day_in_every_season(string name)
    {
        var kind = KindCatalog.BuiltIn.Find(name)!;
        for (var number = 0; number < 20; number++)
        {
            var device = Device(kind, number);
            for (var minute = 0; minute < 24 * 60; minute += 7)
            {
                foreach (var season in new[] { 0, 91, 182, 273 })
                {
                    foreach (var value in device.Values(Day.AddDays(season).AddMinutes(minute)))
                    {
                        var metric = kind.Metrics[kind.IndexOf(value.Name)];
                        Assert.True(SignalModels.IsDescribed(name, metric.Name), $"{name}/{metric.Name} has no signal of its own");
                        Assert.True(double.IsFinite(value.Number), metric.Name);
                        if (metric.Type is MetricType.Float or MetricType.Integer)
                        {
                            Assert.True(metric.InRange(value.Number), $"{name}/{metric.Name} = {value.Number}");
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void The_same_seed_measures_the_same_and_another_one_does_not()
    {
        var kind = KindCatalog.BuiltIn.Find(KindNames.Environment)!;
        var first = Device(kind, 1).Values(Day).ToArray();
        Assert.Equal(first, Device(kind, 1).Values(Day).ToArray());
        Assert.NotEqual(first, Device(kind, 2).Values(Day).ToArray());
    }

    [Theory]
    [InlineData(KindNames.Streetlight, "energy_kwh")]
    [InlineData(KindNames.Streetlight, "burning_hours")]
    [InlineData(KindNames.Streetlight, "switch_on_count")]
    [InlineData(KindNames.PowerCabinet, "energy_kwh")]
    [InlineData(KindNames.TrafficCounter, "vehicles_total")]
    public void Counters_only_count_up(string name, string metric)
    {
        var device = Device(KindCatalog.BuiltIn.Find(name)!, 3);
        var last = double.NegativeInfinity;
        for (var minute = 0; minute < 3 * 24 * 60; minute++)
        {
            var value = Value(device, metric, Day.AddMinutes(minute));
            Assert.True(value >= last, $"{metric} fell from {last} to {value} at minute {minute}");
            last = value;
        }
    }

    [Fact]
    public void Lamps_burn_at_night_and_draw_what_their_rating_allows()
    {
        var city = CityGenerator.Generate(new CityOptions { Devices = 200 });
        var kind = KindCatalog.BuiltIn.Find(KindNames.Streetlight)!;
        foreach (var plan in city.Devices.Where(d => d.Kind == KindNames.Streetlight))
        {
            var lamp = new SimDevice(plan, kind, city.Seed, new ScenarioBoard());
            var rated = plan.Thresholds.GetValueOrDefault("rated_w", 100);
            Assert.Equal(0, Value(lamp, "dim_percent", Day.AddHours(12)));
            Assert.InRange(Value(lamp, "power_w", Day.AddHours(12)), 0, 1);
            Assert.Equal(100, Value(lamp, "dim_percent", Day.AddHours(20)));
            Assert.InRange(Value(lamp, "power_w", Day.AddHours(20)), rated * 0.9, rated * 1.1);
            Assert.Equal(60, Value(lamp, "dim_percent", Day.AddHours(2)));
            Assert.InRange(Value(lamp, "power_w", Day.AddHours(2)), rated * 0.5, rated * 0.75);
        }
    }

    [Fact]
    public void Neighbouring_moments_measure_nearly_the_same()
    {
        var device = Device(KindCatalog.BuiltIn.Find(KindNames.Environment)!, 5);
        for (var minute = 0; minute < 24 * 60; minute++)
        {
            var step = Math.Abs(Value(device, "temperature_celsius", Day.AddMinutes(minute + 1)) - Value(device, "temperature_celsius", Day.AddMinutes(minute)));
            Assert.True(step < 0.6, $"{step} °C in a minute");
        }
    }

    [Fact]
    public void It_rains_sometimes_and_not_always()
    {
        var device = Device(KindCatalog.BuiltIn.Find(KindNames.RainGauge)!, 1);
        var wet = Enumerable.Range(0, 30 * 24).Count(h => Value(device, "rain_mm_h", Day.AddHours(h)) > 0.1);
        Assert.InRange(wet, 10, 400);
    }

    [Fact]
    public void A_scenario_s_value_replaces_the_signal_until_it_is_cleared()
    {
        var board = new ScenarioBoard();
        var kind = KindCatalog.BuiltIn.Find(KindNames.FireDetector)!;
        var device = Device(kind, 1, board);
        Assert.Equal(0, Value(device, "loop_state", Day));
        board.Set(device.Plan.Id, "loop_state", 1);
        Assert.Equal(1, Value(device, "loop_state", Day));
        board.Clear(device.Plan.Id, "loop_state");
        Assert.Equal(0, Value(device, "loop_state", Day));
    }

    private static SimDevice Device(DeviceKind kind, int number, ScenarioBoard? board = null) => new(
        new PlanDevice($"{kind.Name}-{number}", "n", kind.Name, "g", null, null, new GeoPoint(19.8, 105.78)), kind, 1, board ?? new ScenarioBoard());

    private static double Value(SimDevice device, string metric, DateTimeOffset at)
    {
        foreach (var value in device.Values(at))
        {
            if (value.Name == metric)
            {
                return value.Number;
            }
        }

        throw new ArgumentException(metric);
    }
}
