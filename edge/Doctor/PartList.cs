using System.Globalization;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Doctor;

/// <summary>The parts of a configuration, one by one.</summary>
internal static class PartList
{
    /// <summary>Every part, with whose it is: <c>lamp-01</c>, <c>siren-1</c>.</summary>
    public static IEnumerable<(string Where, PartConfig Part)> Of(EdgeConfig config)
    {
        foreach (var device in config.Devices)
        {
            foreach (var part in device.Sensors)
            {
                yield return (device.Id, part);
            }

            foreach (var part in new[] { device.Output, device.Switch }.OfType<PartConfig>())
            {
                yield return (device.Id, part);
            }
        }

        foreach (var siren in config.Sirens)
        {
            yield return (siren.Id, siren.Output);
        }

        if (config.Identify is { } identify)
        {
            yield return ("identify", identify);
        }
    }

    /// <summary>A setting as it is written; empty when it is not.</summary>
    public static string Text(this PartConfig part, string setting) => part.Settings.Values.GetValueOrDefault(setting) ?? "";

    /// <summary>A setting as a whole number, decimal or hexadecimal.</summary>
    public static int Number(this PartConfig part, string setting, int otherwise)
    {
        var text = part.Text(setting);
        var hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return int.TryParse(hex ? text[2..] : text, hex ? NumberStyles.HexNumber : NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
    }
}
