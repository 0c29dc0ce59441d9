using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Edge.Uplink;

namespace SmartCity.Edge.Tls;

/// <summary>A certificate and its key, in two PEM files that are replaced together: whenever the machine is switched off, what lies
/// there afterwards is a pair that fits, the old one or the new one.</summary>
/// <param name="certificate">The certificate's file.</param>
/// <param name="key">The key's file, mode 0600.</param>
internal sealed class CertificatePair(string certificate, string key)
{
    private const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _newCertificate = certificate + ".new";
    private readonly string _newKey = key + ".new";

    /// <summary>Reads the pair, ending a replacement that was cut off.</summary>
    /// <exception cref="CryptographicException">The files hold no such pair.</exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public X509Certificate2 Load()
    {
        Settle();
        return X509Certificate2.CreateFromPemFile(certificate, key);
    }

    /// <summary>Replaces both files.</summary>
    /// <param name="certificatePem">The certificate.</param>
    /// <param name="keyPem">Its key.</param>
    /// <exception cref="IOException">The disk refuses; the pair that was there is there still, or <see cref="Load"/> ends the replacement.</exception>
    public void Replace(string certificatePem, string keyPem)
    {
        // The certificate goes last: one that waits under its new name says that its key is complete.
        SmallFile.Write(_newKey, keyPem, Secret);
        SmallFile.Write(_newCertificate, certificatePem);
        File.Move(_newKey, key, overwrite: true);
        File.Move(_newCertificate, certificate, overwrite: true);
    }

    private void Settle()
    {
        if (File.Exists(_newCertificate))
        {
            if (File.Exists(_newKey) && Fits(_newCertificate, _newKey))
            {
                File.Move(_newKey, key, overwrite: true);
            }

            if (Fits(_newCertificate, key))
            {
                File.Move(_newCertificate, certificate, overwrite: true);
            }
        }
    }

    private static bool Fits(string certificate, string key)
    {
        try
        {
            X509Certificate2.CreateFromPemFile(certificate, key).Dispose();
            return true;
        }
        catch (Exception e) when (e is CryptographicException or IOException)
        {
            return false;
        }
    }
}
