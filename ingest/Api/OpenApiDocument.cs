using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.RegularExpressions;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Api;

/// <summary>The OpenAPI 3.1 description, made from <see cref="Routes"/>, so that it cannot say anything else.</summary>
internal static partial class OpenApiDocument
{
    private static readonly Lazy<byte[]> Made = new(() => Encoding.UTF8.GetBytes(Make().ToJsonString()));

    public static ReadOnlyMemory<byte> Bytes => Made.Value;

    private static JsonObject Make()
    {
        var paths = new JsonObject();
        var schemas = new JsonObject
        {
            ["Problem"] = new JsonObject
            {
                ["type"] = "object",
                ["description"] = "RFC 9457",
                ["properties"] = new JsonObject
                {
                    ["type"] = new JsonObject { ["type"] = "string" },
                    ["title"] = new JsonObject { ["type"] = "string" },
                    ["status"] = new JsonObject { ["type"] = "integer" },
                    ["detail"] = new JsonObject { ["type"] = "string" },
                    ["instance"] = new JsonObject { ["type"] = "string" },
                },
            },
        };
        foreach (var route in Routes.All)
        {
            var pattern = route.Pattern;
            if (!paths.ContainsKey(pattern))
            {
                paths[pattern] = new JsonObject();
            }

            paths[pattern]![route.Method.ToLowerInvariant()] = Operation(route, pattern, schemas);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "SmartCity.IoT", ["version"] = "1" },
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["session"] = new JsonObject { ["type"] = "apiKey", ["in"] = "cookie", ["name"] = CallerReader.Cookie },
                    ["key"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" },
                },
                ["schemas"] = schemas,
            },
        };
    }

    private static JsonObject Operation(Route route, string pattern, JsonObject schemas)
    {
        var parameters = new JsonArray();
        foreach (Match name in Parameter().Matches(pattern))
        {
            parameters.Add(Named(name.Groups["name"].Value, "path", required: true));
        }

        foreach (var name in route.Query)
        {
            parameters.Add(Named(name, "query", required: false));
        }

        var operation = new JsonObject
        {
            ["summary"] = route.Summary,
            ["description"] = Who(route.Access),
            ["parameters"] = parameters,
            ["security"] = Security(route.Access),
            ["responses"] = new JsonObject
            {
                [FormattableString.Invariant($"{route.Success}")] = route.Reply is null
                    ? new JsonObject { ["description"] = "Done." }
                    : new JsonObject { ["description"] = "Done.", ["content"] = Json(route.Reply, schemas) },
                ["default"] = new JsonObject
                {
                    ["description"] = "Refused.",
                    ["content"] = new JsonObject
                    {
                        ["application/problem+json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" } },
                    },
                },
            },
        };
        if (route.Body is not null)
        {
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Json(route.Body, schemas) };
        }

        return operation;
    }

    private static JsonObject Named(string name, string where, bool required) => new()
    {
        ["name"] = name,
        ["in"] = where,
        ["required"] = required,
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject Json(Type type, JsonObject schemas)
    {
        var name = type.IsGenericType ? "PageOf" + type.GetGenericArguments()[0].Name : type.Name;
        if (!schemas.ContainsKey(name))
        {
            schemas[name] = BookJson.Options.GetJsonSchemaAsNode(type);
        }

        return new JsonObject
        {
            ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/" + name } },
        };
    }

    private static string Who(Access access) => string.Join(' ', new[]
    {
        (access.Door & Door.Everybody) != 0 ? "Open to everybody." : null,
        (access.Door & Door.Everybody) == 0 && access.Roles != Roles.None ? $"Roles: {string.Join(", ", access.Roles.ToWords())}." : null,
        access.Scope is null ? null : $"Keys with the scope {(access.Scope == Scopes.WritePrefix ? "write:* or write:{device}" : access.Scope)}.",
        (access.Door & Door.Loopback) != 0 ? "Open on loopback." : null,
        (access.Door & Door.Open) != 0 ? "Open on loopback when the server runs with --open." : null,
    }.Where(s => s is not null));

    private static JsonArray Security(Access access)
    {
        var ways = new JsonArray();
        if ((access.Door & Door.Everybody) != 0)
        {
            ways.Add(new JsonObject());
            return ways;
        }

        if (access.Roles != Roles.None)
        {
            ways.Add(new JsonObject { ["session"] = new JsonArray() });
        }

        if (access.Scope is not null)
        {
            ways.Add(new JsonObject { ["key"] = new JsonArray() });
        }

        if (access.Door != Door.None)
        {
            ways.Add(new JsonObject());
        }

        return ways;
    }

    [GeneratedRegex(@"\{(?<name>[a-z]+)\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Parameter();
}
