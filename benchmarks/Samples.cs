using System.Text;

namespace SmartCity.Benchmarks;

/// <summary>What the stages are fed.</summary>
internal static class Samples
{
    /// <summary>One reading of four metrics, as a gateway writes it.</summary>
    public static ReadOnlySpan<byte> Line =>
        "environment_station,device=env-hac-thanh-007 temperature_celsius=31.2,relative_humidity_percent=78.5,pm2_5_ug_m3=22.4,pm10_ug_m3=41 1764000000000000000\n"u8;

    /// <summary>Fifty readings with rising stamps.</summary>
    public static byte[] Fifty()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 50; i++)
        {
            text.Append(Encoding.UTF8.GetString(Line).Replace("1764000000000000000", (1764000000000000000 + i).ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
