using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Commands;

/// <summary>
/// <c>gateway sign</c>: enrols a gateway that does not reach the server. Its request comes as a file, the certificate goes back as one.
/// Whoever may read the data folder may give codes, so no code is asked for; what the code would prove (that this key is that
/// gateway's) two people prove by comparing the key's fingerprint.
/// </summary>
internal static class GatewaySign
{
    private const string Who = "command-line";
    private const string RequestFormat = "smartcity-enrol-request/1";
    private const string AnswerFormat = "smartcity-enrol-answer/1";

    /// <summary>A request is a kilobyte; one much longer is something else.</summary>
    private const int LongestRequest = 64 * 1024;

    private static readonly Option<string> RequestFile = new("--request") { Description = "File that `smartcity-edge enrol --request` wrote", Required = true, HelpName = "FILE" };
    private static readonly Option<string> AnswerFile = new("--out") { Description = "File for `smartcity-edge enrol --answer`", Required = true, HelpName = "FILE" };
    private static readonly Option<bool> Register = new("--register") { Description = "Register the gateway if the registry does not know it" };

    /// <summary>What was carried here.</summary>
    internal sealed record CarriedRequest(string? Format, string? Gateway, string? Csr);

    /// <summary>What is carried back.</summary>
    internal sealed record CarriedAnswer(string Format, string Gateway, string Certificate, string Ca);

    /// <summary>The command.</summary>
    public static Command Make()
    {
        var sign = new Command("sign", "Sign the request that a gateway without a network wrote to a file") { RequestFile, AnswerFile, Register };
        sign.SetAction((parsed, cancel) => OpenData.RunAsync(
            parsed, (data, stop) => SignAsync(parsed.GetRequiredValue(RequestFile), parsed.GetRequiredValue(AnswerFile), parsed.GetValue(Register), data, stop), cancel));
        return sign;
    }

    private static async Task<int> SignAsync(string from, string to, bool register, OpenData data, CancellationToken cancel)
    {
        var (gateway, csr) = await ReadAsync(from, cancel);
        var registry = data.Book.Registry;
        if (!registry.Current.Gateways.TryGetValue(gateway, out var row))
        {
            if (!register)
            {
                throw new CommandFault($"The registry does not know {gateway}. Check the name; if it is right, repeat with --register.");
            }

            await registry.PutAsync(new RegistryEdits { Gateways = [new GatewayEdit { Id = gateway }] }, Who, cancel);
        }
        else if (row.State != Service.Active)
        {
            throw new CommandFault($"{gateway} is decommissioned. Put it back into service first, or use another name.");
        }

        // By a code of its own, so that there is one way to a certificate: the same checks, the same line in the audit.
        var code = await data.Identity.Enrolment.NewCodeAsync(gateway, Who, cancel);
        switch (await data.Identity.Enrolment.EnrolAsync(gateway, code.Code, csr, null, cancel))
        {
            case EnrolResult.Enrolled enrolled:
                var answer = new CarriedAnswer(AnswerFormat, gateway, enrolled.Certificate, enrolled.Ca);
                await File.WriteAllTextAsync(to, JsonSerializer.Serialize(answer, GatewaySignJson.Default.CarriedAnswer) + "\n", cancel);
                Console.WriteLine($"{gateway} signed until {enrolled.NotAfter.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}: {to}");
                Console.WriteLine($"key-fingerprint: {KeyFingerprint(csr)}");
                Console.WriteLine($"ca-fingerprint: {enrolled.CaFingerprint}");
                Console.WriteLine("Read both to the technician: the key's must be the one that the gateway showed; the gateway asks for the authority's.");
                Console.WriteLine($"If the key's is another one, do not hand the file over: gateway revoke {gateway}");
                return 0;
            case EnrolResult.BadRequest bad:
                throw new CommandFault($"{from}: {bad.Why} Have the gateway write its request again.");
            default:
                throw new CommandFault($"{gateway} could not be signed: another code was made for it at the same moment. Try again.");
        }
    }

    private static async Task<(string Gateway, string Csr)> ReadAsync(string file, CancellationToken cancel)
    {
        if (new FileInfo(file) is { Exists: true, Length: > LongestRequest })
        {
            throw new CommandFault($"{file} is too large for a request.");
        }

        try
        {
            var request = JsonSerializer.Deserialize(await File.ReadAllTextAsync(file, cancel), GatewaySignJson.Default.CarriedRequest);
            return request is { Format: RequestFormat, Gateway: { } gateway, Csr: { } csr } && Identifiers.IsValid(gateway)
                ? (gateway, csr)
                : throw new CommandFault($"{file} is no enrolment request: `smartcity-edge enrol --request FILE` writes one.");
        }
        catch (JsonException)
        {
            throw new CommandFault($"{file} is no enrolment request: `smartcity-edge enrol --request FILE` writes one.");
        }
    }

    /// <summary>As the gateway shows it: the first 64 bits of SHA-256 over the public key (SubjectPublicKeyInfo), in fours.</summary>
    private static string KeyFingerprint(string csr)
    {
        var request = CertificateRequest.LoadSigningRequestPem(csr, HashAlgorithmName.SHA256);
        var hash = Convert.ToHexStringLower(SHA256.HashData(request.PublicKey.ExportSubjectPublicKeyInfo()).AsSpan(0, 8));
        return string.Join('-', Enumerable.Range(0, 4).Select(i => hash.Substring(4 * i, 4)));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(GatewaySign.CarriedRequest))]
[JsonSerializable(typeof(GatewaySign.CarriedAnswer))]
internal sealed partial class GatewaySignJson : JsonSerializerContext;
