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
                    foreach (var metric in kind.Metrics.Where(m => m.Type != MetricType.String && !SignalModels.IsOfHardware(name, m.Name)))
                    {
                        var value = Value(device, metric.Name, Day.AddDays(season).AddMinutes(minute));
                        Assert.True(SignalModels.IsDescribed(name, metric.Name), $"{name}/{metric.Name} has no signal of its own");
                        Assert.True(double.IsFinite(value), metric.Name);
                        if (metric.Type is MetricType.Float or MetricType.Integer)
                        {
                            Assert.True(metric.InRange(value), $"{name}/{metric.Name} = {value}");
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
        var first = Values(Device(kind, 1));
        Assert.Equal(first, Values(Device(kind, 1)));
        Assert.NotEqual(first, Values(Device(kind, 2)));

        double[] Values(SimDevice device) => [.. kind.Metrics.Where(m => m.Type != MetricType.String).Select(m => Value(device, m.Name, Day))];
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
        new PlanDevice($"{kind.Name}-{number}", "n", kind.Name, "g", null, null, new GeoPoint(19.8, 105.78)), kind, 1, board ?? new ScenarioBoard(), TimeProvider.System);

    private static double Value(SimDevice device, string metric, DateTimeOffset at) => device.ValueAt(metric, at);
}
