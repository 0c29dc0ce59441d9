using System.Globalization;

namespace SmartCity.City;

/// <summary>What a switch point's time is counted from.</summary>
public enum SwitchBase
{
    /// <summary>Local midnight: a fixed time on the clock.</summary>
    Clock,

    /// <summary>Sunset at the lamp's own place.</summary>
    Sunset,

    /// <summary>The sunrise after that sunset.</summary>
    Sunrise,
}

/// <summary>When in a night a lamp changes its level: <c>22:30</c>, <c>sunset</c>, <c>sunset-15</c>, <c>sunrise+20</c>.</summary>
/// <param name="Base">Counted from what.</param>
/// <param name="Minutes">Minutes of the clock since midnight, 0 … 1439, or before (negative) and after the sun's event, −360 … 360.</param>
public readonly record struct SwitchTime(SwitchBase Base, int Minutes)
{
    /// <summary>Farthest from sunset or sunrise, in minutes: beyond a quarter of a day one means another event.</summary>
    public const int FarthestMinutes = 360;

    /// <summary>Reads one; false for anything else than the four forms above.</summary>
    public static bool TryParse(string? text, out SwitchTime time)
    {
        time = default;
        if (text is null)
        {
            return false;
        }

        if (text.Length == 5 && text[2] == ':')
        {
            if (!int.TryParse(text.AsSpan(0, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var hour)
                || !int.TryParse(text.AsSpan(3, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var minute)
                || hour > 23 || minute > 59)
            {
                return false;
            }

            time = new SwitchTime(SwitchBase.Clock, (hour * 60) + minute);
            return true;
        }

        return After(text, "sunset", SwitchBase.Sunset, ref time) || After(text, "sunrise", SwitchBase.Sunrise, ref time);
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => Base switch
    {
        SwitchBase.Clock => string.Create(CultureInfo.InvariantCulture, $"{Minutes / 60:00}:{Minutes % 60:00}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(Base == SwitchBase.Sunset ? "sunset" : "sunrise")}{Minutes:+0;-0;''}"),
    };

    private static bool After(string text, string word, SwitchBase counted, ref SwitchTime time)
    {
        if (!text.StartsWith(word, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = text.AsSpan(word.Length);
        var minutes = 0;
        if (rest.Length > 0
            && (rest[0] is not ('+' or '-')
                || !int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out minutes)
                || minutes > FarthestMinutes))
        {
            return false;
        }

        time = new SwitchTime(counted, rest.Length > 0 && rest[0] == '-' ? -minutes : minutes);
        return true;
    }
}
