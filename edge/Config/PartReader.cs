using SmartCity.City;
using SmartCity.Edge.Drivers;
using YamlDotNet.RepresentationModel;

namespace SmartCity.Edge.Config;

/// <summary>Reads parts: each is made once, on no hardware, so that its own driver judges its settings.</summary>
/// <param name="faults">Where faults go.</param>
/// <param name="drivers">Known drivers by name.</param>
/// <param name="home">Directory that relative files are relative to.</param>
internal sealed class PartReader(ConfigFaults faults, IReadOnlyDictionary<string, DriverEntry> drivers, string home)
{
    private readonly Claims _claims = new();

    /// <summary>Something that measures, for a device of a kind; null with a fault noted.</summary>
    public PartConfig? Sensor(YamlSection section, DeviceKind? kind)
    {
        var part = Read(section, out var driver);
        if (driver is OutputDriver)
        {
            section.Fault("driver", $"'{part!.Driver.Name}' acts and measures nothing; it belongs under output, sirens or identify");
            return null;
        }

        if (part is not null && kind is not null)
        {
            CheckMetrics(section, part, kind);
        }

        return part;
    }

    /// <summary>Something that acts; null when it is not there or a fault was noted.</summary>
    public PartConfig? Output(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }

        var part = Read(section, out var driver);
        if (part is not null && driver is not (null or OutputDriver))
        {
            section.Fault("driver", $"'{part.Driver.Name}' measures and cannot be driven; write one of {Names(d => d.Metrics.Count == 0)}");
            return null;
        }

        return part;
    }

    /// <summary>An old device's <c>replay: file</c> as a part.</summary>
    public PartConfig? Replay(YamlSection device, string file, bool repeat)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["driver"] = "replay", ["file"] = file };
        if (repeat)
        {
            values["repeat"] = "true";
        }

        return Make(device, "replay", "replay", values, EmptyNames, out _);
    }

    private static readonly Dictionary<string, string> EmptyNames = new(StringComparer.Ordinal);

    /// <summary>The metrics that a part will measure, as its settings stand; empty when only the driver will know.</summary>
    private static IReadOnlyList<string> Measured(PartConfig part) =>
        part.Settings.Effective.TryGetValue("metric", out var one) && one.Length > 0 ? [one] : part.Driver.Metrics;

    private static void CheckMetrics(YamlSection section, PartConfig part, DeviceKind kind)
    {
        var measured = Measured(part);
        foreach (var name in part.Metrics.Keys.Where(n => measured.Count > 0 && !measured.Contains(n, StringComparer.Ordinal)))
        {
            section.Fault("metrics", $"{part.Driver.Name} measures no '{name}'; {NearestWord.Advice(name, measured.ToList())}");
        }

        foreach (var metric in measured)
        {
            var name = part.Metrics.GetValueOrDefault(metric, metric);
            if (name.Length > 0 && kind.IndexOf(name) < 0)
            {
                section.Fault(
                    "metrics",
                    $"{part.Driver.Name} measures {metric}, but the kind {kind.Name} has no '{name}'; write metrics: {{ {metric}: '' }} to leave it out, or one of {string.Join(", ", kind.Metrics.Select(m => m.Name))}");
            }
        }
    }

    private PartConfig? Read(YamlSection section, out Driver? driver)
    {
        driver = null;
        var name = section.Text("driver");
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in section.Keys.Where(k => k != "metrics").ToList())
        {
            Flatten(section, key, section.Node(key)!, values, 0);
        }

        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        if (section.Section("metrics") is { } map)
        {
            foreach (var key in map.Keys.ToList())
            {
                names[key] = map.Text(key) ?? "";
            }
        }

        if (name is null)
        {
            section.Fault("driver", $"missing; write one of {Names(_ => true)}");
            return null;
        }

        return Make(section, section.Path, name, values, names, out driver);
    }

    private PartConfig? Make(
        YamlSection section, string path, string name, Dictionary<string, string> values, Dictionary<string, string> names, out Driver? driver)
    {
        driver = null;
        if (!drivers.TryGetValue(name, out var entry))
        {
            section.Fault("driver", $"no driver '{name}'; {NearestWord.Advice(name, drivers.Keys.ToList())}");
            return null;
        }

        if (values.TryGetValue("file", out var file))
        {
            values["file"] = file = Path.Combine(home, file);
            if (!File.Exists(file))
            {
                section.Fault("file", $"there is no {file}");
            }
        }

        var settings = new PartSettings(path.Length == 0 ? section.Path : path == "replay" ? section.PathOf(path) : path, values, faults.Raw)
        {
            Locate = key => faults.At(section.LineOf(key)),
        };
        var before = faults.Raw.Count;
        try
        {
            using var board = new DryBoard();
            driver = entry.Create(settings, new DriverContext(board, TimeProvider.System));
            settings.CheckUnknown();
            _ = driver.DisposeAsync().AsTask();
        }
        catch (Exception e)
        {
            // A driver notes its faults; one that throws on top of them has nothing to add, one that only throws has this to say.
            if (faults.Raw.Count == before)
            {
                section.Fault("driver", e.Message);
            }

            return null;
        }

        var part = new PartConfig(entry, settings, names);
        if (faults.Raw.Count == before)
        {
            _claims.Add(part);
        }

        return part;
    }

    private static void Flatten(YamlSection section, string key, YamlNode node, Dictionary<string, string> values, int depth)
    {
        switch (node)
        {
            case YamlScalarNode scalar:
                values[key] = scalar.Value ?? "";
                break;
            case YamlSequenceNode list when list.All(i => i is YamlScalarNode):
                values[key] = string.Join(',', list.Cast<YamlScalarNode>().Select(i => i.Value));
                break;
            case YamlMappingNode map when depth == 0:
                foreach (var (name, value) in map.Children)
                {
                    Flatten(section, $"{key}.{(name as YamlScalarNode)?.Value}", value, values, depth + 1);
                }

                break;
            default:
                section.Fault(key.Split('.')[0], "expected a value, a list of values, or one level of keys");
                break;
        }
    }

    private string Names(Func<DriverEntry, bool> which) =>
        string.Join(", ", drivers.Values.Where(which).Select(d => d.Name).Order(StringComparer.Ordinal));
}
