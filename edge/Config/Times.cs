using System.Globalization;

namespace SmartCity.Edge.Config;

/// <summary>Times as configurations write them: <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>1h</c>, <c>2d</c>.</summary>
internal static class Times
{
    private static readonly (string Unit, TimeSpan Size)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>Reads one; false when it is none.</summary>
    public static bool TryParse(string text, out TimeSpan time)
    {
        foreach (var (unit, size) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number < 1e6)
            {
                time = size * number;
                return true;
            }
        }

        time = default;
        return false;
    }

    /// <summary>Writes one in its largest whole unit.</summary>
    public static string Write(TimeSpan time)
    {
        foreach (var (unit, size) in Units.Reverse())
        {
            if (time >= size && time.Ticks % size.Ticks == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{time.Ticks / size.Ticks}{unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds}ms");
    }
}
