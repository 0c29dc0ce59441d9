using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace SmartCity.Edge.Config;

/// <summary>Keys and values of one place in the file. It remembers what was asked for: a key that nobody knows is a fault.</summary>
internal sealed class YamlSection
{
    private readonly Dictionary<string, YamlNode> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _lines = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly ConfigFaults _faults;

    /// <summary>A section at a path (<c>devices[2]</c>; empty for the file itself).</summary>
    public YamlSection(ConfigFaults faults, string path, YamlMappingNode node)
    {
        _faults = faults;
        Path = path;
        Line = node.Start.Line;
        foreach (var (key, value) in node.Children)
        {
            if (key is YamlScalarNode { Value: { Length: > 0 } name })
            {
                _nodes[name] = value;
                _lines[name] = key.Start.Line;
            }
            else
            {
                faults.Add(key.Start.Line, path, "a key must be a plain word; write 'key: value'");
            }
        }
    }

    private YamlSection(ConfigFaults faults, string path, long line)
    {
        _faults = faults;
        Path = path;
        Line = line;
    }

    /// <summary>Where it stands.</summary>
    public string Path { get; }

    /// <summary>Its first line.</summary>
    public long Line { get; }

    /// <summary>Its keys.</summary>
    public IEnumerable<string> Keys => _nodes.Keys;

    /// <summary>Line of a key; the section's own for one that is not there.</summary>
    public long LineOf(string key) => _lines.GetValueOrDefault(key, Line);

    /// <summary>Notes a fault of a key.</summary>
    public void Fault(string key, string what) => _faults.Add(LineOf(key), PathOf(key), what);

    /// <summary>Notes a remark on a key.</summary>
    public void Warn(string key, string what) => _faults.Warn(LineOf(key), PathOf(key), what);

    /// <summary>A text; null when it is not there.</summary>
    public string? Text(string key)
    {
        switch (Node(key))
        {
            case null or YamlScalarNode { Value: null or "" or "~" }:
                return null;
            case YamlScalarNode scalar:
                return scalar.Value;
            default:
                Fault(key, "expected one value, not a list or nested keys");
                return null;
        }
    }

    /// <summary>True or false.</summary>
    public bool Flag(string key)
    {
        var text = Text(key);
        if (text is not (null or "true" or "false"))
        {
            Fault(key, $"'{text}' is neither true nor false");
        }

        return text == "true";
    }

    /// <summary>A number in a range; null when it is not there or wrong.</summary>
    public double? Number(string key, double minimum, double maximum)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum)
        {
            return value;
        }

        Fault(key, string.Create(CultureInfo.InvariantCulture, $"'{text}' is no number from {minimum} to {maximum}"));
        return null;
    }

    /// <summary>A whole number in a range; null when it is not there or wrong.</summary>
    public long? Whole(string key, long minimum, long maximum)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum)
        {
            return value;
        }

        Fault(key, string.Create(CultureInfo.InvariantCulture, $"'{text}' is no whole number from {minimum} to {maximum}"));
        return null;
    }

    /// <summary>A time in a range; null when it is not there or wrong.</summary>
    public TimeSpan? Time(string key, TimeSpan minimum, TimeSpan maximum)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (Times.TryParse(text, out var time) && time >= minimum && time <= maximum)
        {
            return time;
        }

        Fault(key, $"'{text}' is no time from {Times.Write(minimum)} to {Times.Write(maximum)}; write for instance 500ms, 10s, 5m or 1h");
        return null;
    }

    /// <summary>One of a few words; null when it is not there or none of them.</summary>
    public string? OneOf(string key, params string[] words)
    {
        var text = Text(key);
        if (text is null || words.Contains(text, StringComparer.Ordinal))
        {
            return text;
        }

        Fault(key, $"'{text}' is none of {string.Join(", ", words)}");
        return null;
    }

    /// <summary>A list of texts, or one text.</summary>
    public IReadOnlyList<string> Texts(string key)
    {
        var node = Node(key);
        var texts = new List<string>();
        foreach (var item in node is YamlSequenceNode list ? list.Children : node is null ? [] : [node])
        {
            if (item is YamlScalarNode { Value: { Length: > 0 } text })
            {
                texts.Add(text);
            }
            else
            {
                _faults.Add(item.Start.Line, PathOf(key), "expected a list of words; write [ a, b ]");
            }
        }

        return texts;
    }

    /// <summary>A section within this one; null when it is not there.</summary>
    public YamlSection? Section(string key)
    {
        switch (Node(key))
        {
            case null or YamlScalarNode { Value: null or "" }:
                return null;
            case YamlMappingNode node:
                return new YamlSection(_faults, PathOf(key), node);
            default:
                Fault(key, "expected nested keys; write them indented below it, or as { key: value }");
                return null;
        }
    }

    /// <summary>A list of sections.</summary>
    public IReadOnlyList<YamlSection> Sections(string key)
    {
        var sections = new List<YamlSection>();
        switch (Node(key))
        {
            case null or YamlScalarNode { Value: null or "" }:
                break;
            case YamlSequenceNode list:
                foreach (var item in list)
                {
                    if (item is YamlMappingNode node)
                    {
                        sections.Add(new YamlSection(_faults, $"{PathOf(key)}[{sections.Count}]", node));
                    }
                    else
                    {
                        _faults.Add(item.Start.Line, PathOf(key), "expected keys and values; start each item with '- key: value'");
                    }
                }

                break;
            default:
                Fault(key, "expected a list; start each item with '- '");
                break;
        }

        return sections;
    }

    /// <summary>Whatever stands there; null when nothing does.</summary>
    public YamlNode? Node(string key)
    {
        _known.Add(key);
        return _nodes.GetValueOrDefault(key);
    }

    /// <summary>The same section without some keys, which belong to whoever reads it first.</summary>
    public YamlSection Without(params ReadOnlySpan<string> keys)
    {
        var rest = new YamlSection(_faults, Path, Line);
        foreach (var (key, value) in _nodes)
        {
            if (!keys.Contains(key))
            {
                rest._nodes[key] = value;
                rest._lines[key] = _lines[key];
            }
        }

        return rest;
    }

    /// <summary>Path of a key.</summary>
    public string PathOf(string key) => Path.Length == 0 ? key : key.Length == 0 ? Path : $"{Path}.{key}";

    /// <summary>Notes every key that nobody asked for.</summary>
    public void Close()
    {
        foreach (var key in _nodes.Keys.Where(k => !_known.Contains(k)))
        {
            Fault(key, $"there is no such key here; {NearestWord.Advice(key, _known)}");
        }
    }
}
