namespace SmartCity.City;

/// <summary>A point of a curve of constant light output.</summary>
/// <param name="Hours">Burning hours of the luminaire.</param>
/// <param name="Percent">Percent of its driver's power at which it then gives its nominal light.</param>
public readonly record struct OutputPoint(double Hours, double Percent);

/// <summary>
/// Constant light output (CLO): a luminaire gives less light with its burning hours (the maker's figure is an L80 or L90 at 50,000 h or more), so a street that
/// is designed for the light at the end is driven below full power at the beginning. The curve says which percent of the driver's power gives the
/// nominal light after how many hours; a lamp's level is a percent of that light. In straight lines between its points, the first and the last one held outside them. Immutable.
/// </summary>
public sealed class ConstantOutput
{
    /// <summary>Most points.</summary>
    public const int MostPoints = 32;

    /// <summary>Most hours: a century of nights is half of it.</summary>
    public const double MostHours = 1_000_000;

    /// <summary>Least percent: a mistaken curve must leave no street dark.</summary>
    public const double LeastPercent = 10;

    /// <summary>A curve.</summary>
    /// <exception cref="ArgumentException">The points are none, too many, out of range or out of order; the message begins with the one at fault.</exception>
    public ConstantOutput(IReadOnlyList<OutputPoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (Fault(points) is { } fault)
        {
            throw new ArgumentException(fault, nameof(points));
        }

        Points = [.. points];
    }

    /// <summary>Its points, by rising hours.</summary>
    public IReadOnlyList<OutputPoint> Points { get; }

    /// <summary>What is wrong with points of a curve; null when nothing is.</summary>
    public static string? Fault(IReadOnlyList<OutputPoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count is 0 or > MostPoints)
        {
            return FormattableString.Invariant($"1 to {MostPoints} points [hours, percent], not {points.Count}");
        }

        for (var i = 0; i < points.Count; i++)
        {
            var (hours, percent) = points[i];
            if (!(hours >= 0 && hours <= MostHours))
            {
                return FormattableString.Invariant($"[{i}]: {hours} hours is not 0 to {MostHours}");
            }

            if (!(percent >= LeastPercent && percent <= 100))
            {
                return FormattableString.Invariant($"[{i}]: {percent} is not {LeastPercent} to 100 percent of the driver's power");
            }

            if (i > 0 && hours <= points[i - 1].Hours)
            {
                return FormattableString.Invariant($"[{i}]: {hours} hours does not come after the {points[i - 1].Hours} ahead of it");
            }
        }

        return null;
    }

    /// <summary>Percent of the driver's power that gives the nominal light after so many burning hours, to a tenth: a smaller step is none, and a lamp is told of
    /// one only every hundred hours or so.</summary>
    /// <param name="hours">Burning hours; NaN (nobody knows) counts as a new luminaire's.</param>
    public double At(double hours)
    {
        if (!(hours > Points[0].Hours))
        {
            return Tenth(Points[0].Percent);
        }

        for (var i = 1; i < Points.Count; i++)
        {
            var (before, after) = (Points[i - 1], Points[i]);
            if (hours < after.Hours)
            {
                return Tenth(before.Percent + ((after.Percent - before.Percent) * ((hours - before.Hours) / (after.Hours - before.Hours))));
            }
        }

        return Tenth(Points[^1].Percent);
    }

    private static double Tenth(double percent) => Math.Round(percent, 1, MidpointRounding.AwayFromZero);
}
