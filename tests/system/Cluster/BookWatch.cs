using Npgsql;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>A set of rows that somebody wrote.</summary>
/// <param name="Number">In the order in which the book's writers had their turns.</param>
/// <param name="Who">Server and start: <c>a.3</c>.</param>
/// <param name="Table">Which rows.</param>
/// <param name="Turn">The transaction.</param>
internal sealed record Written(long Number, string Who, string Table, long Turn);

/// <summary>A state of a server's own row.</summary>
internal sealed record ServerRow(long Number, string Who, string Name, long Incarnation, bool Fenced, long Turn);

/// <summary>
/// Lets PostgreSQL itself write down which server's process changed rows of which table, by triggers: what a server says or believes of itself does not come
/// into it. Only what was committed is there, in the order of turns, for the book has one writer at a time.
/// </summary>
internal sealed class BookWatch : IAsyncDisposable
{
    private readonly string _address;

    private BookWatch(string address) => _address = address;

    public static async Task<BookWatch> StartAsync(string address)
    {
        var watch = new BookWatch(address);
        await watch.DoAsync("""
            CREATE SCHEMA campaign;
            CREATE SEQUENCE campaign.n;
            CREATE TABLE campaign.writes(n BIGINT, who TEXT, tbl TEXT, turn BIGINT);
            CREATE TABLE campaign.servers(n BIGINT, who TEXT, name TEXT, incarnation BIGINT, fenced INT, turn BIGINT);
            CREATE FUNCTION campaign.note() RETURNS trigger LANGUAGE plpgsql AS $body$
            DECLARE noted TEXT := coalesce(current_setting('campaign.noted', true), '');
            BEGIN
              -- once a turn and table is enough; the setting ends with the turn
              IF position(',' || TG_TABLE_NAME || ',' IN noted) = 0 AND EXISTS (SELECT 1 FROM changed) THEN
                PERFORM set_config('campaign.noted', noted || ',' || TG_TABLE_NAME || ',', true);
                INSERT INTO campaign.writes VALUES (nextval('campaign.n'), current_setting('campaign.who', true), TG_TABLE_NAME, txid_current());
              END IF;
              RETURN NULL;
            END $body$;
            CREATE FUNCTION campaign.note_server() RETURNS trigger LANGUAGE plpgsql AS $body$
            BEGIN
              INSERT INTO campaign.servers VALUES (nextval('campaign.n'), current_setting('campaign.who', true), NEW.name, NEW.incarnation, NEW.fenced, txid_current());
              RETURN NULL;
            END $body$;
            DO $body$
            DECLARE t RECORD;
            BEGIN
              FOR t IN SELECT table_schema s, table_name n FROM information_schema.tables
                WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'campaign') AND table_type = 'BASE TABLE' LOOP
                EXECUTE format('CREATE TRIGGER campaign_i AFTER INSERT ON %I.%I REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION campaign.note()', t.s, t.n);
                EXECUTE format('CREATE TRIGGER campaign_u AFTER UPDATE ON %I.%I REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION campaign.note()', t.s, t.n);
                EXECUTE format('CREATE TRIGGER campaign_d AFTER DELETE ON %I.%I REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION campaign.note()', t.s, t.n);
                IF t.n = 'servers' THEN
                  EXECUTE format('CREATE TRIGGER campaign_server AFTER INSERT OR UPDATE ON %I.%I FOR EACH ROW EXECUTE FUNCTION campaign.note_server()', t.s, t.n);
                END IF;
              END LOOP;
            END $body$;
            """);
        return watch;
    }

    /// <summary>Everything written after a number.</summary>
    public Task<List<Written>> WritesAsync(long after = 0) =>
        RowsAsync($"SELECT n, coalesce(who, ''), tbl, turn FROM campaign.writes WHERE n > {after} ORDER BY n", r => new Written(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetInt64(3)));

    /// <summary>Every state the servers' rows have had.</summary>
    public Task<List<ServerRow>> ServersAsync() =>
        RowsAsync(
            "SELECT n, coalesce(who, ''), name, incarnation, fenced, turn FROM campaign.servers ORDER BY n",
            r => new ServerRow(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetInt32(4) != 0, r.GetInt64(5)));

    /// <summary>Asks the book itself.</summary>
    public async Task<List<T>> RowsAsync<T>(string sql, Func<NpgsqlDataReader, T> map)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 60 };
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(map(reader));
        }

        return rows;
    }

    /// <summary>
    /// Takes the book's one turn to write and keeps it until the answer is disposed: everybody else waits, and whoever is first in the line has the turn at
    /// that moment.
    /// </summary>
    public async Task<NpgsqlConnection> HoldTurnAsync()
    {
        (int Class, int Object) key = default;
        await Until.TrueAsync(
            async () =>
            {
                var seen = await RowsAsync("SELECT classid::bigint, objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2", r => (r.GetInt64(0), r.GetInt64(1)));
                key = seen.Select(k => (unchecked((int)k.Item1), unchecked((int)k.Item2))).FirstOrDefault();
                return seen.Count > 0;
            },
            () => "somebody writes");
        var connection = await OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT pg_advisory_lock({key.Class}, {key.Object})", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>How many wait for the turn.</summary>
    public async Task<long> WaitingAsync() => (await RowsAsync("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", r => r.GetInt64(0)))[0];

    /// <summary>
    /// What was written by starts of servers that had been superseded before: fenced by the other, or followed by a newer start of their own. Has to be empty.
    /// </summary>
    public async Task<List<string>> WritesOfTheSupersededAsync()
    {
        var ended = new Dictionary<string, ServerRow>(StringComparer.Ordinal);   // by start: the turn from which it may not write
        var again = new Dictionary<string, ServerRow>(StringComparer.Ordinal);   // by start: the turn from which it may, under a newer number
        var starts = new Dictionary<(string Name, long Incarnation), string>();
        foreach (var row in await ServersAsync())
        {
            if (row.Who.StartsWith(row.Name + ".", StringComparison.Ordinal) && starts.TryAdd((row.Name, row.Incarnation), row.Who))
            {
                // One process takes two numbers when the book went away while it joined: what was fenced is its first try.
                if (ended.ContainsKey(row.Who) && !again.ContainsKey(row.Who))
                {
                    again[row.Who] = row;
                }

                // A newer start of that name: all earlier ones are over.
                foreach (var (_, who) in starts.Where(s => s.Key.Name == row.Name && s.Key.Incarnation < row.Incarnation && s.Value != row.Who))
                {
                    ended[who] = ended.TryGetValue(who, out var end) && !again.ContainsKey(who) ? end : row;
                    again.Remove(who);
                }
            }

            if (row.Fenced && starts.TryGetValue((row.Name, row.Incarnation), out var fenced) && starts.Where(s => s.Value == fenced).Max(s => s.Key.Incarnation) == row.Incarnation)
            {
                ended.TryAdd(fenced, row);
            }
        }

        return [.. (await WritesAsync())
            .Where(w => ended.TryGetValue(w.Who, out var end) && w.Number > end.Number && w.Turn != end.Turn && !(again.TryGetValue(w.Who, out var from) && (w.Number >= from.Number || w.Turn == from.Turn)))
            .Select(w => $"{w.Who} wrote {w.Table} at {w.Number}, after it had ended at {ended[w.Who].Number}")];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task DoAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var to = new NpgsqlConnectionStringBuilder(_address) { Pooling = false, ApplicationName = "campaign" };
        var connection = new NpgsqlConnection(to.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
