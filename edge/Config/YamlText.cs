using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace SmartCity.Edge.Config;

/// <summary>YAML of somebody else's making, read with limits.</summary>
internal static class YamlText
{
    /// <summary>Largest file: five hundred devices take a quarter of it.</summary>
    public const int LargestFile = 1 << 20;

    /// <summary>Deepest nesting; a configuration has six levels.</summary>
    private const int Deepest = 32;

    /// <summary>Values that one section may hold once its aliases are written out.</summary>
    private const int MostValues = 50_000;

    /// <summary>Reads a file as one mapping; an empty file is an empty mapping.</summary>
    /// <exception cref="ConfigException">It cannot be read, is too large or too deep, or is no YAML.</exception>
    public static YamlMappingNode Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > LargestFile)
            {
                throw new ConfigException($"{path}: larger than 1 MiB; this is no gateway's configuration");
            }

            using var reader = new StreamReader(file);
            return Parse(path, reader.ReadToEnd());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads a text.</summary>
    /// <exception cref="ConfigException">It is too deep, or no YAML.</exception>
    public static YamlMappingNode Parse(string name, string text)
    {
        try
        {
            CheckDepth(name, text);
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count switch
            {
                0 => new YamlMappingNode(),
                > 1 => throw new ConfigException($"{name}: more than one document; take the '---' lines out"),
                _ => stream.Documents[0].RootNode switch
                {
                    YamlMappingNode root => root,
                    YamlScalarNode { Value: null or "" } => new YamlMappingNode(),
                    var other => throw new ConfigException($"{name}:{other.Start.Line}: expected 'key: value' lines"),
                },
            };
        }
        catch (YamlException e)
        {
            throw new ConfigException($"{name}:{e.Start.Line}: {e.InnerException?.Message ?? e.Message}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // What the YAML library has no word of its own for (a control character in the middle of a word).
            throw new ConfigException($"{name}: this is no YAML ({e.Message}); is it the right file?", e);
        }
    }

    /// <summary>A node as JSON: what is quoted is a text, plain words are numbers, true, false, null or texts as they look.</summary>
    /// <exception cref="InvalidDataException">It holds more values than a section may.</exception>
    public static JsonNode? ToJson(YamlNode node)
    {
        var left = MostValues;
        return ToJson(node, 0, ref left);
    }

    /// <summary>Walked without recursion, before anything recursive reads it.</summary>
    private static void CheckDepth(string name, string text)
    {
        var parser = new Parser(new StringReader(text));
        var depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current switch
            {
                MappingStart or SequenceStart => 1,
                MappingEnd or SequenceEnd => -1,
                _ => 0,
            };
            if (depth > Deepest)
            {
                throw new ConfigException($"{name}:{parser.Current!.Start.Line}: nested deeper than {Deepest} levels");
            }
        }
    }

    private static JsonNode? ToJson(YamlNode node, int depth, ref int left)
    {
        // An alias may stand within what it stands for: depth and size are those of what is written out.
        if (--left < 0 || depth > Deepest)
        {
            throw new InvalidDataException($"more than {MostValues} values, or deeper than {Deepest} levels");
        }

        switch (node)
        {
            case YamlMappingNode map:
                var members = new JsonObject();
                foreach (var (key, value) in map.Children)
                {
                    members[(key as YamlScalarNode)?.Value ?? ""] = ToJson(value, depth + 1, ref left);
                }

                return members;
            case YamlSequenceNode list:
                var items = new JsonArray();
                foreach (var item in list)
                {
                    items.Add(ToJson(item, depth + 1, ref left));
                }

                return items;
            case YamlScalarNode { Style: ScalarStyle.Plain } scalar:
                return Plain(scalar.Value ?? "");
            default:
                return JsonValue.Create((node as YamlScalarNode)?.Value);
        }
    }

    private static JsonNode? Plain(string text) => text switch
    {
        "" or "~" or "null" => null,
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };
}
