using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace SmartCity.Benchmarks;

/// <summary>What the stages are fed.</summary>
internal static class Samples
{
    /// <summary>Stamp of the first reading, Unix ns: 24 November 2025.</summary>
    public const long Start = 1764000000000000000;

    /// <summary>Kind of every sample.</summary>
    public const string Kind = "environment_station";

    /// <summary>One reading of four metrics, as a gateway writes it.</summary>
    public static ReadOnlySpan<byte> Line =>
        "environment_station,device=env-hac-thanh-007 temperature_celsius=31.2,relative_humidity_percent=78.5,pm2_5_ug_m3=22.4,pm10_ug_m3=41 1764000000000000000\n"u8;

    /// <summary>Name of device <paramref name="number"/>; 7 is that of <see cref="Line"/>.</summary>
    public static string Device(int number) => string.Create(CultureInfo.InvariantCulture, $"env-hac-thanh-{number:000}");

    /// <summary>Fifty readings of one device with rising stamps.</summary>
    public static byte[] Fifty() => Lines(i => (Device(7), Start + i));

    /// <summary>Fifty readings of fifty devices at one moment: what a street's gateway sends.</summary>
    public static byte[] FiftyDevices(int first = 0) => Lines(i => (Device(first + i), Start));

    /// <summary>Puts one stamp of 19 digits into every line.</summary>
    public static void Stamp(Span<byte> lines, long stamp)
    {
        const int Digits = 19;
        Span<byte> digits = stackalloc byte[Digits];
        _ = Utf8Formatter.TryFormat(stamp, digits, out _);
        for (var end = lines.IndexOf((byte)'\n'); end >= 0; end = lines.IndexOf((byte)'\n'))
        {
            digits.CopyTo(lines[(end - Digits)..]);
            lines = lines[(end + 1)..];
        }
    }

    private static byte[] Lines(Func<int, (string Device, long Stamp)> of)
    {
        var line = Encoding.UTF8.GetString(Line);
        var text = new StringBuilder();
        for (var i = 0; i < 50; i++)
        {
            var (device, stamp) = of(i);
            text.Append(line.Replace(Device(7), device, StringComparison.Ordinal)
                .Replace(Start.ToString(CultureInfo.InvariantCulture), stamp.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
