using SmartCity.City;

namespace SmartCity.Ingest.Lights;

/// <summary>A corner of a lamp's curve.</summary>
/// <param name="At">When.</param>
/// <param name="Level">The level from then on, and why; of two corners at one moment the first is what it was until then.</param>
internal readonly record struct CurvePoint(DateTimeOffset At, LightLevel Level);

/// <summary>
/// The level of a lamp over a stretch of time as a line with corners: between two corners it is straight. Every corner is an answer of <see cref="City.Lighting.Level"/>; nothing here decides a level,
/// only where to ask: at switch points, at the ends of ramps, where a ramp crosses the minimum, at sunset and sunrise, at the ends of overrides.
/// </summary>
internal static class LightCurve
{
    /// <summary>Longest stretch.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(8);

    /// <summary>The corners from one moment to another, both ends too.</summary>
    public static IReadOnlyList<CurvePoint> Of(LampPlan lamp, DateTimeOffset from, DateTimeOffset to)
    {
        var corners = new List<CurvePoint>();
        foreach (var at in Moments(lamp, from, to))
        {
            var now = new CurvePoint(at, City.Lighting.Level(lamp, at));
            if (at > from)
            {
                var until = City.Lighting.Level(lamp, at.AddTicks(-1));
                if (!Same(until, now.Level) || Math.Abs(until.Percent - now.Level.Percent) > 0.001)
                {
                    Add(corners, new CurvePoint(at, until));
                }
            }

            Add(corners, now);
        }

        return corners;
    }

    /// <summary>Hours of a curve in which the lamp burns, and how many at 100 % would be as much light.</summary>
    public static (double Burning, double Full) Hours(IReadOnlyList<CurvePoint> corners)
    {
        var (burning, full) = (0.0, 0.0);
        for (var i = 1; i < corners.Count; i++)
        {
            var (before, after) = (corners[i - 1].Level.Percent, corners[i].Level.Percent);
            var hours = (corners[i].At - corners[i - 1].At).TotalHours;
            burning += before > 0 || after > 0 ? hours : 0;
            full += hours * (before + after) / 200;
        }

        return (burning, full);
    }

    // A corner in the middle of a level stretch is none.
    private static void Add(List<CurvePoint> corners, CurvePoint corner)
    {
        if (corners.Count > 1 && Flat(corners[^2], corners[^1]) && Flat(corners[^1], corner))
        {
            corners.RemoveAt(corners.Count - 1);
        }

        corners.Add(corner);
    }

    private static bool Flat(CurvePoint before, CurvePoint after) => before.Level.Percent.Equals(after.Level.Percent) && Same(before.Level, after.Level);

    private static bool Same(LightLevel before, LightLevel after) => before with { Percent = 0 } == after with { Percent = 0 };

    private static SortedSet<DateTimeOffset> Moments(LampPlan lamp, DateTimeOffset from, DateTimeOffset to)
    {
        var moments = new SortedSet<DateTimeOffset> { from, to };
        for (var day = Night.DayOf(from, lamp.Place.Zone); day <= Night.DayOf(to, lamp.Place.Zone); day = day.AddDays(1))
        {
            var night = lamp.NightOf(day);
            foreach (var at in (DateTimeOffset[])[night.Night.Begin, night.Night.Sunset, night.Night.Sunrise, .. night.Times])
            {
                Put(at);
            }

            for (var i = 0; i < night.Times.Count; i++)
            {
                var (point, begin) = (night.Programme!.Points[i], night.Times[i]);
                if (point.Ramp > TimeSpan.Zero)
                {
                    Put(begin + point.Ramp);
                    var start = night.Level(begin);
                    if (lamp.Minimum > Math.Min(start, point.Level) && lamp.Minimum < Math.Max(start, point.Level))
                    {
                        var crossing = begin + (point.Ramp * ((lamp.Minimum - start) / (point.Level - start)));
                        Put(crossing);
                        Put(crossing.AddTicks(1)); // the first moment that is raised, when the crossing itself is not
                    }
                }
            }
        }

        foreach (var order in lamp.Overrides)
        {
            Put(order.Start);
            Put(order.Expires ?? to);
        }

        return moments;

        void Put(DateTimeOffset at)
        {
            if (at > from && at < to)
            {
                moments.Add(at);
            }
        }
    }
}
