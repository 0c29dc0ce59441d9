using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Identity;

/// <summary>A gateway that has proved who it is.</summary>
/// <param name="Gateway">Its id.</param>
/// <param name="Serial">Serial number of the certificate it proved it with.</param>
internal sealed record GatewayIdentity(string Gateway, string Serial);

/// <summary>
/// Which certificates stand for which gateways, and which no longer do. The answer for a connection that is open already
/// (<see cref="IsCurrent"/>) is a look into memory, so that revocation holds at the next packet.
/// </summary>
internal sealed class GatewayTrust(CityCa ca, CityBook book, TimeProvider time)
{
    private volatile FrozenSet<string> _revoked = FrozenSet<string>.Empty;

    /// <summary>A gateway's certificates were revoked: its connections are to be closed. May come on any thread; must not throw.</summary>
    public event Action<string>? Revoked;

    /// <summary>The root.</summary>
    public CityCa Ca => ca;

    /// <summary>Reads the revocations: at start, and when another process has changed the book.</summary>
    public async Task LoadAsync(CancellationToken cancel)
    {
        var rows = await book.Store.ReadAsync(
            sql => sql.Query("SELECT serial, gateway FROM certificates WHERE revoked_at IS NOT NULL", r => (Serial: r.GetString(0), Gateway: r.GetString(1))), cancel);
        var before = _revoked;
        _revoked = rows.Select(r => r.Serial).ToFrozenSet(StringComparer.Ordinal);
        foreach (var gateway in rows.Where(r => !before.Contains(r.Serial)).Select(r => r.Gateway).Distinct())
        {
            Revoked?.Invoke(gateway);
        }
    }

    /// <summary>Whose certificate it is, or null and why not.</summary>
    public GatewayIdentity? Authenticate(X509Certificate2 certificate, out string? reason)
    {
        if (ca.GatewayOf(certificate, out reason) is not { } gateway)
        {
            return null;
        }

        var identity = new GatewayIdentity(gateway, certificate.SerialNumber);
        if (!IsCurrent(identity))
        {
            reason = "certificate revoked";
            return null;
        }

        // A gateway the registry has never heard of may be one that a restored backup has forgotten: its certificate is still ours.
        if (book.Registry.Current.Gateways.TryGetValue(gateway, out var row) && row.State != Service.Active)
        {
            reason = "gateway decommissioned";
            return null;
        }

        return identity;
    }

    /// <summary>Whether that proof still holds. Allocates nothing.</summary>
    public bool IsCurrent(GatewayIdentity identity) => !_revoked.Contains(identity.Serial);

    /// <summary>Notes a certificate that was issued. Within the transaction that consumes the code.</summary>
    public static void Note(BookTransaction transaction, X509Certificate2 certificate, string gateway, long now) => transaction.Sql.Execute(
        "INSERT INTO certificates(serial, gateway, fingerprint, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        certificate.SerialNumber, gateway, certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant(), now,
        Instant.From(certificate.NotAfter.ToUniversalTime()));

    /// <summary>Revokes every certificate of a gateway and every code that is still open for it.</summary>
    /// <returns>How many certificates.</returns>
    public async Task<int> RevokeAsync(string gateway, string who, CancellationToken cancel)
    {
        var count = await book.Store.WriteAsync(
            transaction =>
            {
                var now = time.Nanoseconds();
                var revoked = transaction.Sql.Execute(
                    "UPDATE certificates SET revoked_at = $2, revoked_by = $3 WHERE gateway = $1 AND revoked_at IS NULL", gateway, now, who);
                transaction.Sql.Execute("DELETE FROM enrolments WHERE gateway = $1 AND used_at IS NULL", gateway);
                transaction.Audit(now, who, "revoke", $"gateway/{gateway}", FormattableString.Invariant($"{revoked} certificates"));
                return revoked;
            },
            cancel);
        await LoadAsync(CancellationToken.None);
        return count;
    }
}
