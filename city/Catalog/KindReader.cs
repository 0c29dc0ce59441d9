using System.Security.Cryptography;
using System.Text;
using SmartCity.Telemetry;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace SmartCity.City;

/// <summary>Reads one kind from its file.</summary>
internal static class KindReader
{
    public static DeviceKind? Read(string file, string yaml, List<string> allFaults)
    {
        var before = allFaults.Count;
        var faults = new FaultList(file, allFaults);
        var root = Parse(yaml, faults);
        if (root is null)
        {
            return null;
        }

        var name = root.Text("kind", required: true) ?? "";
        if (!IsIdentifier(name))
        {
            root.Fault("kind", $"'{name}' is not an identifier; use 1-63 of a-z 0-9 - _");
        }

        var title = ReadTitle(root, name);
        var lane = root.Choice("lane", Lane.Telemetry, required: true);
        var interval = root.Duration("interval", TimeSpan.FromMinutes(1), required: true);
        if (interval <= TimeSpan.Zero)
        {
            root.Fault("interval", "must be longer than nothing; write how often the device reports, for instance 60s");
        }

        var metrics = ReadMetrics(root);
        var rules = ReadRules(root, new KindDraft(lane, interval, metrics));
        root.Close();
        return allFaults.Count > before
            ? null
            : new DeviceKind(name, title, lane, interval, metrics, rules, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(yaml))));
    }

    internal static bool IsIdentifier(string name) =>
        name.Length is >= 1 and <= 63 && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_');

    private static YamlMap? Parse(string yaml, FaultList faults)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents is [{ RootNode: YamlMappingNode node }])
            {
                return new YamlMap(faults, "", node);
            }

            faults.Add(1, "kind", "the file must hold exactly one kind; start it with 'kind: name'");
        }
        catch (YamlException e)
        {
            faults.Add(e.Start.Line, "yaml", $"{e.Message}; check indentation and quotes");
        }

        return null;
    }

    private static Title ReadTitle(YamlMap map, string name)
    {
        var title = map.Map("title", required: true);
        var read = new Title(title?.Text("vi", required: true) ?? name, title?.Text("en", required: true) ?? name);
        title?.Close();
        return read;
    }

    private static Metric[] ReadMetrics(YamlMap root)
    {
        var map = root.Map("metrics", required: true);
        if (map is null)
        {
            return [];
        }

        var metrics = new List<Metric>();
        foreach (var name in map.Keys)
        {
            if (!IsIdentifier(name))
            {
                map.Fault(name, "is not an identifier; use 1-63 of a-z 0-9 - _, with the unit at the end");
            }

            if (map.Map(name) is { } one)
            {
                metrics.Add(ReadMetric(name, one));
            }
        }

        if (metrics.Count is 0 or > DeviceKind.MaximumMetrics)
        {
            root.Fault("metrics", $"a kind has 1 to {DeviceKind.MaximumMetrics} metrics, this one {metrics.Count}; split it or add one");
        }

        return [.. metrics];
    }

    private static Metric ReadMetric(string name, YamlMap map)
    {
        var type = map.Choice("type", MetricType.Float, required: true);
        var ranged = type is MetricType.Float or MetricType.Integer;
        var minimum = map.Number("min", ranged ? double.NaN : 0, required: ranged);
        var maximum = map.Number("max", ranged ? double.NaN : 1, required: ranged);
        if (minimum > maximum)
        {
            map.Fault("min", "is above max; swap them");
        }

        var metric = new Metric(name, type, minimum, maximum, map.Text("unit") ?? "") { Title = ReadTitle(map, name) };
        map.Close();
        return metric;
    }

    private static Rule[] ReadRules(YamlMap root, KindDraft kind)
    {
        var rules = new List<Rule>();
        foreach (var map in root.Maps("rules"))
        {
            if (RuleReader.Read(map, kind) is not { } rule)
            {
                continue;
            }

            if (rules.Exists(r => string.Equals(r.Name, rule.Name, StringComparison.Ordinal)))
            {
                map.Fault("name", $"'{rule.Name}' is used twice in this kind; give it another name");
            }

            rules.Add(rule);
        }

        return [.. rules];
    }
}

/// <summary>What a rule may know of its kind while both are read.</summary>
internal sealed record KindDraft(Lane Lane, TimeSpan Interval, Metric[] Metrics)
{
    /// <summary>A figure in the unit and the range of a metric.</summary>
    public RuleParameter Level(string name, double value, int metric) => metric < 0
        ? new RuleParameter(name, value)
        : new RuleParameter(name, value) { Minimum = Metrics[metric].Minimum, Maximum = Metrics[metric].Maximum, Unit = Metrics[metric].Unit };

    /// <summary>A difference of a metric's values, or one in a time.</summary>
    public RuleParameter Span(string name, double value, int metric, string per = "") => metric < 0
        ? new RuleParameter(name, value)
        : new RuleParameter(name, value) { Maximum = Metrics[metric].Maximum - Metrics[metric].Minimum, Unit = Metrics[metric].Unit + per };

    /// <summary>The index of a metric that a rule names, with an error when there is none that rules can read; −1 then.</summary>
    public int Metric(YamlMap map, string key, bool required = true)
    {
        var name = map.Text(key, required);
        if (name is null)
        {
            return -1;
        }

        var index = Array.FindIndex(Metrics, m => string.Equals(m.Name, name, StringComparison.Ordinal));
        if (index < 0)
        {
            map.Fault(key, $"'{name}' is no metric of this kind; declare it under metrics or write one of {string.Join(", ", Metrics.Select(m => m.Name))}");
        }
        else if (Metrics[index].Type == MetricType.String)
        {
            map.Fault(key, $"'{name}' is text, which no rule reads; use a number or boolean");
            index = -1;
        }

        return index;
    }
}
