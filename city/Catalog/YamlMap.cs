using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace SmartCity.City;

/// <summary>A YAML mapping that remembers which keys were asked for, so that a misspelt key is an error and not a silence.</summary>
internal sealed class YamlMap
{
    private readonly Dictionary<string, YamlNode> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _lines = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _known = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly long _line;

    public YamlMap(FaultList faults, string path, YamlMappingNode node)
    {
        Faults = faults;
        _path = path;
        _line = node.Start.Line;
        foreach (var (key, value) in node.Children)
        {
            if (key is YamlScalarNode { Value: { Length: > 0 } name })
            {
                _entries[name] = value;
                _lines[name] = key.Start.Line;
            }
            else
            {
                faults.Add(key.Start.Line, path, "a key must be a plain word; write it as 'key: value'");
            }
        }
    }

    public FaultList Faults { get; }

    public IEnumerable<string> Keys => _entries.Keys;

    public void Fault(string key, string message) => Faults.Add(_lines.GetValueOrDefault(key, _line), PathOf(key), message);

    public bool Has(string key)
    {
        _known.Add(key);
        return _entries.ContainsKey(key);
    }

    public string? Text(string key, bool required = false)
    {
        switch (Node(key, required))
        {
            case YamlScalarNode { Value: { } text }:
                return text;
            case null:
                return null;
            default:
                Fault(key, "expected one value; remove the list or the nested keys");
                return null;
        }
    }

    public double Number(string key, double otherwise = double.NaN, bool required = false)
    {
        var text = Text(key, required);
        if (text is null)
        {
            return otherwise;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
        {
            return value;
        }

        Fault(key, $"'{text}' is not a number; write for instance 12 or 0.5");
        return otherwise;
    }

    /// <summary><c>45s</c>, <c>5m</c>, <c>3h</c>.</summary>
    public TimeSpan Duration(string key, TimeSpan otherwise = default, bool required = false)
    {
        var text = Text(key, required);
        if (text is null)
        {
            return otherwise;
        }

        var unit = text.Length > 1 ? text[^1] switch { 's' => 1.0, 'm' => 60.0, 'h' => 3600.0, _ => 0 } : 0;
        if (unit > 0 && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var count)
            && count >= 0 && count * unit <= 366 * 86_400)
        {
            return TimeSpan.FromSeconds(count * unit);
        }

        Fault(key, $"'{text}' is not a duration of at most a year; write for instance 30s, 5m or 3h");
        return otherwise;
    }

    public T Choice<T>(string key, T otherwise, bool required = false)
        where T : struct, Enum
    {
        var text = Text(key, required);
        if (text is null)
        {
            return otherwise;
        }

        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(Spell(value), text, StringComparison.Ordinal))
            {
                return value;
            }
        }

        Fault(key, $"'{text}' is not known; write one of {string.Join(", ", Enum.GetValues<T>().Select(Spell))}");
        return otherwise;
    }

    public YamlMap? Map(string key, bool required = false)
    {
        switch (Node(key, required))
        {
            case YamlMappingNode node:
                return new YamlMap(Faults, PathOf(key), node);
            case null:
                return null;
            default:
                Fault(key, "expected nested keys; indent them below it");
                return null;
        }
    }

    public IEnumerable<YamlMap> Maps(string key)
    {
        switch (Node(key, required: false))
        {
            case YamlSequenceNode list:
                var index = 0;
                foreach (var item in list)
                {
                    index++;
                    if (item is YamlMappingNode node)
                    {
                        yield return new YamlMap(Faults, $"{PathOf(key)}[{index}]", node);
                    }
                    else
                    {
                        Faults.Add(item.Start.Line, PathOf(key), "expected nested keys; start the item with '- name: …'");
                    }
                }

                break;
            case null:
                break;
            default:
                Fault(key, "expected a list; start each item with '- '");
                break;
        }
    }

    public IReadOnlyList<double> Numbers(string key)
    {
        var values = new List<double>();
        var node = Node(key, required: false);
        foreach (var item in node is YamlSequenceNode list ? list.Children : node is null ? [] : [node])
        {
            if (item is YamlScalarNode { Value: { } text } && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                values.Add(value);
            }
            else
            {
                Faults.Add(item.Start.Line, PathOf(key), "expected numbers; write for instance 1 or [2, 3]");
            }
        }

        return values;
    }

    /// <summary>Says which keys nobody asked for.</summary>
    public void Close()
    {
        foreach (var key in _entries.Keys.Where(k => !_known.Contains(k)))
        {
            Fault(key, $"is not known here; remove it or write one of {string.Join(", ", _known)}");
        }
    }

    private static string Spell<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private string PathOf(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    private YamlNode? Node(string key, bool required)
    {
        _known.Add(key);
        if (_entries.TryGetValue(key, out var node))
        {
            return node;
        }

        if (required)
        {
            Fault(key, $"is missing; add '{key}: …'");
        }

        return null;
    }
}

/// <summary>Faults of one file.</summary>
internal sealed class FaultList(string file, List<string> faults)
{
    public int Count => faults.Count;

    public void Add(long line, string key, string message) => faults.Add(string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: {key}: {message}"));
}
