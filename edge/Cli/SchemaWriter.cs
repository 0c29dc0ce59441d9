using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.City;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Cli;

/// <summary>
/// A JSON Schema (draft-07, which editors' YAML plug-ins know best) of the configuration, made from the drivers and kinds that the program
/// has: an editor completes names, shows what they mean and underlines what is wrong before the gateway has to. The loader judges more (a line used
/// twice, a zone that no device is in).
/// </summary>
internal static class SchemaWriter
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonObject Identifier = new() { ["type"] = "string", ["pattern"] = "^[a-z0-9_-]{1,63}$" };

    private static readonly JsonObject Time = new() { ["type"] = "string", ["pattern"] = "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$" };

    /// <summary>The schema's text.</summary>
    /// <param name="words">Language of its descriptions.</param>
    /// <param name="drivers">Drivers.</param>
    /// <param name="kinds">Kinds.</param>
    public static string Write(Words words, IEnumerable<DriverEntry> drivers, KindCatalog kinds)
    {
        var all = drivers.OrderBy(d => d.Name, StringComparer.Ordinal).ToList();
        var schema = Object(
            ["gateway", "data", "servers"],
            ("gateway", Told(Identifier, words, "yaml.gateway")),
            ("data", Told(Of("string"), words, "yaml.data")),
            ("servers", Told(List(new JsonObject { ["type"] = "string", ["pattern"] = "^mqtts?://" }, least: 1), words, "yaml.servers")),
            ("https", Told(List(new JsonObject { ["type"] = "string", ["pattern"] = "^https://" }), words, "yaml.https")),
            ("certificate", Told(Of("string"), words, "yaml.certificate")),
            ("key", Told(Of("string"), words, "yaml.certificate")),
            ("ca", Told(Of("string"), words, "yaml.certificate")),
            ("language", OneOf("vi", "en")),
            ("timeZone", Of("string")),
            ("location", Told(Object(["lat", "lon"], ("lat", Number(-90, 90)), ("lon", Number(-180, 180))), words, "yaml.location")),
            ("clock", Told(OneOf("auto", "trusted"), words, "yaml.clock")),
            ("limits", Told(Object([],
                ("diskMiB", Whole(32, 1 << 20)), ("minimumFreeMiB", Whole(0, 1 << 20)), ("batchBytes", Whole(1_024, 131_072)), ("batchAge", Time.DeepClone())),
                words, "yaml.limits")),
            ("identify", Told(Reference("output"), words, "yaml.identify")),
            ("sirens", Told(List(new JsonObject
            {
                ["type"] = "object",
                ["required"] = Names(["id", "driver"]),
                ["properties"] = new JsonObject { ["id"] = Identifier.DeepClone(), ["zones"] = List((JsonObject)Identifier.DeepClone()), ["on"] = OneOf("fire", "prealarm") },
            }), words, "yaml.sirens")),
            ("zones", new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = Object([], ("acknowledgeWithin", Time.DeepClone()), ("coincidence", Time.DeepClone())),
            }),
            ("lighting", Of("object")),
            ("devices", Told(List(Reference("device")), words, "yaml.devices")));
        schema["$schema"] = "http://json-schema.org/draft-07/schema#";
        schema["title"] = "smartcity-edge";
        schema["definitions"] = new JsonObject
        {
            ["sensor"] = new JsonObject { ["anyOf"] = Array(all.Where(d => !IsOutput(d)).Select(Part)) },
            ["output"] = new JsonObject { ["anyOf"] = Array(all.Where(IsOutput).Select(Part)) },
            ["device"] = Device(words, kinds),
        };
        return schema.ToJsonString(Pretty) + "\n";
    }

    /// <summary>Drivers that measure nothing act; those that measure what the configuration says have no fixed metrics either, and are
    /// known by their bus or their settings.</summary>
    private static bool IsOutput(DriverEntry driver) =>
        driver.Metrics.Count == 0 && driver.Bus != "file" && !driver.Settings.ContainsKey("registers");

    private static JsonObject Device(Words words, KindCatalog kinds)
    {
        var vietnamese = words.Language == "vi";
        var kind = new JsonObject
        {
            ["anyOf"] = Array(kinds.All.Select(k => new JsonObject { ["const"] = k.Name, ["description"] = vietnamese ? k.Title.Vi : k.Title.En })),
        };
        var metrics = kinds.All.SelectMany(k => k.Metrics).DistinctBy(m => m.Name).OrderBy(m => m.Name, StringComparer.Ordinal)
            .Select(m => (m.Name, (JsonNode)new JsonObject
            {
                ["type"] = "number",
                ["minimum"] = 0,
                ["description"] = $"{(vietnamese ? m.Title.Vi : m.Title.En)}{(m.Unit.Length > 0 ? $", {m.Unit}" : "")}",
            }));
        return Object(
            ["id", "kind"],
            ("id", Told(Identifier, words, "yaml.id")),
            ("kind", kind),
            ("place", Told(Of("string"), words, "yaml.place")),
            ("zone", Told(Identifier, words, "yaml.zone")),
            ("location", Object(["lat", "lon"], ("lat", Number(-90, 90)), ("lon", Number(-180, 180)))),
            ("interval", Told(Time, words, "yaml.interval")),
            ("poll", Told(Time, words, "yaml.poll")),
            ("change", Told(Object([], [.. metrics]), words, "yaml.change")),
            ("thresholds", Told(new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "number" } }, words, "yaml.thresholds")),
            ("sensors", List(Reference("sensor"))),
            ("output", Reference("output")),
            ("switch", Told(Reference("sensor"), words, "yaml.switch")),
            ("replay", Of("string")),
            ("repeat", Of("boolean")));
    }

    private static JsonObject Part(DriverEntry driver)
    {
        var settings = driver.Settings.Select(s => (s.Key, (JsonNode)new JsonObject
        {
            ["type"] = Names(["string", "number", "boolean", "array"]),
            ["description"] = s.Value,
        }));
        var names = new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = Names(["string", "null"]) } };
        return Object(["driver"], [("driver", new JsonObject { ["const"] = driver.Name, ["description"] = driver.Title }), .. settings, ("metrics", names)]);
    }

    private static JsonObject Object(string[] required, params IEnumerable<(string Name, JsonNode Schema)> properties)
    {
        var all = new JsonObject();
        foreach (var (name, schema) in properties)
        {
            all[name] = schema;
        }

        var made = new JsonObject { ["type"] = "object", ["properties"] = all, ["additionalProperties"] = false };
        if (required.Length > 0)
        {
            made["required"] = Names(required);
        }

        return made;
    }

    private static JsonObject Told(JsonObject schema, Words words, string key)
    {
        var told = (JsonObject)schema.DeepClone();

        // Beside a reference draft-07 reads nothing else.
        if (told["$ref"] is not null)
        {
            return told;
        }

        told["description"] = words[key];
        return told;
    }

    private static JsonObject Of(string type) => new() { ["type"] = type };

    private static JsonObject OneOf(params string[] words) => new() { ["type"] = "string", ["enum"] = Names(words) };

    private static JsonObject Number(double minimum, double maximum) => new() { ["type"] = "number", ["minimum"] = minimum, ["maximum"] = maximum };

    private static JsonObject Whole(int minimum, int maximum) => new() { ["type"] = "integer", ["minimum"] = minimum, ["maximum"] = maximum };

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/definitions/{name}" };

    private static JsonObject List(JsonObject items, int least = 0)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = items };
        if (least > 0)
        {
            list["minItems"] = least;
        }

        return list;
    }

    private static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(n => (JsonNode)n!)]);

    private static JsonArray Array(IEnumerable<JsonObject> items) => new([.. items]);
}
