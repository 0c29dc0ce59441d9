using System.Data.Common;
using System.Text.Json;
using SmartCity.Grains;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Book;

/// <content>Grains of several servers in one book (docs/decisions/grains-of-two-servers.md).</content>
internal sealed partial class CityBook
{
    private const string GrainColumns = "grain, position, state, revision, heard_from";

    /// <summary>The rows of zones and of devices that are a zone of their own.</summary>
    private const string ZoneRows = "((grain >= 'zone/' AND grain < 'zone0') OR (grain >= 'alone/' AND grain < 'alone0'))";

    /// <summary>Who holds which gateway; exact within a write transaction. Null for a server that is alone: then nothing is asked.</summary>
    public IGrainSessions? Sessions { get; set; }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<GrainSnapshot>> ReadAsync(Lane lane, IReadOnlyList<string> grains, CancellationToken cancel) => await Store.ReadAsync(
        sql => sql.Query(
            $"SELECT {GrainColumns} FROM grains WHERE lane = $1 AND grain IN {sql.Dialect.Texts("$2")}", ReadGrain, (long)lane, JsonSerializer.Serialize(grains, BookJson.Options)),
        cancel);

    /// <summary>Devices that nobody registered and that were last heard through one of these gateways; null: through any.</summary>
    public async Task<IReadOnlyList<GrainSnapshot>> HeardFromAsync(Lane lane, IReadOnlyList<string>? gateways, CancellationToken cancel) => await Store.ReadAsync(
        sql => gateways is null
            ? sql.Query($"SELECT {GrainColumns} FROM grains WHERE lane = $1 AND heard_from IS NOT NULL", ReadGrain, (long)lane)
            : sql.Query(
                $"SELECT {GrainColumns} FROM grains WHERE lane = $1 AND heard_from IN {sql.Dialect.Texts("$2")}", ReadGrain, (long)lane, JsonSerializer.Serialize(gateways, BookJson.Options)),
        cancel);

    /// <summary>All zones of a lane.</summary>
    public async Task<IReadOnlyList<GrainSnapshot>> ZonesAsync(Lane lane, CancellationToken cancel) => await Store.ReadAsync(
        sql => sql.Query($"SELECT {GrainColumns} FROM grains WHERE lane = $1 AND {ZoneRows}", ReadGrain, (long)lane), cancel);

    private static GrainSnapshot ReadGrain(DbDataReader r) =>
        new(r.GetString(0), r.GetInt64(1), r.GetFieldValue<byte[]>(2)) { Revision = r.GetInt64(3), HeardFrom = r.Text(4) };

    private static bool IsZone(string grain) => grain.StartsWith("zone/", StringComparison.Ordinal) || grain.StartsWith("alone/", StringComparison.Ordinal);

    /// <summary>Under the writer's lock: nobody else commits between this and our own commit.</summary>
    private void Check(BookTransaction transaction, GrainCommit commit)
    {
        var (sql, lane) = (transaction.Sql, (long)commit.Lane);
        var said = commit.Number > 0 ? sql.Number("SELECT said FROM cursors WHERE server = $1 AND lane = $2", Store.Server, lane) ?? 0 : 0;
        var lost = commit.Holds.Where(h => Sessions!.EpochOf(h.Gateway, commit.Lane) != h.Epoch).ToList();
        var zones = new List<GrainSnapshot>();
        foreach (var snapshot in commit.Snapshots)
        {
            if (!snapshot.State.IsEmpty && IsZone(snapshot.Grain))
            {
                var row = sql.First($"SELECT {GrainColumns} FROM grains WHERE lane = $1 AND grain = $2", ReadGrain, lane, snapshot.Grain)
                    ?? new GrainSnapshot(snapshot.Grain, 0, default);
                if (row.Revision != snapshot.Revision)
                {
                    zones.Add(row);
                }
            }
        }

        if (lost.Count > 0 || zones.Count > 0 || (commit.Number > 0 && said >= commit.FirstUnknown))
        {
            throw new GrainsMovedException(lost, zones, said);
        }
    }

    private void Share(BookTransaction transaction, Lane lane, GrainSnapshot snapshot)
    {
        var sql = transaction.Sql;
        var zone = IsZone(snapshot.Grain);
        if (zone)
        {
            transaction.Touches(BookAreas.Zones, snapshot.Grain);
        }

        if (snapshot.State.IsEmpty)
        {
            // Another server may have found a zone alive that this one thinks is over.
            sql.Execute("DELETE FROM grains WHERE lane = $1 AND grain = $2 AND revision = $3", (long)lane, snapshot.Grain, snapshot.Revision);
            return;
        }

        sql.Execute(
            """
            INSERT INTO grains(lane, grain, position, state, server, revision, heard_from) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT(lane, grain) DO UPDATE SET position = $3, state = $4, server = $5, revision = $6, heard_from = $7
            """,
            (long)lane, snapshot.Grain, snapshot.Position, Bytes(snapshot.State), Store.Server, zone ? snapshot.Revision + 1 : 0, snapshot.HeardFrom);
    }
}
