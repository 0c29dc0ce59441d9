using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Edge.Enrolment;

/// <summary>What an enrolled gateway has on disk.</summary>
internal sealed record EnrolledFiles(string Certificate, string Key, string Ca, DateTimeOffset NotAfter)
{
    /// <summary>The files of a gateway in a directory.</summary>
    public static EnrolledFiles In(string directory, string gateway, DateTimeOffset notAfter) => new(
        Path.Combine(directory, gateway + ".crt"), Path.Combine(directory, gateway + ".key"), Path.Combine(directory, "ca.crt"), notAfter);
}

/// <summary>Exchanges a one-time code and a signing request for this gateway's certificate. The key is made here and never leaves.</summary>
internal static class Enroller
{
    private const string CaRoute = "/api/v1/ca";
    private const string NotTheCity = "the server's authority is not the one whose fingerprint came with the code; do not go on";

    /// <summary>Enrols and writes <c>{gateway}.key</c> (mode 0600), <c>{gateway}.crt</c> and <c>ca.crt</c>.</summary>
    /// <param name="server">The server's address; over HTTPS its certificate must come from the city's authority, plain HTTP is for loopback.</param>
    /// <param name="gateway">This gateway.</param>
    /// <param name="code">The code; used once.</param>
    /// <param name="fingerprint">SHA-256 of the authority's certificate as hexadecimal, with or without <c>sha256:</c> and colons.</param>
    /// <param name="ca">PEM file of the authority; null asks the server for it, and believes only the fingerprint.</param>
    /// <param name="directory">Where the files go; made when absent.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EnrolException">The server is not the city's, or refused.</exception>
    /// <exception cref="IOException">The files cannot be written.</exception>
    public static async Task<EnrolledFiles> EnrolAsync(
        Uri server, string gateway, string code, string fingerprint, string? ca, string directory, CancellationToken cancel)
    {
        var expected = Normalize(fingerprint);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={gateway}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        using var root = await RootAsync(server, ca, expected, cancel);
        var reply = await CityHttp.AskAsync(
            server, "/api/v1/enrol", new EnrolRequest(code, request, gateway), EnrolJson.Default.EnrolRequest, root is null ? null : [root], cancel);
        var (certificate, authority) = IssuedCertificate.Check(reply.Certificate, reply.Ca, key, expected, null);
        using (certificate)
        using (authority)
        {
            Directory.CreateDirectory(directory);
            var files = EnrolledFiles.In(directory, gateway, certificate.NotAfter.ToUniversalTime());
            KeyFile.Write(files.Key, key);
            await File.WriteAllTextAsync(files.Certificate, reply.Certificate, cancel);
            await File.WriteAllTextAsync(files.Ca, reply.Ca, cancel);
            return files;
        }
    }

    /// <summary>A fingerprint as 64 lower-case digits.</summary>
    /// <exception cref="EnrolException">It is none.</exception>
    public static string Normalize(string fingerprint)
    {
        var text = fingerprint.Trim().ToLowerInvariant();
        text = text.StartsWith("sha256:", StringComparison.Ordinal) ? text["sha256:".Length..] : text;
        text = text.Replace(":", "", StringComparison.Ordinal);
        return text.Length == 64 && text.All(char.IsAsciiHexDigit)
            ? text
            : throw new EnrolException("the fingerprint must be 64 hexadecimal digits, as shown with the code") { Fault = EnrolFault.Fingerprint };
    }

    /// <summary>The authority whose fingerprint we were given, by any way: it vouches for itself. Null where there is no TLS.</summary>
    private static async Task<X509Certificate2?> RootAsync(Uri server, string? file, string expected, CancellationToken cancel)
    {
        if (server.Scheme == "http")
        {
            return server.IsLoopback
                ? null
                : throw new EnrolException($"{server}: the code is a secret; use https (plain http is for loopback)");
        }

        try
        {
            var pem = file is not null ? await File.ReadAllTextAsync(file, cancel) : await CityHttp.TextAsync(server, CaRoute, cancel);
            var root = X509Certificate2.CreateFromPem(pem);
            return IssuedCertificate.Fingerprint(root) == expected ? root : throw new EnrolException(NotTheCity) { Fault = EnrolFault.OtherCity };
        }
        catch (CryptographicException e)
        {
            throw new EnrolException($"{file ?? server.ToString()}: no authority's certificate is there", e);
        }
    }
}
