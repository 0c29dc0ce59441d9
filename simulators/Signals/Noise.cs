namespace SmartCity.Simulators.Signals;

/// <summary>Smooth noise that needs no memory: the same seed and time give the same value, in any order of asking.</summary>
internal static class Noise
{
    /// <summary>A 64-bit value that looks random for every argument (the finaliser of SplitMix64).</summary>
    public static ulong Hash(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>The seed of a name: stable over processes and machines (FNV-1a).</summary>
    public static ulong Seed(int city, ReadOnlySpan<char> name)
    {
        var hash = 0xCBF29CE484222325 ^ (uint)city;
        foreach (var letter in name)
        {
            hash = (hash ^ letter) * 0x100000001B3;
        }

        return Hash(hash);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public static double Unit(ulong seed) => (Hash(seed) >> 11) * (1.0 / (1UL << 53));

    /// <summary>A curve in [−1, 1] through random points, one each <paramref name="period"/> seconds, with a flat tangent at each.</summary>
    public static double Smooth(ulong seed, double seconds, double period)
    {
        var place = seconds / period;
        var cell = Math.Floor(place);
        var share = place - cell;
        var from = Unit(seed ^ Hash((ulong)(long)cell));
        var to = Unit(seed ^ Hash((ulong)((long)cell + 1)));
        var eased = share * share * (3 - (2 * share));
        return (2 * (from + ((to - from) * eased))) - 1;
    }
}
