using System.Net;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Identity;

/// <summary>A code that lets one gateway in, once.</summary>
internal sealed record EnrolmentCode(string Gateway, string Code, DateTimeOffset ExpiresAt, string CaFingerprint);

/// <summary>How an enrolment ended.</summary>
internal abstract record EnrolResult
{
    /// <summary>The certificate, and the root to trust, as PEM.</summary>
    internal sealed record Enrolled(string Gateway, string Certificate, string Ca, string CaFingerprint, DateTimeOffset NotAfter) : EnrolResult;

    /// <summary>The code is wrong, used, expired or spent: which one is not said to strangers.</summary>
    internal sealed record Refused : EnrolResult;

    /// <summary>The code is right, the request is not.</summary>
    internal sealed record BadRequest(string Why) : EnrolResult;

    internal sealed record TooMany(TimeSpan Wait) : EnrolResult;
}

/// <summary>Enrolment of gateways: a code of 100 bits, hashed at rest, good once, for 24 hours and five wrong attempts.</summary>
internal sealed class Enrolment(CityBook book, GatewayTrust trust, TimeProvider time, IdentityOptions options)
{
    private readonly AttemptLimiter _byAddress = new(time, options.EnrolmentAttempts, TimeSpan.FromHours(1), servers: options.Servers);

    /// <summary>A new code for a gateway; an older one that is still open ends.</summary>
    public async Task<EnrolmentCode> NewCodeAsync(string gateway, string who, CancellationToken cancel)
    {
        var code = new EnrolmentCode(gateway, Secrets.Code(), time.GetUtcNow() + options.EnrolmentLife, trust.Ca.Fingerprint);
        await book.Store.WriteAsync(
            transaction =>
            {
                var now = time.Nanoseconds();
                transaction.Sql.Execute("DELETE FROM enrolments WHERE gateway = $1 AND used_at IS NULL OR expires_at <= $2", gateway, now);
                transaction.Sql.Execute(
                    "INSERT INTO enrolments(code, gateway, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
                    Secrets.HashCode(code.Code), gateway, who, now, Instant.From(code.ExpiresAt));
                transaction.Audit(now, who, "enrolment-code", $"gateway/{gateway}");
            },
            cancel);
        return code;
    }

    /// <summary>Signs a gateway's request if its code is good.</summary>
    /// <param name="gateway">Which gateway it says it is; a wrong code then counts against that gateway's code too.</param>
    /// <param name="code">The code as typed.</param>
    /// <param name="request">PEM of the signing request.</param>
    /// <param name="from">From where.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task<EnrolResult> EnrolAsync(string? gateway, string code, string request, IPAddress? from, CancellationToken cancel)
    {
        var address = Sessions.Key(from);
        if (_byAddress.Take(address) is { } wait)
        {
            return new EnrolResult.TooMany(wait);
        }

        var hash = Secrets.HashCode(code);
        var owner = await book.Store.WriteAsync(transaction => Look(transaction, hash, gateway), cancel);
        if (owner is null)
        {
            return new EnrolResult.Refused();
        }

        try
        {
            using var certificate = trust.Ca.SignGateway(request, owner);
            var won = await book.Store.WriteAsync(
                transaction =>
                {
                    // Once: of two that come together only one finds the code unused.
                    var now = time.Nanoseconds();
                    if (transaction.Sql.Execute("UPDATE enrolments SET used_at = $2 WHERE code = $1 AND used_at IS NULL", hash, now) != 1)
                    {
                        return false;
                    }

                    GatewayTrust.Note(transaction, certificate, owner, now);
                    transaction.Audit(now, $"gateway:{owner}", "enrol", $"gateway/{owner}", certificate.SerialNumber);
                    return true;
                },
                CancellationToken.None);
            if (!won)
            {
                return new EnrolResult.Refused();
            }

            _byAddress.Forgive(address);
            return new EnrolResult.Enrolled(
                owner, certificate.ExportCertificatePem(), trust.Ca.Pem, trust.Ca.Fingerprint, certificate.NotAfter.ToUniversalTime());
        }
        catch (CityCaException e)
        {
            await book.Store.WriteAsync(
                transaction => transaction.Sql.Execute("UPDATE enrolments SET wrong = wrong + 1 WHERE code = $1", hash), cancel);
            return new EnrolResult.BadRequest(e.Message);
        }
    }

    private string? Look(BookTransaction transaction, byte[] hash, string? gateway)
    {
        var owner = transaction.Sql.First(
            """
            SELECT gateway FROM enrolments
            WHERE code = $1 AND (CAST($2 AS TEXT) IS NULL OR gateway = $2) AND used_at IS NULL AND expires_at > $3 AND wrong < $4
            """,
            r => r.GetString(0), hash, gateway, time.Nanoseconds(), options.EnrolmentAttempts);
        if (owner is null && gateway is not null)
        {
            transaction.Sql.Execute("UPDATE enrolments SET wrong = wrong + 1 WHERE gateway = $1 AND used_at IS NULL", gateway);
        }

        // Decommissioned since the code was given.
        return owner is not null && book.Registry.Current.Gateways.TryGetValue(owner, out var row) && row.State == Service.Active ? owner : null;
    }
}
