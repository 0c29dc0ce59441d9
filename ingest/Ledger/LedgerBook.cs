using System.Data.Common;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Ledger;

/// <summary>Every limit of the ledger, its default and why.</summary>
internal sealed record LedgerOptions
{
    /// <summary>How long figures wait before they are written: a row a lamp each time, and nothing is lost with those that wait, for the log has them.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Bytes of the log after which they are written all the same: so much the log keeps for the ledger.</summary>
    public long MaximumBytes { get; init; } = 64L << 20;

    /// <summary>Meters in one transaction, so that an alarm never waits behind a whole city.</summary>
    public int AtOnce { get; init; } = 250;

    /// <summary>Nights that are kept one by one: two years and a month, so that a month stands beside the same one of last year.</summary>
    public int Nights { get; init; } = 800;

    /// <summary>Months that are kept: twenty years, longer than a lamp lives.</summary>
    public int Months { get; init; } = 240;
}

/// <summary>
/// The ledger's tables. A meter's last readings and what it counted since are written in one transaction; what is said again is known by its time. Several servers
/// may count one lamp, each from its own log: a meter is written only onto the row from which it began to count.
/// </summary>
/// <param name="store">The book.</param>
/// <param name="options">Bounds.</param>
/// <param name="server">Whose log the cursor is about; null: the book's server.</param>
internal sealed class LedgerBook(BookStore store, LedgerOptions options, string? server = null)
{
    private const string Columns =
        "id, device, energy_at, energy, hours_at, hours, switches_at, switches, power_at, power, on_w, full_w, full_seen, constant, seconds, installed_at, since";

    /// <summary>Where reading goes on, and since when there is a ledger (Unix ns; <see cref="long.MinValue"/> when it has read the log from its very beginning).</summary>
    public sealed record Position(LogCursor Cursor, long Since, long ReadTo);

    /// <summary>The book does not answer.</summary>
    public bool IsAway => store.Watch.IsAway;

    private string Server { get; } = server ?? store.Server;

    /// <summary>The cursor in a log, else this server's in whatever log it was; null while there is none.</summary>
    public Task<Position?> LoadCursorAsync(Guid log, Lane lane, CancellationToken cancel) => store.ReadAsync(
        sql => sql.First(
            "SELECT log, position, since, read_to FROM ledger_cursor WHERE log = $1 OR server = $2 ORDER BY CASE WHEN log = $1 THEN 0 ELSE 1 END LIMIT 1",
            r => new Position(new LogCursor(Guid.Parse(r.GetString(0)), lane, r.GetInt64(1)), r.GetInt64(2), r.GetInt64(3)),
            log.ToString("D"), Server),
        cancel);

    /// <summary>Since when there is a ledger, and up to when the server that is furthest has read (Unix ns); null when there is none.</summary>
    public Task<(long Since, long ReadTo)?> SpanAsync(CancellationToken cancel) => store.ReadAsync<(long Since, long ReadTo)?>(
        sql => sql.Query("SELECT min(since), max(read_to) FROM ledger_cursor HAVING count(*) > 0", r => (r.GetInt64(0), r.GetInt64(1))) is [var span] ? span : null, cancel);

    /// <summary>Every meter as it was written last.</summary>
    public Task<List<Meter>> LoadAsync(CancellationToken cancel) => store.ReadAsync(sql => sql.Query($"SELECT {Columns} FROM ledger_meters", Read), cancel);

    /// <summary>Writes meters and what they have counted since they were last written; when it fails nothing of it is written and they keep it.</summary>
    /// <returns>Those that another server has written meanwhile, with the rows as they are: nothing of these was written.</returns>
    public async Task<IReadOnlyList<(Meter Meter, Meter Row)>> WriteAsync(IEnumerable<Meter> meters, CancellationToken cancel)
    {
        var moved = new List<(Meter, Meter)>();
        foreach (var some in meters.Chunk(options.AtOnce))
        {
            var rows = await store.WriteAsync(transaction => some.Select(m => Write(transaction.Sql, m)).ToArray(), cancel);
            for (var i = 0; i < some.Length; i++)
            {
                if (rows[i] is { Row: { } row })
                {
                    moved.Add((some[i], row));
                }
                else
                {
                    some[i].IsStored(rows[i].Id);
                }
            }
        }

        return moved;
    }

    /// <summary>Writes how far the log is read, after all meters. A log has one cursor, whatever its server was called before.</summary>
    public Task WriteCursorAsync(Position position, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var log = position.Cursor.LogId.ToString("D");
            transaction.Sql.Execute("DELETE FROM ledger_cursor WHERE log = $1 AND server <> $2", log, Server);
            transaction.Sql.Execute(
                "INSERT INTO ledger_cursor(server, log, position, since, read_to) VALUES ($1, $2, $3, $4, $5) ON CONFLICT(server) DO UPDATE SET log = $2, position = $3, since = $4, read_to = $5",
                Server, log, position.Cursor.Position, position.Since, position.ReadTo);
        },
        cancel);

    /// <summary>Forgets the nights and months that are older than what is kept, one of each a transaction.</summary>
    /// <param name="tonight">The number of the present night.</param>
    /// <param name="cancel">Stops it.</param>
    public async Task TrimAsync(int tonight, CancellationToken cancel)
    {
        var (night, month) = (tonight - options.Nights, MonthOf(tonight) - options.Months);
        while (await store.WriteAsync(
            transaction => transaction.Sql.Execute("DELETE FROM ledger_nights WHERE night = (SELECT min(night) FROM ledger_nights) AND night < $1", night)
                + transaction.Sql.Execute("DELETE FROM ledger_months WHERE month = (SELECT min(month) FROM ledger_months) AND month < $1", month),
            cancel) > 0)
        {
        }
    }

    /// <summary>The month of a night: that of the day on which it begins.</summary>
    public static int MonthOf(int night)
    {
        var day = DateOnly.FromDayNumber(night);
        return (day.Year * 12) + day.Month - 1;
    }

    // Onto the row from which it began to count, and no other: else what another server has counted would be counted twice.
    private static (long Id, Meter? Row) Write(SqlSession sql, Meter meter)
    {
        var state = meter.State;
        var id = meter.Id != 0 ? meter.Id : sql.Number(
            """
            INSERT INTO ledger_meters(device, energy_at, energy, hours_at, hours, switches_at, switches, power_at, power, on_w, full_w, full_seen, constant, seconds, installed_at, since)
            VALUES ($1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0) ON CONFLICT(device) DO NOTHING RETURNING id
            """,
            meter.Device) ?? 0;
        var (energyAt, hoursAt, switchesAt, powerAt) = meter.Stored;
        var written = sql.Execute(
            """
            UPDATE ledger_meters SET energy_at = $2, energy = $3, hours_at = $4, hours = $5, switches_at = $6, switches = $7, power_at = $8, power = $9,
              on_w = $10, full_w = $11, full_seen = $12, constant = $13, seconds = $14, installed_at = $15, since = $16
            WHERE id = $1 AND energy_at = $17 AND hours_at = $18 AND switches_at = $19 AND power_at = $20
            """,
            id, meter.Energy.At, meter.Energy.Value, meter.Hours.At, meter.Hours.Value, meter.Switches.At, meter.Switches.Value, state.PowerAt, state.Power,
            state.OnWatts, state.FullWatts, state.FullSeen, state.Constant, state.Seconds, state.InstalledAt, state.Since, energyAt, hoursAt, switchesAt, powerAt);
        if (written == 0)
        {
            return (0, sql.First($"SELECT {Columns} FROM ledger_meters WHERE device = $1", Read, meter.Device));
        }

        foreach (var (night, sums) in meter.Pending)
        {
            sql.Execute(
                """
                INSERT INTO ledger_nights AS n(night, meter, energy, morning, seconds, switches, "full", constant, estimated, marks) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                ON CONFLICT(night, meter) DO UPDATE SET energy = n.energy + $3, morning = n.morning + $4, seconds = n.seconds + $5, switches = n.switches + $6,
                  "full" = n."full" + $7, constant = n.constant + $8, estimated = n.estimated + $9, marks = n.marks | $10
                """,
                night, id, sums.Energy, sums.Morning, sums.Seconds, sums.Switches, sums.Full, sums.Constant, sums.Estimated, (int)sums.Marks);
            sql.Execute(
                """
                INSERT INTO ledger_months AS m(month, meter, energy, seconds, switches, "full", constant, estimated, marks) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                ON CONFLICT(month, meter) DO UPDATE SET energy = m.energy + $3, seconds = m.seconds + $4, switches = m.switches + $5,
                  "full" = m."full" + $6, constant = m.constant + $7, estimated = m.estimated + $8, marks = m.marks | $9
                """,
                MonthOf(night), id, sums.Energy, sums.Seconds, sums.Switches, sums.Full, sums.Constant, sums.Estimated, (int)sums.Marks);
        }

        return (id, null);
    }

    private static Meter Read(DbDataReader r)
    {
        var meter = new Meter(r.GetString(1))
        {
            State = new MeterState
            {
                PowerAt = r.GetInt64(8),
                Power = r.GetDouble(9),
                OnWatts = r.GetDouble(10),
                FullWatts = r.GetDouble(11),
                FullSeen = r.GetInt32(12),
                Constant = r.GetDouble(13),
                Seconds = r.GetInt64(14),
                InstalledAt = r.GetInt64(15),
                Since = r.GetInt64(16),
            },
        };
        (meter.Energy.At, meter.Energy.Value) = (r.GetInt64(2), r.GetInt64(3));
        (meter.Hours.At, meter.Hours.Value) = (r.GetInt64(4), r.GetInt64(5));
        (meter.Switches.At, meter.Switches.Value) = (r.GetInt64(6), r.GetInt64(7));
        meter.IsStored(r.GetInt64(0));
        return meter;
    }
}
