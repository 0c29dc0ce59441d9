using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Edge.Enrolment;

/// <summary>What is carried to the server.</summary>
/// <param name="Format">Always <see cref="OfflineEnrolment.RequestFormat"/>.</param>
/// <param name="Gateway">Name that is asked for.</param>
/// <param name="Csr">Signing request as PEM.</param>
/// <param name="KeyFingerprint">The key's short fingerprint, for two people to compare.</param>
internal sealed record EnrolRequestFile(string Format, string Gateway, string Csr, string KeyFingerprint);

/// <summary>What is carried back.</summary>
/// <param name="Format">Always <see cref="OfflineEnrolment.AnswerFormat"/>.</param>
/// <param name="Gateway">Name that was granted.</param>
/// <param name="Certificate">Certificate as PEM.</param>
/// <param name="Ca">The authority's, as PEM.</param>
internal sealed record EnrolAnswerFile(string Format, string Gateway, string Certificate, string Ca);

/// <summary>
/// Enrolment where the gateway does not reach the server: a request is carried there and an answer back. The key stays here as
/// <c>{gateway}.key.new</c> until an answer fits it; until then the gateway goes on with what it has.
/// </summary>
internal static class OfflineEnrolment
{
    /// <summary>Format of a request file.</summary>
    public const string RequestFormat = "smartcity-enrol-request/1";

    /// <summary>Format of an answer file.</summary>
    public const string AnswerFormat = "smartcity-enrol-answer/1";

    /// <summary>An answer is two certificates; one much longer is something else.</summary>
    public const int LongestFile = 64 * 1024;

    /// <summary>Writes a request. Asked again before the answer has come, it uses the same key: the file may have been lost on its way,
    /// or both may arrive.</summary>
    /// <param name="gateway">This gateway.</param>
    /// <param name="directory">Where the key is kept; made when absent.</param>
    /// <param name="file">The request file.</param>
    /// <returns>The key's short fingerprint.</returns>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static string Request(string gateway, string directory, string file)
    {
        Directory.CreateDirectory(directory);
        var path = Pending(directory, gateway);
        var kept = KeyFile.Read(path);
        using var key = kept ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (kept is null)
        {
            KeyFile.Write(path, key);
        }

        var csr = new CertificateRequest($"CN={gateway}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var fingerprint = IssuedCertificate.ShortFingerprint(key);
        File.WriteAllText(file, JsonSerializer.Serialize(new EnrolRequestFile(RequestFormat, gateway, csr, fingerprint), EnrolFilesJson.Default.EnrolRequestFile) + "\n");
        return fingerprint;
    }

    /// <summary>Checks an answer and installs it: certificate and authority, then the key in its place.</summary>
    /// <param name="gateway">This gateway.</param>
    /// <param name="directory">Where the key is kept.</param>
    /// <param name="file">The answer file.</param>
    /// <param name="fingerprint">The authority's, normalized; it must come by another way than the file.</param>
    /// <returns>The files, and from when the certificate is valid.</returns>
    /// <exception cref="EnrolException">It is no answer, or not for this key, gateway or city. Nothing was changed.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static (EnrolledFiles Files, DateTimeOffset NotBefore) Install(string gateway, string directory, string file, string fingerprint)
    {
        var answer = ReadAnswer(file);
        using var key = KeyFile.Read(Pending(directory, gateway))
            ?? throw new EnrolException($"no request of {gateway} was made in {directory}; make one with --request, or name its directory with --out") { Fault = EnrolFault.NoRequest };
        var (certificate, authority) = IssuedCertificate.Check(answer.Certificate, answer.Ca, key, fingerprint, gateway);
        using (certificate)
        using (authority)
        {
            var files = EnrolledFiles.In(directory, gateway, certificate.NotAfter.ToUniversalTime());
            File.WriteAllText(files.Certificate, certificate.ExportCertificatePem() + "\n");
            File.WriteAllText(files.Ca, authority.ExportCertificatePem() + "\n");
            File.Move(Pending(directory, gateway), files.Key, overwrite: true);
            return (files, certificate.NotBefore.ToUniversalTime());
        }
    }

    /// <summary>Where the key waits for its answer.</summary>
    public static string Pending(string directory, string gateway) => Path.Combine(directory, gateway + ".key.new");

    private static EnrolAnswerFile ReadAnswer(string file)
    {
        if (new FileInfo(file) is { Exists: true, Length: > LongestFile })
        {
            throw new EnrolException($"{file} is too large for an answer") { Fault = EnrolFault.Malformed };
        }

        try
        {
            var answer = JsonSerializer.Deserialize(File.ReadAllText(file), EnrolFilesJson.Default.EnrolAnswerFile);
            return answer is { Format: AnswerFormat, Certificate: not null, Ca: not null }
                ? answer
                : throw new EnrolException($"{file} is no enrolment answer") { Fault = EnrolFault.Malformed };
        }
        catch (JsonException e)
        {
            throw new EnrolException($"{file} is no enrolment answer", e) { Fault = EnrolFault.Malformed };
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(EnrolRequestFile))]
[JsonSerializable(typeof(EnrolAnswerFile))]
internal sealed partial class EnrolFilesJson : JsonSerializerContext;
