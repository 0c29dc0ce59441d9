using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace SmartCity.Ingest.Book;

/// <summary>A one-shot act that was asked of a device.</summary>
/// <param name="Id">Unique, not to be guessed.</param>
/// <param name="Device">For which device.</param>
/// <param name="Gateway">Through which gateway.</param>
/// <param name="Command">The command itself.</param>
/// <param name="Issued">When.</param>
/// <param name="Expires">After this it is not carried out.</param>
/// <param name="By">Who asked.</param>
/// <param name="Status">stored, sent, done, failed, expired or refused.</param>
/// <param name="Detail">The gateway's words.</param>
/// <param name="Finished">When the gateway answered, or it expired.</param>
internal sealed record CommandRow(
    string Id,
    string Device,
    string Gateway,
    JsonElement Command,
    DateTimeOffset Issued,
    DateTimeOffset Expires,
    string By,
    string Status,
    string? Detail,
    DateTimeOffset? Finished);

/// <summary>Commands: stored before they are sent, so that either server can send them and every result has its question.</summary>
internal sealed class CommandBook(BookStore store, TimeProvider time)
{
    private const string Columns = "id, device, gateway, command, issued_at, expires_at, issued_by, status, detail, finished_at, seq";

    /// <summary>Stores a command.</summary>
    public Task<CommandRow> AddAsync(string device, string gateway, JsonElement command, TimeSpan lifetime, string by, CancellationToken cancel) =>
        store.WriteAsync(transaction => Add(transaction, device, gateway, command, lifetime, by, time.GetUtcNow()), cancel);

    /// <summary>Stores a command within a transaction.</summary>
    public static CommandRow Add(BookTransaction transaction, string device, string gateway, JsonElement command, TimeSpan lifetime, string by, DateTimeOffset now)
    {
        var row = new CommandRow(
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), device, gateway, command, now, now + lifetime, by, "stored", null, null);
        transaction.Sql.Execute(
            """
            INSERT INTO commands(id, device, gateway, command, issued_at, expires_at, issued_by, status)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 'stored')
            """,
            row.Id, device, gateway, command.GetRawText(), Instant.From(row.Issued), Instant.From(row.Expires), by);
        transaction.Touches(BookAreas.Commands, gateway);
        transaction.Audit(Instant.From(now), by, "command", $"device/{device}", row.Id);
        return row;
    }

    /// <summary>It was handed to the gateway's connection.</summary>
    public Task SentAsync(string id, CancellationToken cancel) => store.WriteAsync(
        transaction => transaction.Sql.Execute("UPDATE commands SET status = 'sent' WHERE id = $1 AND status = 'stored'", id), cancel);

    /// <summary>The gateway's answer.</summary>
    /// <returns>False when that gateway was never asked this, or has answered already: to be counted and ignored.</returns>
    public Task<bool> FinishAsync(string gateway, string id, string status, string? detail, CancellationToken cancel) => store.WriteAsync(
        transaction => transaction.Sql.Execute(
            "UPDATE commands SET status = $3, detail = $4, finished_at = $5 WHERE id = $1 AND gateway = $2 AND status IN ('stored', 'sent')",
            id, gateway, status, detail, time.Nanoseconds()) == 1,
        cancel);

    /// <summary>What a gateway that has just subscribed still has to hear, oldest first; what has expired is marked so.</summary>
    public Task<List<CommandRow>> WaitingAsync(string gateway, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var now = time.Nanoseconds();
            transaction.Sql.Execute(
                "UPDATE commands SET status = 'expired', finished_at = $2 WHERE gateway = $1 AND status IN ('stored', 'sent') AND expires_at <= $2", gateway, now);
            return transaction.Sql.Query(
                $"SELECT {Columns} FROM commands WHERE gateway = $1 AND status IN ('stored', 'sent') ORDER BY seq LIMIT 1000", Read, gateway);
        },
        cancel);

    /// <summary>Gateways for which something is stored and not sent.</summary>
    public Task<List<string>> UnsentAsync(CancellationToken cancel) => store.ReadAsync(
        sql => sql.Query("SELECT DISTINCT gateway FROM commands WHERE status = 'stored' AND status IN ('stored', 'sent')", r => r.GetString(0)), cancel);

    /// <summary>Newest first.</summary>
    public Task<(IReadOnlyList<CommandRow> Items, string? Next)> ListAsync(string? device, long before, int limit, CancellationToken cancel) =>
        store.ReadAsync<(IReadOnlyList<CommandRow>, string?)>(
            sql =>
            {
                var page = sql.Query(
                    $"SELECT {Columns} FROM commands WHERE seq < $1 AND (CAST($2 AS TEXT) IS NULL OR device = $2) ORDER BY seq DESC LIMIT $3",
                    r => (Row: Read(r), Sequence: r.GetInt64(10)),
                    before,
                    device,
                    limit + 1);
                var next = page.Count > limit ? page[limit - 1].Sequence.ToString(CultureInfo.InvariantCulture) : null;
                return ([.. page.Take(limit).Select(p => p.Row)], next);
            },
            cancel);

    private static CommandRow Read(DbDataReader r) => new(
        r.GetString(0),
        r.GetString(1),
        r.GetString(2),
        JsonElement.Parse(r.GetString(3)),
        Instant.ToMoment(r.GetInt64(4)),
        Instant.ToMoment(r.GetInt64(5)),
        r.GetString(6),
        r.GetString(7),
        r.Text(8),
        Instant.ToMoment(r.Long(9)));
}
