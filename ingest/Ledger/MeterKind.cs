using SmartCity.City;

namespace SmartCity.Ingest.Ledger;

/// <summary>What the ledger needs of a kind of device: whether it counts, whether it is a lamp, and what it can do at most.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="IsLamp">It has a level of light: hours, switch-ons and the saving are kept beside the energy.</param>
/// <param name="MostWatts">More than this it cannot draw: the bound by which another meter is told from a counter that went on.</param>
/// <param name="UsualWatts">Rated power where nobody has said the lamp's own.</param>
internal sealed record MeterKind(DeviceKind Kind, bool IsLamp, double MostWatts, double UsualWatts)
{
    private const double UnknownMostWatts = 1_000_000;
    private const double UnknownUsualWatts = 100;

    /// <summary>Rated power among a device's thresholds.</summary>
    private const string Rated = "rated_w";

    /// <summary>The number of a metric that is read, in the order of <see cref="MeterSample"/>; −1 for any other.</summary>
    public static int MetricOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("energy_kwh"u8) ? 0
        : name.SequenceEqual("burning_hours"u8) ? 1
        : name.SequenceEqual("switch_on_count"u8) ? 2
        : name.SequenceEqual("power_w"u8) ? 3
        : name.SequenceEqual("dim_percent"u8) ? 4
        : name.SequenceEqual("driver_percent"u8) ? 5
        : -1;

    /// <summary>For each metric of the kind its number among those that are read; −1 for any other.</summary>
    public IReadOnlyList<int> Numbers { get; } = [.. Kind.Metrics.Select(m => MetricOf(m.NameUtf8.Span))];

    /// <summary>Those kinds of a catalogue that have anything to count, by name.</summary>
    public static IReadOnlyList<MeterKind> Of(KindCatalog kinds) => [.. kinds.All.Where(k => k.IndexOf("energy_kwh") >= 0 || k.IndexOf("dim_percent") >= 0).Select(Read)];

    /// <summary>A device's own rated power in watts; null when nobody has said it.</summary>
    public static double? RatedWatts(IReadOnlyDictionary<string, double>? thresholds)
    {
        foreach (var (name, value) in thresholds ?? new Dictionary<string, double>(StringComparer.Ordinal))
        {
            if ((name == Rated || name.EndsWith("." + Rated, StringComparison.Ordinal)) && value > 0)
            {
                return value;
            }
        }

        return null;
    }

    private static MeterKind Read(DeviceKind kind)
    {
        var power = kind.IndexOf("power_w");
        var rated = kind.Rules.SelectMany(r => r.Parameters).Where(p => p.Name == Rated).Select(p => p.Value).FirstOrDefault();
        return new MeterKind(
            kind,
            kind.IndexOf("dim_percent") >= 0,
            power >= 0 && kind.Metrics[power].Maximum is > 0 and < UnknownMostWatts ? kind.Metrics[power].Maximum : UnknownMostWatts,
            rated > 0 ? rated : UnknownUsualWatts);
    }
}

/// <summary>One reading of a device; what it does not say is NaN.</summary>
/// <param name="At">When it was measured, Unix ns.</param>
/// <param name="Energy">kWh counted.</param>
/// <param name="Hours">Burning hours counted.</param>
/// <param name="Switches">Switch-ons counted.</param>
/// <param name="Power">W.</param>
/// <param name="Dim">The level in force, percent.</param>
/// <param name="Driver">What the driver was given, percent: the level after the correction for constant light output.</param>
internal readonly record struct MeterSample(long At, double Energy, double Hours, double Switches, double Power, double Dim, double Driver)
{
    /// <summary>Nothing but a time.</summary>
    public static MeterSample Empty(long at) => new(at, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);

    /// <summary>This with a value of the metric of that number (<see cref="MeterKind.MetricOf"/>).</summary>
    public MeterSample With(int metric, double value) => metric switch
    {
        0 => this with { Energy = value },
        1 => this with { Hours = value },
        2 => this with { Switches = value },
        3 => this with { Power = value },
        4 => this with { Dim = value },
        _ => this with { Driver = value },
    };
}
