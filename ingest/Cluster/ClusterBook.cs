using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Cluster;

/// <summary>A server as people are told of it.</summary>
/// <param name="Server">Its row.</param>
/// <param name="Telemetry">Gateways whose telemetry connection it holds.</param>
/// <param name="Alarm">Gateways whose alarm connection it holds.</param>
internal sealed record ServerStanding(ServerRow Server, long Telemetry, long Alarm);

/// <summary>What may be asked of servers by way of the book: by the API of any of them, and by the command line.</summary>
internal static class ClusterBook
{
    /// <summary>All servers with what they hold, by name.</summary>
    public static Task<List<ServerStanding>> ListAsync(BookStore store, CancellationToken cancel) => store.ReadAsync(
        sql => sql.Query(
            $"""
            SELECT name, incarnation, url, program, started_at, beat_at, fenced, leader, draining, {sql.Dialect.Clock},
              (SELECT count(*) FROM gateway_sessions g WHERE g.server = s.name AND g.client NOT LIKE '%.alarm'),
              (SELECT count(*) FROM gateway_sessions g WHERE g.server = s.name AND g.client LIKE '%.alarm')
            FROM servers s ORDER BY name
            """,
            r => new ServerStanding(
                new ServerRow(
                    r.GetString(0), r.GetInt64(1), r.Text(2), r.GetString(3), Instant.ToMoment(r.GetInt64(4)), Instant.ToMoment(r.GetInt64(5)),
                    TimeSpan.FromTicks(Math.Max(0, r.GetInt64(9) - r.GetInt64(5)) / 100), r.Flag(6), r.Flag(7), r.Flag(8)),
                r.GetInt64(10),
                r.GetInt64(11))),
        cancel);

    /// <summary>Asks a server to give away what it holds, or to take gateways again. It sees that within a second.</summary>
    /// <exception cref="BookException">There is no such server, or nobody to give anything to.</exception>
    public static Task OrderDrainAsync(BookStore store, string name, bool drain, string by, TimeProvider time, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var sql = transaction.Sql;
            var oldest = (sql.Number($"SELECT {sql.Dialect.Clock}") ?? 0) - Instant.Of(new ClusterOptions().Patience);
            if (sql.Number("SELECT 1 FROM servers WHERE name = $1 AND fenced = 0 AND beat_at >= $2", name, oldest) is null)
            {
                throw new BookException($"No server named {name} is running.");
            }

            if (drain && sql.Number("SELECT 1 FROM servers WHERE name <> $1 AND fenced = 0 AND draining = 0 AND beat_at >= $2", name, oldest) is null)
            {
                throw new BookException($"No other server is running that could take what {name} holds.");
            }

            sql.Execute("UPDATE servers SET draining = $2 WHERE name = $1", name, drain);
            transaction.Touches(BookAreas.Servers);
            transaction.Audit(time.Nanoseconds(), by, drain ? "drain" : "end-drain", $"server/{name}", null);
        },
        cancel);

    /// <summary>Forgets a server that never comes back, with how far its log was read.</summary>
    /// <exception cref="BookException">It runs, or holds something.</exception>
    public static Task ForgetAsync(BookStore store, string name, string by, TimeProvider time, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var sql = transaction.Sql;
            var oldest = (sql.Number($"SELECT {sql.Dialect.Clock}") ?? 0) - Instant.Of(new ClusterOptions().Patience);
            if (sql.Number("SELECT 1 FROM servers WHERE name = $1 AND fenced = 0 AND beat_at >= $2", name, oldest) is not null)
            {
                throw new BookException($"Server {name} is running; stop it first.");
            }

            if (sql.Number("SELECT count(*) FROM gateway_sessions WHERE server = $1", name) > 0)
            {
                throw new BookException($"Server {name} still holds gateways: nobody has taken over from it. Start another server first.");
            }

            if (sql.Execute("DELETE FROM servers WHERE name = $1", name) == 0)
            {
                throw new BookException($"There is no server named {name}.");
            }

            sql.Execute("DELETE FROM cursors WHERE server = $1", name);
            sql.Execute("DELETE FROM ledger_cursor WHERE server = $1", name);
            transaction.Audit(time.Nanoseconds(), by, "forget-server", $"server/{name}", null);
        },
        cancel);
}
