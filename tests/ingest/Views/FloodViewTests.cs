using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Tests.Views;

/// <summary>What a gauge's card says, and what it does not.</summary>
public sealed class FloodViewTests
{
    private static readonly DateTimeOffset Now = new(2026, 9, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly DeviceKind Kind = KindCatalog.BuiltIn.Find("water_level")!;
    private static readonly StageRule Rule = Kind.Rules.OfType<StageRule>().Single();

    [Theory]
    [InlineData(0.10, 2.0, 0, true)] // rises: said
    [InlineData(0.02, 23.9, 0, true)]
    [InlineData(0.019, 2.0, 0, false)] // within what waves make
    [InlineData(0.10, 24.1, 0, false)] // too far ahead
    [InlineData(-0.10, 2.0, 0, false)] // falls
    [InlineData(0.10, 2.0, 15, true)]
    [InlineData(0.10, 2.0, 16, false)] // three intervals old: nothing follows from it
    public void The_next_level_is_told_only_while_the_water_rises_to_it_plausibly(double perHour, double hours, int minutesOld, bool said)
    {
        var view = Of(Seen(3.2, minutesOld, ("flood_stage", 0), ("flood_per_hour", perHour), ("flood_next_stage", 1), ("flood_next_stage_seconds", hours * 3600)));
        Assert.Equal(said ? 1 : null, view.NextStage);
        Assert.Equal(said ? Now.AddMinutes(-minutesOld) + TimeSpan.FromSeconds(hours * 3600) : null, view.NextStageAt);
        Assert.Equal(minutesOld > 15, view.Stale);
        Assert.Equal(minutesOld > 15 ? null : perHour, view.TrendMetresPerHour);
    }

    [Fact]
    public void A_fall_below_the_present_level_is_no_next_level() =>
        Assert.Null(Of(Seen(4.2, 0, ("flood_stage", 1), ("flood_per_hour", -0.2), ("flood_next_stage", 1), ("flood_next_stage_seconds", 3600))).NextStage);

    [Fact]
    public void Levels_are_the_gauges_own_and_an_unknown_one_is_null()
    {
        Assert.Equal([2.0, null, 3.5], Of(Seen(1, 0), new() { ["I"] = 2.0, ["III"] = 3.5 }).Stages);
        Assert.Equal([null, null, null], Of(Seen(1, 0), []).Stages);
        Assert.Equal([null, 9.0, null], Of(Seen(1, 0), new() { ["flood.II"] = 9.0 }).Stages);
    }

    [Fact]
    public void A_gauge_that_has_never_said_anything_has_no_level_and_is_stale()
    {
        var view = Of(null);
        Assert.Equal((null, null, true, 0, null, null), (view.Level, view.MeasuredAt, view.Stale, view.Stage, view.TrendMetresPerHour, view.NextStageAt));
        Assert.Null(Of(Seen(double.NaN, 0) with { Values = [] }).Level);
    }

    private static FloodView Of(DeviceView? seen, Dictionary<string, double>? thresholds = null) => FloodView.Of(
        new DeviceRow("g-1", "water_level", null, null, null, "Giàng", 19.9, 105.7, thresholds ?? new() { ["I"] = 4.0, ["II"] = 5.5, ["III"] = 6.5 }, true, null, Service.Active, 1, Now),
        null, Kind, Rule, seen, Now);

    private static DeviceView Seen(double level, int minutesOld, params (string Name, double Value)[] derived)
    {
        var at = Instant.From(Now.AddMinutes(-minutesOld));
        return new DeviceView(
            "g-1", "water_level", null, true, at, at, [new MetricValue("water_level_m", MetricType.Float, "m", level, at)],
            [.. derived.Select(d => new DerivedValue(d.Name, d.Value, at))]);
    }
}
