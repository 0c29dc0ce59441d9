using System.Data.Common;
using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Delivery;

namespace SmartCity.Ingest.OnCall;

/// <summary>On-call rotas in the book.</summary>
internal sealed class RotaBook(BookStore store, TimeProvider time)
{
    /// <summary>Rotas of a city: one a kind of service and shift system.</summary>
    public const int Maximum = 100;

    private const string Columns = "id, name, members, start, turn_hours, overrides, changed_by, changed_at, revision";

    /// <summary>All, by id.</summary>
    public Task<List<Rota>> ListAsync(CancellationToken cancel) =>
        store.ReadAsync(sql => sql.Query($"SELECT {Columns} FROM rotas ORDER BY id LIMIT 1000", Read), cancel);

    /// <summary>One, or null.</summary>
    public Task<Rota?> FindAsync(string id, CancellationToken cancel) =>
        store.ReadAsync(sql => sql.First($"SELECT {Columns} FROM rotas WHERE id = $1", Read, id), cancel);

    /// <summary>Makes or changes a rota.</summary>
    /// <param name="rota">As it shall be, checked.</param>
    /// <param name="expected">The revision that was seen; null for whatever it is.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <returns>Null when it is done; else who changed it before.</returns>
    /// <exception cref="BookException">There are too many.</exception>
    public Task<Changed?> PutAsync(Rota rota, long? expected, string who, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var sql = transaction.Sql;
            var before = sql.First($"SELECT {Columns} FROM rotas WHERE id = $1", Read, rota.Id);
            if (expected is { } seen && before is not null && before.Revision != seen)
            {
                return new Changed(before.Revision, before.ChangedBy);
            }

            if (before is null && sql.Number("SELECT count(*) FROM rotas") >= Maximum)
            {
                throw new BookException(FormattableString.Invariant($"There are {Maximum} rotas already; remove one."));
            }

            var now = time.Nanoseconds();
            sql.Execute(
                $"""
                INSERT INTO rotas({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)
                ON CONFLICT(id) DO UPDATE SET name = $2, members = $3, start = $4, turn_hours = $5, overrides = $6, changed_by = $7, changed_at = $8, revision = rotas.revision + 1
                """,
                rota.Id, rota.Name, JsonSerializer.Serialize(rota.Members, BookJson.Options), Instant.From(rota.Start), rota.TurnHours,
                JsonSerializer.Serialize(rota.Overrides, BookJson.Options), who, now);
            transaction.Audit(now, who, before is null ? "add-rota" : "change-rota", $"rota/{rota.Id}", rota.Name);
            return null;
        },
        cancel);

    /// <summary>Removes a rota; false when there is none.</summary>
    public Task<bool> RemoveAsync(string id, string who, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var removed = transaction.Sql.Execute("DELETE FROM rotas WHERE id = $1", id) == 1;
            if (removed)
            {
                transaction.Audit(time.Nanoseconds(), who, "remove-rota", $"rota/{id}");
            }

            return removed;
        },
        cancel);

    private static Rota Read(DbDataReader r) => new()
    {
        Id = r.GetString(0),
        Name = r.GetString(1),
        Members = JsonSerializer.Deserialize<RotaMember[]>(r.GetString(2), BookJson.Options)!,
        Start = Instant.ToMoment(r.GetInt64(3)),
        TurnHours = r.GetInt32(4),
        Overrides = JsonSerializer.Deserialize<RotaOverride[]>(r.GetString(5), BookJson.Options)!,
        ChangedBy = r.GetString(6),
        ChangedAt = Instant.ToMoment(r.GetInt64(7)),
        Revision = r.GetInt64(8),
    };
}
