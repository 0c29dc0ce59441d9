using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Edge.Cli;
using SmartCity.Edge.Enrolment;
using SmartCity.Edge.Tls;

namespace SmartCity.Edge.Doctor;

/// <summary>What concerns the way to the servers: certificate, network, TLS.</summary>
internal static class WayChecks
{
    /// <summary>The gateway renews its certificate in its last month; a doctor who sees less than half of that sees a renewal that fails.</summary>
    private static readonly TimeSpan RenewalOverdue = TimeSpan.FromDays(15);

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    /// <summary>Our certificate fits key, authority, name and time.</summary>
    public static Check Certificate { get; } = new("certificate", TimeSpan.FromSeconds(30), static (p, _) => Task.FromResult(LookAtCertificate(p)));

    /// <summary>Names resolve and ports answer.</summary>
    public static Check Network { get; } = new("network", TimeSpan.FromSeconds(30), LookAtNetworkAsync);

    /// <summary>The servers are the city's.</summary>
    public static Check Tls { get; } = new("tls", TimeSpan.FromSeconds(30), LookAtTlsAsync);

    private static IReadOnlyList<Finding> LookAtCertificate(Patient p)
    {
        if (p.Peek is null)
        {
            return [p.Skip("doctor.no-config")];
        }

        if (!p.Peek.Servers.Any(s => s.StartsWith("mqtts:", StringComparison.Ordinal)))
        {
            return [p.Warn("doctor.certificate.plain")];
        }

        var files = new[] { ("certificate", p.Peek.Certificate), ("key", p.Peek.Key), ("ca", p.Peek.Ca) };
        if (files.FirstOrDefault(f => f.Item2 is null || !File.Exists(f.Item2)) is { Item1: not null } missing)
        {
            return [p.Fail("doctor.certificate.missing", missing.Item2 ?? missing.Item1 + ":")];
        }

        try
        {
            if (CertificateFiles.Roots(p.Peek.Ca!) is not { Count: > 0 } roots)
            {
                return [p.Fail("doctor.certificate.no-ca", p.Peek.Ca)];
            }

            p.Roots = roots;
            p.Own = CertificateFiles.Own(p.Peek.Certificate!, p.Peek.Key!);
        }
        catch (UnauthorizedAccessException e)
        {
            return [p.Fail("doctor.certificate.denied", e.Message)];
        }
        catch (Exception e) when (e is CryptographicException or IOException or ArgumentException)
        {
            return [p.Fail("doctor.certificate.unreadable", e.Message)];
        }

        return [Judge(p, p.Own, p.Roots)];
    }

    private static Finding Judge(Patient p, X509Certificate2 own, X509Certificate2Collection roots)
    {
        var now = p.Time.GetUtcNow();
        var (from, until) = ((DateTimeOffset)own.NotBefore.ToUniversalTime(), (DateTimeOffset)own.NotAfter.ToUniversalTime());
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        return !chain.Build(own) ? p.Fail("doctor.certificate.other-ca", p.Peek!.Ca, Short(roots))
            : p.Peek!.Gateway is { } name && !IssuedCertificate.Names(own).Contains(name, StringComparer.Ordinal)
                ? p.Fail("doctor.certificate.other-name", string.Join(", ", IssuedCertificate.Names(own)), name)
            : now < from ? p.Fail("doctor.certificate.early", p.Minute(from), p.Minute(now))
            : now > until ? p.Fail("doctor.certificate.over", Moments.Day(until))
            : until - now < RenewalOverdue ? p.Warn("doctor.certificate.soon", Moments.Day(until), (until - now).Days)
            : p.Pass("doctor.certificate.ok", p.Peek.Gateway, Moments.Day(until), (until - now).Days);
    }

    private static async Task<IReadOnlyList<Finding>> LookAtNetworkAsync(Patient p, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        foreach (var text in p.Peek?.Servers ?? [])
        {
            ServerEndpoint server;
            try
            {
                server = ServerEndpoint.Parse(text);
            }
            catch (FormatException)
            {
                // The configuration's own check has told it.
                continue;
            }

            var (finding, reached) = await ReachAsync(p, server, cancel);
            p.Servers.Add((server, reached));
            findings.Add(finding);
        }

        // One of two that is away keeps nobody from going home: the gateway uses the other.
        return findings.Count == 0 ? [p.Skip("doctor.no-server")]
            : p.Servers.Any(s => s.Reached) ? [.. findings.Select(f => f.Verdict == Verdict.Fail ? f with { Verdict = Verdict.Warn, Fix = p.Words.Say("doctor.network.other", f.Fix) } : f)]
            : findings;
    }

    private static async Task<(Finding Finding, bool Reached)> ReachAsync(Patient p, ServerEndpoint server, CancellationToken cancel)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await Dns.GetHostAddressesAsync(server.Host, cancel).WaitAsync(ConnectPatience, p.Time, cancel);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            return (p.Fail("doctor.network.name", server.Host), false);
        }

        using var limit = new CancellationTokenSource(ConnectPatience, p.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        using var socket = new TcpClient();
        try
        {
            var start = Stopwatch.GetTimestamp();
            await socket.ConnectAsync(server.Host, server.Port, both.Token);
            return (p.Pass("doctor.network.ok", server, addresses.FirstOrDefault(), Moments.Span(Stopwatch.GetElapsedTime(start))), true);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return (p.Fail("doctor.network.refused", server.Host, server.Port), false);
        }
        catch (SocketException e)
        {
            return (p.Fail("doctor.network.unreachable", server.Host, server.Port, e.Message), false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (p.Fail("doctor.network.silent", server.Host, server.Port, ConnectPatience.TotalSeconds), false);
        }
    }

    private static async Task<IReadOnlyList<Finding>> LookAtTlsAsync(Patient p, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        foreach (var (server, reached) in p.Servers)
        {
            if (!reached)
            {
                findings.Add(p.Skip("doctor.not-reached", server.Host));
            }
            else if (!server.Tls)
            {
                p.Trusted.Add(server);
                findings.Add(p.Warn("doctor.tls.plain", server));
            }
            else if (p.Roots is null)
            {
                findings.Add(p.Skip("doctor.tls.no-ca", server.Host));
            }
            else
            {
                findings.Add(await LookAtServerAsync(p, server, cancel));
            }
        }

        return findings.Count > 0 ? findings : [p.Skip("doctor.no-server")];
    }

    private static async Task<Finding> LookAtServerAsync(Patient p, ServerEndpoint server, CancellationToken cancel)
    {
        try
        {
            var look = await TlsLook.AtAsync(server, p.Roots, p.Own, cancel);
            var now = p.Time.GetUtcNow();
            if ((look.Chain & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid)) != 0)
            {
                return p.Fail("doctor.tls.other-ca", server.Host, look.Issuer, p.Peek!.Ca, Short(p.Roots!));
            }

            if (look.Errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            {
                return p.Fail("doctor.tls.other-name", server.TlsName ?? server.Host, string.Join(", ", look.Names));
            }

            if (now < look.NotBefore || now > look.NotAfter)
            {
                return p.Fail("doctor.tls.time", server.Host, p.Minute(look.NotBefore), p.Minute(look.NotAfter), p.Minute(now));
            }

            if (look.Errors != SslPolicyErrors.None)
            {
                return p.Fail("doctor.tls.chain", server.Host, look.Chain);
            }

            p.Trusted.Add(server);
            return p.Pass("doctor.tls.ok", server.Host, Moments.Day(look.NotAfter));
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            return p.Fail("doctor.tls.broken", server.Host, server.Port, e.InnerException?.Message ?? e.Message);
        }
    }

    /// <summary>Enough of a fingerprint to compare it with what the administrator has.</summary>
    private static string Short(X509Certificate2Collection roots) => roots.Count > 0 ? $"sha256:{IssuedCertificate.Fingerprint(roots[0])[..16]}…" : "–";
}
