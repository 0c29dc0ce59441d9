using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SmartCity.Edge.Tests;

/// <summary>As much of JSON Schema draft-07 as our schema uses; a keyword that is not known here is a fault, so that nothing is passed over.</summary>
internal static class SchemaCheck
{
    private static readonly string[] Silent = ["$schema", "title", "description", "definitions"];

    /// <summary>What does not fit, as path and reason; empty when all fits.</summary>
    public static List<string> Faults(JsonObject schema, JsonNode? value)
    {
        var faults = new List<string>();
        // Written and read again, so that numbers are numbers whatever they were made of.
        Check(schema, schema, JsonNode.Parse(value?.ToJsonString() ?? "null"), "$", faults);
        return faults;
    }

    private static void Check(JsonObject root, JsonObject schema, JsonNode? value, string path, List<string> faults)
    {
        if (schema["$ref"] is { } reference)
        {
            schema = (JsonObject)root["definitions"]![reference.GetValue<string>().Split('/')[^1]]!;
        }

        foreach (var (keyword, wanted) in schema)
        {
            switch (keyword)
            {
                case "type":
                    var types = wanted is JsonArray many ? many.Select(t => t!.GetValue<string>()).ToList() : [wanted!.GetValue<string>()];
                    if (!types.Contains(TypeOf(value)) && !(TypeOf(value) == "integer" && types.Contains("number")))
                    {
                        faults.Add($"{path}: {TypeOf(value)} is not {string.Join('|', types)}");
                    }

                    break;
                case "const":
                    Expect(JsonNode.DeepEquals(wanted, value), $"is not {wanted}");
                    break;
                case "enum":
                    Expect(((JsonArray)wanted!).Any(e => JsonNode.DeepEquals(e, value)), "is none of the words");
                    break;
                case "pattern" when value is JsonValue text:
                    Expect(Regex.IsMatch(text.ToString(), wanted!.GetValue<string>(), RegexOptions.None, TimeSpan.FromSeconds(1)), $"does not match {wanted}");
                    break;
                case "minimum" when value is JsonValue number:
                    Expect(number.GetValue<double>() >= wanted!.GetValue<double>(), $"is below {wanted}");
                    break;
                case "maximum" when value is JsonValue number:
                    Expect(number.GetValue<double>() <= wanted!.GetValue<double>(), $"is above {wanted}");
                    break;
                case "minItems" when value is JsonArray list:
                    Expect(list.Count >= wanted!.GetValue<int>(), "has too few");
                    break;
                case "items" when value is JsonArray list:
                    for (var i = 0; i < list.Count; i++)
                    {
                        Check(root, (JsonObject)wanted!, list[i], $"{path}[{i}]", faults);
                    }

                    break;
                case "required" when value is JsonObject map:
                    foreach (var name in (JsonArray)wanted!)
                    {
                        Expect(map.ContainsKey(name!.GetValue<string>()), $"has no {name}");
                    }

                    break;
                case "properties" when value is JsonObject map:
                    foreach (var (name, child) in map.Where(p => ((JsonObject)wanted!).ContainsKey(p.Key)))
                    {
                        Check(root, (JsonObject)wanted![name]!, child, $"{path}.{name}", faults);
                    }

                    break;
                case "additionalProperties" when value is JsonObject map:
                    foreach (var (name, child) in map.Where(p => schema["properties"] is not JsonObject known || !known.ContainsKey(p.Key)))
                    {
                        if (wanted is JsonObject others)
                        {
                            Check(root, others, child, $"{path}.{name}", faults);
                        }
                        else
                        {
                            faults.Add($"{path}.{name}: not known");
                        }
                    }

                    break;
                case "anyOf":
                    var tried = ((JsonArray)wanted!).Select(s =>
                    {
                        var own = new List<string>();
                        Check(root, (JsonObject)s!, value, path, own);
                        return own;
                    }).ToList();
                    Expect(tried.Exists(t => t.Count == 0), $"fits none: {tried.MinBy(t => t.Count)?.FirstOrDefault()}");
                    break;
                case "pattern" or "minimum" or "maximum" or "minItems" or "items" or "required" or "properties" or "additionalProperties":
                    break;
                case var _ when Silent.Contains(keyword, StringComparer.Ordinal):
                    break;
                default:
                    faults.Add($"{path}: this test does not know the keyword {keyword}");
                    break;
            }

            void Expect(bool fits, string what)
            {
                if (!fits)
                {
                    faults.Add($"{path}: '{value}' {what}");
                }
            }
        }
    }

    private static string TypeOf(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "object",
        JsonArray => "array",
        _ when value.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False => "boolean",
        _ when value.GetValueKind() == System.Text.Json.JsonValueKind.Number => value.GetValue<double>() % 1 == 0 ? "integer" : "number",
        _ => "string",
    };
}
