namespace SmartCity.City;

/// <summary>A moment of a programme at which the level changes.</summary>
/// <param name="At">When.</param>
/// <param name="Level">The new level, 0 … 100 %.</param>
/// <param name="Ramp">How long the way to it takes, evenly, from <paramref name="At"/> on; zero = at once.</param>
public readonly record struct SwitchPoint(SwitchTime At, double Level, TimeSpan Ramp = default);

/// <summary>
/// A control programme: what happens in one night (lighting.md). A night begins at local noon with the lamp off; from each point on its level
/// holds. The first point opens the night and the last one closes it: a point between them never comes before the one listed ahead of it, nor
/// outside the two, and of points drawn to the same moment the last one holds. So a fixed <c>23:00</c> does nothing before a late summer sunset, and a fixed <c>05:00</c> nothing
/// after an early sunrise. A ramp that the next point interrupts stays where it is and goes on from there.
/// </summary>
public sealed class LightProgramme
{
    /// <summary>Most points; a night has 24 hours.</summary>
    public const int MostPoints = 48;

    /// <summary>Longest ramp.</summary>
    public static readonly TimeSpan LongestRamp = TimeSpan.FromHours(6);

    /// <summary>A programme.</summary>
    /// <exception cref="ArgumentException">The points are none, too many, out of range or out of order; the message begins with the one at fault.</exception>
    public LightProgramme(string id, IReadOnlyList<SwitchPoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (Fault(points) is { } fault)
        {
            throw new ArgumentException(fault, nameof(points));
        }

        Id = id;
        Points = points;
    }

    /// <summary>Its name.</summary>
    public string Id { get; }

    /// <summary>Its points, in order.</summary>
    public IReadOnlyList<SwitchPoint> Points { get; }

    /// <summary>What is wrong with points of a programme; null when nothing is.</summary>
    public static string? Fault(IReadOnlyList<SwitchPoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count is 0 or > MostPoints)
        {
            return FormattableString.Invariant($"points: 1 to {MostPoints} of them, not {points.Count}");
        }

        int? fixedBefore = null;
        for (var i = 0; i < points.Count; i++)
        {
            var point = points[i];
            if (!(point.Level >= 0 && point.Level <= 100))
            {
                return FormattableString.Invariant($"points[{i}].level: {point.Level} is not 0 to 100 percent");
            }

            if (point.Ramp < TimeSpan.Zero || point.Ramp > LongestRamp)
            {
                return FormattableString.Invariant($"points[{i}].rampSeconds: {point.Ramp.TotalSeconds} is not 0 to {LongestRamp.TotalSeconds}");
            }

            if (point.At.Base == SwitchBase.Clock)
            {
                var sinceNoon = (point.At.Minutes + 720) % 1440;
                if (sinceNoon < fixedBefore)
                {
                    return FormattableString.Invariant($"points[{i}].at: {point.At} comes before the fixed time ahead of it; a night runs from noon to noon");
                }

                fixedBefore = sinceNoon;
            }
        }

        return null;
    }
}
