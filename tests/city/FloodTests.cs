namespace SmartCity.City.Tests;

/// <summary>Staged levels, and the real flood of August 2025 on the Mã at Giàng (flood-stages.md).</summary>
public sealed class FloodTests
{
    private static readonly TimeSpan Vietnam = TimeSpan.FromHours(7);

    // Known points of the bulletins; alarm I in the middle of the hours they give for it; beyond the crest a fall that leaves
    // alarm III within the forecast's 6 to 12 hours.
    private static readonly (DateTimeOffset At, double Level)[] Known =
    [
        (new(2025, 8, 24, 13, 0, 0, Vietnam), 1.36),
        (new(2025, 8, 26, 1, 0, 0, Vietnam), 3.46),
        (new(2025, 8, 26, 4, 0, 0, Vietnam), 4.00),
        (new(2025, 8, 27, 7, 0, 0, Vietnam), 6.62),
        (new(2025, 8, 27, 16, 0, 0, Vietnam), 6.47),
        (new(2025, 8, 28, 13, 0, 0, Vietnam), 5.00),
        (new(2025, 8, 30, 13, 0, 0, Vietnam), 2.00),
    ];

    [Fact]
    public void The_flood_of_august_2025_at_giang()
    {
        var gauge = Gauge(("I", 4.00), ("II", 5.50), ("III", 6.50));
        var levels = new Dictionary<DateTimeOffset, double>();
        var (crest, crestAt) = (0.0, default(DateTimeOffset));
        double? forecastAtOne = null;
        for (var at = Known[0].At; at <= Known[^1].At; at += TimeSpan.FromMinutes(5))
        {
            var level = Level(at);
            levels[at] = level;
            (crest, crestAt) = level > crest ? (level, at) : (crest, crestAt);
            gauge.Read((Ns(at) - Bench.Start) / (double)Bench.Second, ("water_level_m", level));
            if (at == new DateTimeOffset(2025, 8, 26, 2, 0, 0, Vietnam))
            {
                forecastAtOne = gauge.Derived("flood_next_stage_seconds") / 3600;
            }
        }

        Assert.Equal(1.36, levels[Known[0].At], 0.005);
        Assert.Equal(3.46, levels[Known[1].At], 0.005);

        var alert = Assert.Single(gauge.Changes.Select(c => c.AlertId).Distinct());
        Assert.Equal(26, alert.Length);
        var first = gauge.Changes[0];
        Assert.Equal((AlertChangeKind.Raised, "flood", Severity.Minor, 4.00), (first.What, first.Kind, first.Severity, first.Threshold));
        Assert.InRange(Time(first), new(2025, 8, 26, 3, 0, 0, Vietnam), new(2025, 8, 26, 5, 0, 0, Vietnam));
        Assert.InRange(forecastAtOne!.Value, 1, 5); // an hour before, its own forecast says "soon"

        Assert.Equal((6.62, new DateTimeOffset(2025, 8, 27, 7, 0, 0, Vietnam)), (Math.Round(crest, 2), crestAt));
        Assert.Equal(0.12, crest - 6.50, 0.005);
        var third = gauge.Changes.Single(c => c.Detail!.StartsWith("stage III", StringComparison.Ordinal));
        Assert.Equal((Severity.Critical, 6.50), (third.Severity, third.Threshold));
        Assert.True(Time(third) < crestAt);

        var below = levels.Where(l => l.Key > crestAt && l.Value < 6.50).Min(l => l.Key);
        Assert.InRange(below - crestAt, TimeSpan.FromHours(6), TimeSpan.FromHours(12));
        Assert.Equal(
            ["Raised I", "Updated II", "Updated III", "Updated II", "Updated I", "Cleared I"],
            gauge.Changes.Select(c => $"{c.What} {c.Detail!.Split(';')[0].Split(' ')[1]}"));
    }

    [Fact]
    public void A_stage_is_reached_at_its_figure_and_left_below_the_hysteresis()
    {
        var gauge = Gauge(("I", 4.00), ("II", 5.50), ("III", 6.50));
        double[] levels = [3.99, 4.00, 3.96, 3.95, 3.94, 6.49, 6.50, 5.44, 3.0];
        for (var i = 0; i < levels.Length; i++)
        {
            gauge.Read(i * 300, ("water_level_m", levels[i]));
            gauge.Reload();
        }

        Assert.Equal(
            ["raised 300", "cleared 1200", "raised 1500", "stage:3 1800", "stage:1 2100", "cleared 2400"],
            gauge.Changes.Where(c => c.Kind == "flood").Select(c => $"{c.Cause.Split('@')[0]} {Bench.Seconds(c.MeasuredAt)}"));
    }

    [Fact]
    public void A_stage_without_a_figure_is_never_raised()
    {
        // the Yên at Chuối: I and III are known
        var gauge = Gauge(("I", 2.00), ("III", 3.50));
        gauge.Read(0, ("water_level_m", 3.49)).Read(300, ("water_level_m", 3.50)).Read(600, ("water_level_m", 2.5));
        Assert.Equal(["I", "III", "I"], gauge.Changes.Select(c => c.Detail!.Split(';')[0].Split(' ')[1]));
        var nothing = Gauge();
        nothing.Read(0, ("water_level_m", 29));
        Assert.Empty(nothing.Changes);
    }

    [Fact]
    public void The_outlook_follows_the_trend_up_and_down()
    {
        var gauge = Gauge(("I", 4.00), ("II", 5.50), ("III", 6.50));
        for (var i = 0; i <= 36; i++)
        {
            gauge.Read(i * 300, ("water_level_m", 3.0 + (i * 300 / 3600.0 * 0.2)));
        }

        Assert.Equal(0.2, gauge.Derived("flood_per_hour"), 1e-6);
        Assert.Equal(1, gauge.Derived("flood_next_stage"));
        Assert.Equal(2.0, gauge.Derived("flood_next_stage_seconds") / 3600, 1e-3); // 3.6 m now, 0.4 m to go
        for (var i = 1; i <= 48; i++)
        {
            gauge.Read((36 + i) * 300, ("water_level_m", 6.7 - (i * 300 / 3600.0 * 0.1)));
        }

        Assert.Equal(-0.1, gauge.Derived("flood_per_hour"), 1e-6);
        Assert.Equal(2, gauge.Derived("flood_next_stage"));
        Assert.Equal(8.0, gauge.Derived("flood_next_stage_seconds") / 3600, 1e-3);
    }

    [Fact]
    public void A_flood_nobody_heard_of_in_time_is_history()
    {
        var gauge = Gauge(("I", 4.00));
        gauge.Read(10_000, ("water_level_m", 3)).Read(5000, ("water_level_m", 4.2)).Read(5300, ("water_level_m", 4.3)).Read(5000, ("water_level_m", 4.2));
        Assert.Equal(["Raised raised 5000 historical", "Cleared cleared 5000 historical"], gauge.Story);
    }

    private static Bench Gauge(params (string Stage, double Level)[] levels)
    {
        var kind = KindCatalog.BuiltIn.Find("water_level")!;
        var own = levels.ToDictionary(l => l.Stage, l => l.Level, StringComparer.Ordinal);
        return new Bench(kind, new DeviceContext(kind, "giang", null, true, own));
    }

    private static long Ns(DateTimeOffset at) => at.ToUnixTimeSeconds() * Bench.Second;

    private static DateTimeOffset Time(AlertChange change) => DateTimeOffset.FromUnixTimeSeconds(change.MeasuredAt / Bench.Second).ToOffset(Vietnam);

    /// <summary>Monotone cubic interpolation (Fritsch and Carlson): smooth, through every point, no overshoot at the crest.</summary>
    private static double Level(DateTimeOffset at)
    {
        var i = Math.Min(Array.FindLastIndex(Known, k => k.At <= at), Known.Length - 2);
        var (a, b) = (Known[i], Known[i + 1]);
        var h = (b.At - a.At).TotalHours;
        var t = (at - a.At).TotalHours / h;
        var (m0, m1) = (Tangent(i) * h, Tangent(i + 1) * h);
        var (t2, t3) = (t * t, t * t * t);
        return (((2 * t3) - (3 * t2) + 1) * a.Level) + ((t3 - (2 * t2) + t) * m0) + (((-2 * t3) + (3 * t2)) * b.Level) + ((t3 - t2) * m1);
    }

    private static double Tangent(int i)
    {
        if (i == 0 || i == Known.Length - 1)
        {
            return 0;
        }

        var (before, after) = (Slope(i - 1), Slope(i));
        return before * after <= 0 ? 0 : 2 * before * after / (before + after);
    }

    private static double Slope(int i) => (Known[i + 1].Level - Known[i].Level) / (Known[i + 1].At - Known[i].At).TotalHours;
}
