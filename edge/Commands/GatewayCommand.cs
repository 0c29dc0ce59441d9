using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Edge.Commands;

/// <summary>A one-shot act that the server asks of this gateway (CONTRACTS, <c>command</c>).</summary>
internal sealed record GatewayCommand(
    string Id, string? Device, JsonElement Command, DateTimeOffset? Issued, DateTimeOffset? Expires, string? By)
{
    /// <summary>The act: the command itself when it is a text, else its <c>act</c>, <c>type</c> or <c>name</c>, or the name of its first member.</summary>
    public string? Act
    {
        get
        {
            if (Command.ValueKind == JsonValueKind.String)
            {
                return Command.GetString();
            }

            if (Command.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            foreach (var name in (ReadOnlySpan<string>)["act", "type", "name"])
            {
                if (Command.TryGetProperty(name, out var act) && act.ValueKind == JsonValueKind.String)
                {
                    return act.GetString();
                }
            }

            return Command.EnumerateObject().Select(p => p.Name).FirstOrDefault();
        }
    }
}

/// <summary>What became of a command: <c>done</c>, <c>failed</c>, <c>expired</c> or <c>refused</c>, and a word to people.</summary>
internal sealed record CommandResult(string Id, string Status, string Detail);

/// <summary>What a gateway says about itself (CONTRACTS, <c>state</c>).</summary>
internal sealed record GatewayState(string Version, IReadOnlyList<string> Devices, string Clock);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GatewayCommand))]
[JsonSerializable(typeof(CommandResult))]
[JsonSerializable(typeof(GatewayState))]
[JsonSerializable(typeof(JournalLine))]
internal sealed partial class EdgeJson : JsonSerializerContext;
