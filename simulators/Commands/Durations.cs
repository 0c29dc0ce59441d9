using System.CommandLine;
using System.Globalization;

namespace SmartCity.Simulators.Commands;

/// <summary>Durations as people write them: <c>20s</c>, <c>1.5m</c>, <c>500ms</c>, <c>2h</c>, or seconds.</summary>
internal static class Durations
{
    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600)];

    /// <summary>An option that takes a duration.</summary>
    public static Option<TimeSpan> Option(string name, string about, TimeSpan standard) => new(name)
    {
        Description = $"{about} (20s, 1.5m, 500ms)",
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            if (TryParse(text, out var value))
            {
                return value;
            }

            result.AddError($"{name} {text}: write a duration as 20s, 1.5m or 500ms");
            return default;
        },
    };

    /// <summary>The parser of an option that may be left out.</summary>
    public static TimeSpan? ParseOptional(System.CommandLine.Parsing.ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (TryParse(text, out var value))
        {
            return value;
        }

        result.AddError($"{text}: write a duration as 20s, 1.5m or 500ms");
        return null;
    }

    /// <summary>Reads a duration that is not negative.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        var (unit, scale) = Units.FirstOrDefault(u => text.EndsWith(u.Unit, StringComparison.Ordinal), ("", 1));
        var ok = double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        value = ok ? TimeSpan.FromSeconds(number * scale) : default;
        return ok;
    }
}
