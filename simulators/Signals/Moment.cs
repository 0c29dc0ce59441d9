using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Signals;

/// <summary>What a signal may depend on: who measures, where and when.</summary>
/// <param name="City">Seed of the city: what all devices share (the weather).</param>
/// <param name="Device">Seed of the device: what is its own.</param>
/// <param name="At">Where it stands.</param>
/// <param name="Seconds">When, in seconds since 1970 UTC.</param>
internal readonly record struct Moment(ulong City, ulong Device, GeoPoint At, double Seconds)
{
    /// <summary>Seconds by which Việt Nam is ahead of UTC (no daylight saving time).</summary>
    private const double Zone = 7 * 3_600;
    private const double Day = 86_400;

    /// <summary>2026-01-01 in local time, as if it were UTC.</summary>
    private const double Year2026 = 1_767_225_600;

    /// <summary>Local hour of the day, 0 … 24.</summary>
    public double Hour => Fraction((Seconds + Zone) / Day) * 24;

    /// <summary>Seconds since 1970 of the local midnight before this moment.</summary>
    public double Midnight => (Math.Floor((Seconds + Zone) / Day) * Day) - Zone;

    /// <summary>Local days begun since 2026 (whole ones; the hours are <see cref="Hour"/>), for counters; never negative.</summary>
    public double Days => Math.Max(0, Math.Floor((Seconds + Zone - Year2026) / Day));

    /// <summary>Part of the year that is over, 0 … 1 (a year of 365.2425 days; a day's error moves no season).</summary>
    public double Season => Fraction(Seconds / (365.2425 * Day));

    /// <summary>The same device at another time.</summary>
    public Moment With(double seconds) => this with { Seconds = seconds };

    /// <summary>Own smooth noise in [−1, 1]; <paramref name="salt"/> tells the device's signals apart.</summary>
    public double Wander(ulong salt, double period) => Noise.Smooth(Device ^ Noise.Hash(salt), Seconds, period);

    /// <summary>A constant of this device in [0, 1).</summary>
    public double Trait(ulong salt) => Noise.Unit(Device ^ Noise.Hash(salt + 0x5151));

    private static double Fraction(double value) => value - Math.Floor(value);
}
