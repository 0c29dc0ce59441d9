using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;

namespace SmartCity.Simulators.Up;

/// <summary>Enrols simulated gateways as real ones are: a code, a key made here that never leaves, a certificate from the city's CA.</summary>
internal static class Enrolment
{
    /// <summary>Makes key and certificate of every gateway that has none in <paramref name="folder"/>.</summary>
    /// <param name="server">The server's HTTP address.</param>
    /// <param name="codes">Gateway, code and the CA's fingerprint, as <c>gateway code</c> prints them.</param>
    /// <param name="folder">Gets ca.crt, {gateway}.crt and {gateway}.key.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="InvalidOperationException">The server refused, or is not the one that the code names.</exception>
    public static async Task RunAsync(
        Uri server, IReadOnlyList<(string Gateway, string Code, string Fingerprint)> codes, string folder, Action<int> progress, CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = server, Timeout = TimeSpan.FromSeconds(30) };
        for (var i = 0; i < codes.Count; i++)
        {
            var (gateway, code, fingerprint) = codes[i];
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=" + gateway, key, HashAlgorithmName.SHA256);
            using var answer = await http.PostAsJsonAsync(
                "/api/v1/enrol", new EnrolRequest(code, request.CreateSigningRequestPem(), gateway), EnrolJson.Default.EnrolRequest, cancel);
            if (!answer.IsSuccessStatusCode)
            {
                throw new InvalidOperationException($"{gateway} was not enrolled: {await answer.Content.ReadAsStringAsync(cancel)}");
            }

            var got = await answer.Content.ReadFromJsonAsync(EnrolJson.Default.EnrolAnswer, cancel);
            using var root = X509Certificate2.CreateFromPem(got!.Ca);
            if ("sha256:" + root.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant() != fingerprint)
            {
                throw new InvalidOperationException($"{gateway}: the server's CA is not the one that the code was given for.");
            }

            await File.WriteAllTextAsync(Path.Combine(folder, "ca.crt"), got.Ca, cancel);
            await WritePrivateAsync(Path.Combine(folder, gateway + ".key"), key.ExportPkcs8PrivateKeyPem(), cancel);
            await File.WriteAllTextAsync(Path.Combine(folder, gateway + ".crt"), got.Certificate, cancel);
            progress(i + 1);
        }
    }

    private static async Task WritePrivateAsync(string path, string text, CancellationToken cancel)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var file = new FileStream(path, options);
        await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(text), cancel);
    }
}

internal sealed record EnrolRequest(string Code, string Csr, string Gateway);

internal sealed record EnrolAnswer(string Certificate, string Ca);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EnrolRequest))]
[JsonSerializable(typeof(EnrolAnswer))]
internal sealed partial class EnrolJson : JsonSerializerContext;
