using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Edge.Enrolment;
using SmartCity.Edge.Tls;

namespace SmartCity.Edge.Doctor;

/// <summary>What a server showed in a TLS handshake.</summary>
/// <param name="Errors">What is wrong with its certificate, as the platform judges it.</param>
/// <param name="Chain">Faults of the chain.</param>
/// <param name="Names">Names that the certificate is for.</param>
/// <param name="NotBefore">From when it is valid.</param>
/// <param name="NotAfter">Until when.</param>
/// <param name="Root">SHA-256 of the last certificate that it sent or that was found; empty when none.</param>
/// <param name="Issuer">Who signed it, as it says.</param>
internal sealed record TlsLook(
    SslPolicyErrors Errors, X509ChainStatusFlags Chain, IReadOnlyList<string> Names, DateTimeOffset NotBefore, DateTimeOffset NotAfter, string Root, string Issuer)
{
    /// <summary>Shakes hands and hangs up; the certificate is judged but the handshake goes on whatever it is, so that its faults can be told.</summary>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="AuthenticationException">It does not speak TLS as we do.</exception>
    /// <exception cref="IOException">It hung up.</exception>
    public static async Task<TlsLook> AtAsync(ServerEndpoint server, X509Certificate2Collection? roots, X509Certificate2? own, CancellationToken cancel)
    {
        TlsLook? seen = null;
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Host, server.Port, cancel);
        await using var stream = new SslStream(socket.GetStream());
        var options = CertificateFiles.ClientOptions(server.TlsName ?? server.Host, roots, own);
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            seen = Of(certificate, chain, errors);
            return true;
        };
        await stream.AuthenticateAsClientAsync(options, cancel);
        return seen ?? throw new AuthenticationException("the server showed no certificate");
    }

    private static TlsLook? Of(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            return null;
        }

        using var leaf = new X509Certificate2(certificate);
        var flags = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, s) => all | s.Status) ?? X509ChainStatusFlags.NoError;
        var last = chain?.ChainElements is { Count: > 0 } elements ? elements[^1].Certificate : null;
        var names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString()))).ToList();
        return new TlsLook(
            errors, flags, names, leaf.NotBefore.ToUniversalTime(), leaf.NotAfter.ToUniversalTime(),
            last is null || last.Equals(leaf) ? "" : IssuedCertificate.Fingerprint(last), leaf.Issuer);
    }
}
