using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Lights;

/// <summary>What a lamp takes at a level, and how far from it its power may be.</summary>
/// <param name="Rated">Its rated power, in watts.</param>
/// <param name="Tolerance">How far measured power may be from the expected one, in watts.</param>
/// <param name="Dark">Up to this it does not burn, in watts.</param>
/// <param name="AskedOn">From this level on it is asked to burn, in percent.</param>
internal readonly record struct LampPower(double Rated, double Tolerance, double Dark, double AskedOn)
{
    /// <summary>What a driver takes for itself as soon as it lights, as a share of rated power: constant-current LED drivers of 50 to 150 W lose some 6 to 8 % of it at full
    /// load and nearly as many watts when dimmed.</summary>
    public const double DriverShare = 0.06;

    /// <summary>Power that confirms a level is at most this share of rated power from it, however wide the kind's rule is: a lamp that does not dim takes a fifth more than 80 %
    /// means, and plate, driver and meter of one that does are together within a tenth.</summary>
    public const double Confirms = 0.15;

    /// <summary>Rated power where nobody says: the kind's own default.</summary>
    private static readonly LampPower Unknown = new(100, 100 * Confirms, 5, 5);

    /// <summary>By the dimming rule of its kind and its own thresholds.</summary>
    public static LampPower Of(DeviceKind? kind, DeviceRow lamp)
    {
        if (kind?.Rules.FirstOrDefault(r => r.Shape.Form == "lamp-dimming") is not { } rule)
        {
            return Unknown;
        }

        double Value(string name, double otherwise) =>
            rule.Parameters.FirstOrDefault(p => p.Name == name) is { } parameter && DeviceKind.Resolve(rule, parameter, lamp.Thresholds) is var own && double.IsFinite(own) ? own : otherwise;

        var rated = Value("rated_w", Unknown.Rated);
        return new LampPower(rated, rated * Math.Min(Confirms, Value("tolerance", 0.25)), rated * Value("dark_share", 0.05), Value("asked_on_percent", Unknown.AskedOn));
    }

    /// <summary>Watts at a level.</summary>
    /// <param name="percent">The level, 0 … 100 % of the nominal light.</param>
    /// <param name="clo">Percent of the driver's power that stands for 100 % of it; 100 without constant light output.</param>
    public double At(double percent, double clo = 100) => percent <= 0 ? 0 : Rated * (DriverShare + ((1 - DriverShare) * percent / 100 * clo / 100));
}
