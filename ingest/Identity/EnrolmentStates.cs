using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Identity;

/// <summary>How a gateway stands with its certificate.</summary>
/// <param name="CertificateExpires">When the last of its certificates that are not revoked ends or ended; null when it has none.</param>
/// <param name="CodeExpires">Until when a code that was given for it is good; null when none is open.</param>
internal sealed record EnrolmentState(DateTimeOffset? CertificateExpires, DateTimeOffset? CodeExpires)
{
    /// <summary>Neither a certificate nor a code.</summary>
    public static readonly EnrolmentState None = new(null, null);
}

/// <summary>Reads how gateways stand with their certificates.</summary>
internal sealed class EnrolmentStates(BookStore store, TimeProvider time, IdentityOptions options)
{
    /// <summary>Of every gateway that has a certificate or a code; of one, when its id is given.</summary>
    public Task<Dictionary<string, EnrolmentState>> ReadAsync(string? gateway, CancellationToken cancel) => store.ReadAsync(
        sql => sql.Query(
            """
            SELECT gateway, max(certificate), max(code) FROM (
              SELECT gateway, expires_at AS certificate, NULL AS code FROM certificates WHERE revoked_at IS NULL AND (CAST($1 AS TEXT) IS NULL OR gateway = $1)
              UNION ALL
              SELECT gateway, NULL, expires_at FROM enrolments
              WHERE used_at IS NULL AND expires_at > $2 AND wrong < $3 AND (CAST($1 AS TEXT) IS NULL OR gateway = $1)) AS held
            GROUP BY gateway
            """,
            r => KeyValuePair.Create(r.GetString(0), new EnrolmentState(Instant.ToMoment(r.Long(1)), Instant.ToMoment(r.Long(2)))),
            gateway, time.Nanoseconds(), options.EnrolmentAttempts).ToDictionary(StringComparer.Ordinal),
        cancel);
}
