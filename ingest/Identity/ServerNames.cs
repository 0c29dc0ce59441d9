using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Ingest.Identity;

/// <summary>The names of the city's servers in certificates.</summary>
internal static class ServerNames
{
    /// <summary>The SAN URI of a server.</summary>
    public const string Prefix = "urn:smartcity:server:";

    /// <summary>The URI of a server; whatever its host is called, it is one.</summary>
    public static Uri UriOf(string server) => new(Prefix + Uri.EscapeDataString(server));

    /// <summary>The server a certificate names: exactly one, in its subject alternative names.</summary>
    public static string? Of(X509Certificate2 certificate) =>
        GatewayNames.SingleUri(certificate) is { } uri && uri.StartsWith(Prefix, StringComparison.Ordinal) && uri.Length > Prefix.Length
            ? Uri.UnescapeDataString(uri[Prefix.Length..])
            : null;
}
