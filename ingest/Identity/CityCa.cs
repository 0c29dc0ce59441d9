using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Ingest.Identity;

/// <summary>
/// The city's own certificate authority: an ECDSA P-256 key in the data directory (mode 0600), good for ten years. It signs
/// the city's servers and its gateways, nothing else.
/// </summary>
internal sealed class CityCa : IDisposable
{
    /// <summary>Longest PEM text taken from a gateway: a P-256 request has 500 characters, one of RSA 4096 less than 2,000.</summary>
    public const int MaximumRequest = 8 * 1024;

    private static readonly TimeSpan RootLife = TimeSpan.FromDays(3652);
    private static readonly TimeSpan LeafLife = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);
    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly X509Certificate2 _root;
    private readonly Lock _gate = new();
    private X509Certificate2? _server;
    private X509Certificate2? _peer;

    private CityCa(string directory, TimeProvider time, X509Certificate2 root)
    {
        _directory = directory;
        _time = time;
        _root = root;
        Certificate = X509CertificateLoader.LoadCertificate(root.RawData);
        Fingerprint = "sha256:" + root.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();
    }

    /// <summary>The root, without its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The root as PEM, for those who must trust it.</summary>
    public string Pem => Certificate.ExportCertificatePem();

    /// <summary><c>sha256:</c> and 64 hex digits, of the root's DER form.</summary>
    public string Fingerprint { get; }

    /// <summary>Reads the root from <paramref name="directory"/>, or makes it (and the directory) at the first start.</summary>
    /// <exception cref="CityCaException">The files are damaged or readable by others; the message says what to do.</exception>
    public static CityCa OpenOrCreate(string directory, TimeProvider time)
    {
        SecretFile.CreateDirectory(directory);
        var (keyPath, certificatePath) = (Path.Combine(directory, "ca.key"), Path.Combine(directory, "ca.crt"));
        if (!File.Exists(keyPath) && !File.Exists(certificatePath))
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var now = time.GetUtcNow();
            using var root = CertificateMaker.Root(key, now - TimeSpan.FromDays(1), now + RootLife);

            // The key first: a certificate without its key would be a CA that can never sign.
            SecretFile.Write(keyPath, key.ExportPkcs8PrivateKeyPem());
            SecretFile.Write(certificatePath, root.ExportCertificatePem());
        }

        SecretFile.MustBePrivate(keyPath);
        try
        {
            return new CityCa(directory, time, X509Certificate2.CreateFromPemFile(certificatePath, keyPath));
        }
        catch (Exception e) when (e is CryptographicException or IOException)
        {
            throw new CityCaException(
                $"The city's certificate authority in {directory} cannot be read ({e.Message}). Restore ca.key and ca.crt from a backup; without them every gateway must be enrolled again.", e);
        }
    }

    /// <summary>
    /// The certificate of this server, for these host names and addresses; made anew when they have changed or a month is left.
    /// Cheap to call at every handshake.
    /// </summary>
    public X509Certificate2 ServerCertificate(IReadOnlyCollection<string> names)
    {
        lock (_gate)
        {
            if (_server is null)
            {
                _server = LoadServer();
            }

            if (_server is null || _server.NotAfter.ToUniversalTime() - _time.GetUtcNow() < RenewBefore || !GatewayNames.IsFor(_server, names))
            {
                using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                using var made = CertificateMaker.Server(_root, key, names, Begin(), End());
                SecretFile.Write(Path.Combine(_directory, "server.pem"), made.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());

                // The old one is not disposed: a handshake may still hold it.
                _server = LoadServer();
            }

            return _server!;
        }
    }

    /// <summary>Signs a gateway's request. Only its public key is used: subject and extensions are ours.</summary>
    /// <exception cref="CityCaException">The request is malformed, not signed by its own key, or its key is too weak.</exception>
    public X509Certificate2 SignGateway(string requestPem, string gateway)
    {
        if (requestPem.Length > MaximumRequest)
        {
            throw new CityCaException("The signing request is longer than 8 KiB.");
        }

        try
        {
            // The default options check the request's own signature (it holds the key) and load none of its extensions.
            var request = CertificateRequest.LoadSigningRequestPem(requestPem, HashAlgorithmName.SHA256);
            if (!CertificateMaker.IsStrong(request.PublicKey))
            {
                throw new CityCaException("The signing request's key must be ECDSA (P-256 or more) or RSA of 2048 to 4096 bits.");
            }

            return CertificateMaker.Gateway(_root, request.PublicKey, gateway, Begin(), End());
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new CityCaException("The signing request is not a PEM \"CERTIFICATE REQUEST\" signed by its own key.", e);
        }
    }

    /// <summary>Whose certificate it is: signed by this root and no other, valid now, made for clients, with one gateway's name.</summary>
    /// <returns>The gateway, or null with the reason.</returns>
    public string? GatewayOf(X509Certificate2 certificate, out string? reason)
    {
        using var chain = Chain(CertificateMaker.ClientAuthentication);
        if (!chain.Build(certificate))
        {
            reason = "certificate not of this city, or not valid now: " + string.Join(", ", chain.ChainStatus.Select(s => s.Status.ToString()));
            return null;
        }

        if (!certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any())
        {
            reason = "certificate not made for a client";
            return null;
        }

        var gateway = GatewayNames.Of(certificate);
        reason = gateway is null ? "certificate names no gateway" : null;
        return gateway;
    }

    /// <summary>
    /// What this server shows other servers of the city, and they to it. Its key is in memory only: a start makes another. Cheap to call at every handshake.
    /// </summary>
    /// <param name="server">What this server is called.</param>
    public X509Certificate2 PeerCertificate(string server)
    {
        lock (_gate)
        {
            if (_peer is null || _peer.NotAfter.ToUniversalTime() - _time.GetUtcNow() < RenewBefore || ServerNames.Of(_peer) != server)
            {
                using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                using var made = CertificateMaker.Peer(_root, key, server, Begin(), End());
                _peer = made.CopyWithPrivateKey(key); // the old one is not disposed: a handshake may still hold it
            }

            return _peer;
        }
    }

    /// <summary>Which server of the city a certificate names: signed by this root, valid now, made for both ends. Null: none.</summary>
    public string? ServerOf(X509Certificate2 certificate)
    {
        using var chain = Chain(CertificateMaker.ServerAuthentication, CertificateMaker.ClientAuthentication);
        return chain.Build(certificate) ? ServerNames.Of(certificate) : null;
    }

    public void Dispose()
    {
        _peer?.Dispose();
        _root.Dispose();
        Certificate.Dispose();
    }

    private X509Certificate2? LoadServer()
    {
        var path = Path.Combine(_directory, "server.pem");
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var loaded = X509Certificate2.CreateFromPemFile(path, path);
            return loaded.Issuer == _root.Subject && GatewayNames.IsSignedBy(loaded, _root) ? loaded : null;
        }
        catch (CryptographicException)
        {
            return null; // damaged: it is made anew, nobody pins it
        }
    }

    private X509Chain Chain(params ReadOnlySpan<Oid> purposes)
    {
        var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // revocation is in our own book
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        foreach (var purpose in purposes)
        {
            chain.ChainPolicy.ApplicationPolicy.Add(purpose);
        }

        return chain;
    }

    // A street gateway's clock may be a little behind; never before the root itself.
    private DateTimeOffset Begin() => Max(_time.GetUtcNow() - TimeSpan.FromDays(1), _root.NotBefore.ToUniversalTime());

    private DateTimeOffset End() => Min(_time.GetUtcNow() + LeafLife, _root.NotAfter.ToUniversalTime());

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Min(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}

/// <summary>The certificate authority refuses or cannot; the message is for the person who asked.</summary>
internal sealed class CityCaException(string message, Exception? inner = null) : Exception(message, inner);
