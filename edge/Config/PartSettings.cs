using System.Globalization;

namespace SmartCity.Edge.Config;

/// <summary>
/// The settings of one part (<c>driver: bme280, bus: 1, address: 0x76</c>), read by its driver. Faults are collected with their place
/// and what to write instead, so that all of them are told at once; a faulty setting reads as its default. Settings that no driver
/// asked for are faults too (<see cref="CheckUnknown"/>): a misspelt name must not pass in silence.
/// </summary>
/// <param name="path">Where it stands, for messages: <c>devices[2].sensors[0]</c>.</param>
/// <param name="values">Settings as text; lists as items joined by commas.</param>
/// <param name="faults">Where faults go.</param>
internal sealed class PartSettings(string path, IReadOnlyDictionary<string, string> values, ICollection<string> faults)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal) { "driver", "metrics" };
    private readonly Dictionary<string, string> _effective = new(StringComparer.Ordinal);

    /// <summary>Beginning of a fault's message, by setting: file and line, where they are known.</summary>
    public Func<string, string> Locate { get; init; } = static _ => "";

    /// <summary>Settings as the driver got them, defaults among them: whole numbers decimal.</summary>
    public IReadOnlyDictionary<string, string> Effective => _effective;

    /// <summary>Where it stands.</summary>
    public string Path => path;

    /// <summary>What is written, as text.</summary>
    public IReadOnlyDictionary<string, string> Values => values;

    /// <summary>A text, or the default; a required one (null default) that is missing is a fault.</summary>
    public string Text(string name, string? otherwise = null)
    {
        _asked.Add(name);
        if (values.TryGetValue(name, out var text) && text.Length > 0)
        {
            return _effective[name] = text;
        }

        _effective[name] = otherwise ?? "";

        if (otherwise is null)
        {
            Fault(name, "missing");
        }

        return otherwise ?? "";
    }

    /// <summary>A whole number in a range, decimal or as <c>0x76</c>; null default = required.</summary>
    public int Whole(string name, int minimum, int maximum, int? otherwise = null)
    {
        var text = Text(name, otherwise is null ? null : "");
        if (text.Length == 0)
        {
            return Effectively(name, otherwise ?? minimum);
        }

        var hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!int.TryParse(hex ? text[2..] : text, hex ? NumberStyles.HexNumber : NumberStyles.Integer, CultureInfo.InvariantCulture, out var value)
            || value < minimum || value > maximum)
        {
            Fault(name, hex ? $"'{text}' is not 0x{minimum:x2} … 0x{maximum:x2}" : $"'{text}' is no whole number from {minimum} to {maximum}");
            return Effectively(name, otherwise ?? minimum);
        }

        return Effectively(name, value);
    }

    /// <summary>A number in a range; null default = required.</summary>
    public double Number(string name, double minimum, double maximum, double? otherwise = null)
    {
        var text = Text(name, otherwise is null ? null : "");
        if (text.Length == 0)
        {
            return otherwise ?? minimum;
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !(value >= minimum && value <= maximum))
        {
            Fault(name, string.Create(CultureInfo.InvariantCulture, $"'{text}' is no number from {minimum} to {maximum}"));
            return otherwise ?? minimum;
        }

        return value;
    }

    /// <summary>Yes or no.</summary>
    public bool Flag(string name, bool otherwise)
    {
        switch (Text(name, "").ToLowerInvariant())
        {
            case "":
                return otherwise;
            case "true" or "yes" or "on":
                return true;
            case "false" or "no" or "off":
                return false;
            default:
                Fault(name, $"'{values[name]}' is neither true nor false");
                return otherwise;
        }
    }

    /// <summary>A time as <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>1h</c>.</summary>
    public TimeSpan Time(string name, TimeSpan minimum, TimeSpan maximum, TimeSpan otherwise)
    {
        var text = Text(name, "");
        if (text.Length == 0)
        {
            return otherwise;
        }

        if (!Times.TryParse(text, out var value) || value < minimum || value > maximum)
        {
            Fault(name, $"'{text}' is no time from {Times.Write(minimum)} to {Times.Write(maximum)} (write 500ms, 10s, 5m or 1h)");
            return otherwise;
        }

        return value;
    }

    /// <summary>One of a few words.</summary>
    public string OneOf(string name, string otherwise, params string[] words)
    {
        var text = Text(name, otherwise);
        if (words.Contains(text, StringComparer.Ordinal))
        {
            return text;
        }

        Fault(name, $"'{text}' is none of {string.Join(", ", words)}");
        return otherwise;
    }

    /// <summary>Notes a fault of a setting.</summary>
    public void Fault(string name, string what) => faults.Add($"{Locate(name)}{path}.{name}: {what}");

    /// <summary>Notes every setting that nobody asked for; called once the driver is made.</summary>
    public void CheckUnknown()
    {
        foreach (var name in values.Keys.Where(k => !_asked.Contains(k)))
        {
            Fault(name, $"this driver has no such setting; {NearestWord.Advice(name, [.. _asked.Except(["driver", "metrics"])])}");
        }
    }

    private int Effectively(string name, int value)
    {
        _effective[name] = value.ToString(CultureInfo.InvariantCulture);
        return value;
    }
}
