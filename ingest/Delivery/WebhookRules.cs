using System.Net;
using System.Text.RegularExpressions;

namespace SmartCity.Ingest.Delivery;

/// <summary>Why something cannot be.</summary>
/// <param name="Field">Which member of the body.</param>
/// <param name="Code">One word that the console has a sentence for.</param>
/// <param name="Words">In words that say how it should be.</param>
internal sealed record RuleFault(string Field, string Code, string Words);

/// <summary>What a webhook may be.</summary>
internal static partial class WebhookRules
{
    /// <summary>Steps of an alert that a receiver can ask for.</summary>
    public static IReadOnlyList<string> Steps { get; } =
    [
        "raised", "updated", "cleared", "acknowledged", "in-progress", "assigned", "resolved", "closed", "reopened", "note", "escalated",
        "siren-silenced", "reset", "live", "handed-over",
    ];

    private const int MaximumUrl = 2_000;
    private const int MaximumKinds = 100;

    /// <summary>What is wrong with a name, or null.</summary>
    public static RuleFault? Name(string? name) =>
        name is { Length: >= 1 and <= 100 } && !name.Any(char.IsControl) ? null : new("name", "name", "\"name\" has 1 to 100 characters: say who receives.");

    /// <summary>What is wrong with kinds and steps, or null.</summary>
    public static RuleFault? Filter(IReadOnlyList<string>? kinds, IReadOnlyList<string>? steps)
    {
        if (kinds is not null && (kinds.Count is 0 or > MaximumKinds || kinds.Any(k => k is null || !Kind().IsMatch(k))))
        {
            return new("kinds", "kinds", $"\"kinds\" holds 1 to {MaximumKinds} kinds of alert, such as fire; leave it out for all.");
        }

        return steps is not null && (steps.Count is 0 or > 100 || steps.Any(s => !Steps.Contains(s)))
            ? new("steps", "steps", $"\"steps\" holds some of {string.Join(", ", Steps)}; leave it out for all.")
            : null;
    }

    /// <summary>What is wrong with an address, or null and the address.</summary>
    public static RuleFault? Url(string? text, AddressPolicy policy, out Uri url)
    {
        url = null!;
        if (text is not { Length: >= 1 and <= MaximumUrl } || text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) ||
            !Uri.TryCreate(text, UriKind.Absolute, out var found) || found.Scheme is not ("http" or "https") || found.Host.Length == 0)
        {
            return new("url", "url", $"\"url\" is an https address of at most {MaximumUrl} characters, such as https://sms.example.vn/smartcity.");
        }

        if (found.UserInfo.Length > 0)
        {
            return new("url", "credentials", "\"url\" holds no user and no password: the receiver knows us by the signature.");
        }

        if (found.Fragment.Length > 0)
        {
            return new("url", "fragment", "\"url\" holds no fragment (#…): it would never be sent.");
        }

        var host = found.IdnHost;
        if (IPAddress.TryParse(host, out var address) ? !policy.Allows(address, host) : IsLocal(host) && !policy.Allows(IPAddress.Loopback, host))
        {
            return new("url", "private", $"{host} is not a public address. Private ones are reached only when the setting webhooks.private names them.");
        }

        if (found.Scheme == Uri.UriSchemeHttp && !policy.IsPrivateAllowed(host))
        {
            return new("url", "plain", "\"url\" begins with https:. Without TLS only hosts that the setting webhooks.private names are reached.");
        }

        url = found;
        return null;
    }

    private static bool IsLocal(string host) => host.TrimEnd('.') is var plain &&
        (plain.Equals("localhost", StringComparison.OrdinalIgnoreCase) || plain.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex("^[a-z0-9_-]{1,63}$", RegexOptions.None, 1000)]
    private static partial Regex Kind();
}
