using System.Globalization;
using System.Text;

namespace SmartCity.Simulators.Wiring;

/// <summary>One part as a configuration writes it: <c>{ driver: bme280, bus: 1, address: 0x76 }</c>.</summary>
internal static class PartText
{
    /// <summary>Writes it.</summary>
    /// <param name="driver">The driver.</param>
    /// <param name="settings">Its settings in order; numbers are written invariantly.</param>
    public static string Of(string driver, params ReadOnlySpan<(string Name, object Value)> settings)
    {
        var text = new StringBuilder("{ driver: ").Append(driver);
        foreach (var (name, value) in settings)
        {
            text.Append(", ").Append(name).Append(": ").Append(Convert.ToString(value, CultureInfo.InvariantCulture));
        }

        return text.Append(" }").ToString();
    }

    /// <summary>An address as <c>0x48</c>.</summary>
    public static string Hex(int address) => $"0x{address:x2}";
}
