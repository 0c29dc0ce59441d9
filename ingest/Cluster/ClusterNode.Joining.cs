using SmartCity.Ingest.Book;
using SmartCity.Ingest.Book.Engines;

namespace SmartCity.Ingest.Cluster;

/// <summary>What tells one server's folder from another's.</summary>
/// <param name="Ca">Fingerprint of its certificate authority: servers of one city share one, for gateways trust it.</param>
/// <param name="Log">Id of its log: who has it open is alone with it.</param>
/// <param name="Program">Version of the program.</param>
/// <param name="Flavour">Where its grains live: servers that run beside each other keep them in one way.</param>
internal sealed record ServerFacts(string Ca, Guid Log, string Program, string Flavour);

/// <content>Coming and going.</content>
internal sealed partial class ClusterNode
{
    private const string Columns = "name, incarnation, url, program, started_at, beat_at, fenced, leader, draining, ca, log, flavour";

    private sealed record Standing(ServerRow Row, string Ca, string Log, long Beat, string? Flavour);

    /// <summary>Begins a new incarnation of this server, and its beats.</summary>
    /// <exception cref="BookException">It must not: it runs elsewhere, or belongs to another city. The message says what to do.</exception>
    public static async Task<ClusterNode> JoinAsync(BookStore store, ClusterOptions options, ServerFacts facts, TimeProvider time, ILogger logger, CancellationToken cancel)
    {
        var node = new ClusterNode(options, store, time, logger);
        long? seen = null;
        for (var waited = TimeSpan.Zero; !await store.WriteAsync(t => node.TryJoin(t, facts, seen is null || waited < options.Gap, ref seen), cancel); waited += options.Beat)
        {
            await Task.Delay(options.Beat, time, cancel);
        }

        store.Engine.Fence = node._fence;
        node._running = Task.WhenAll(Task.Run(node.BeatAsync, CancellationToken.None), Task.Run(node.TakeAsync, CancellationToken.None));
        return node;
    }

    // False: a server of this name was heard a moment ago from another folder. One that is heard again is another one; one that is not was this one's last life.
    private bool TryJoin(BookTransaction transaction, ServerFacts facts, bool mayWait, ref long? seen)
    {
        var sql = transaction.Sql;
        var now = Clock(sql);
        var standings = Read(sql, now);
        if (standings.Find(s => s.Ca != facts.Ca && s.Row.Name != Name) is { } foreign)
        {
            throw new BookException(
                $"This server's certificate authority is another than that of server {foreign.Row.Name}, so gateways would not trust it. Copy the folder ca and the file webhooks.key from that server's data folder into this one's, and start again. If that server is gone for ever: server forget {foreign.Row.Name}.");
        }

        if (standings.Find(s => s.Row.Name != Name && s.Flavour is { } other && other != facts.Flavour && IsLiving(s, now)) is { } odd)
        {
            throw new BookException(
                $"This program is of the flavour \"{facts.Flavour}\", and server {odd.Row.Name} is \"{odd.Flavour}\", and the servers of a book are of one. Start the same program here, or stop {odd.Row.Name} first.");
        }

        var mine = standings.Find(s => s.Row.Name == Name);
        if (mine is { Row.Fenced: false } && mine.Log != facts.Log.ToString("D") && now - mine.Beat < Instant.Of(_options.Patience))
        {
            if (seen is { } before && mine.Beat > before)
            {
                throw new BookException($"A server named {Name} is running already, with another data folder. Give this one another name: cluster.name.");
            }

            seen = mine.Beat;
            if (mayWait)
            {
                return false;
            }
        }

        _incarnation = (mine?.Row.Incarnation ?? 0) + 1;
        var leads = !standings.Exists(s => s.Row is { Leader: true, Fenced: false } && s.Row.Name != Name);
        sql.Execute(
            $"""
            INSERT INTO servers(name, incarnation, url, ca, log, program, started_at, beat_at, leader, flavour) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)
            ON CONFLICT(name) DO UPDATE SET incarnation = $2, url = $3, ca = $4, log = $5, program = $6, started_at = $7, beat_at = $7, leader = $8, flavour = $9, fenced = 0, draining = 0
            """,
            Name, _incarnation, _options.Url, facts.Ca, facts.Log.ToString("D"), facts.Program, now, leads, facts.Flavour);
        TakeOverPositions(sql, facts.Log);
        transaction.Touches(BookAreas.Servers);
        var sessions = ReadSessions(sql, 0);
        var servers = Read(sql, now);
        transaction.AfterCommit(() =>
        {
            foreach (var (client, server, epoch) in sessions)
            {
                _seats.Put(client, new Seat(server, epoch, Held: server == Name));
            }

            _fence = new WriterFence(Name, _incarnation, facts.Log) { Known = sessions.Count == 0 ? 0 : sessions.Max(s => s.Epoch), Moved = Moved, Superseded = End };
            (_lastBeat, _steadySince) = (now, now);
            Volatile.Write(ref _heard, _time.GetTimestamp());
            _servers = [.. servers.Select(s => s.Row)];
            _leads = leads;
            ClusterLog.Joined(_logger, Name, _incarnation, leads ? ", leading" : "", servers.Count);
        });
        return true;
    }

    // A book that was a file and was moved: its one server's positions are those of the server that has that log.
    private void TakeOverPositions(SqlSession sql, Guid log)
    {
        if (sql.Execute("UPDATE cursors SET server = $1 WHERE server = '' AND log = $2", Name, log.ToString("D")) > 0)
        {
            sql.Execute("UPDATE grains SET server = $1 WHERE server = ''", Name);
        }

        sql.Execute("UPDATE ledger_cursor SET server = $1 WHERE server = '' AND log = $2", Name, log.ToString("D"));
    }

    // Stopped by somebody: the others need not wait for our silence. The next incarnation finds its log and its sessions, if nobody took them.
    private async Task LeaveAsync()
    {
        if (_over)
        {
            return; // it is gone already in the eyes of the others
        }

        try
        {
            await _store!.WriteAsync(
                t =>
                {
                    t.Sql.Execute("UPDATE servers SET beat_at = 0, leader = 0 WHERE name = $1 AND incarnation = $2", Name, _incarnation);
                    t.Touches(BookAreas.Servers);
                },
                CancellationToken.None,
                WritePriority.Alarm);
        }
        catch (BookSupersededException)
        {
            // just now
        }
        catch (Exception e) when (e is BookException or ObjectDisposedException)
        {
            ClusterLog.NotLeft(_logger, Name, e.Message);
        }
    }

    private void End(string words)
    {
        _over = true;
        ClusterLog.Superseded(_logger, words);
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                Lead(leads: false);
                Superseded?.Invoke(words);
            },
            null);
    }

    private static List<Standing> Read(SqlSession sql, long now) => sql.Query(
        $"SELECT {Columns} FROM servers ORDER BY name",
        r => new Standing(
            new ServerRow(
                r.GetString(0), r.GetInt64(1), r.Text(2), r.GetString(3), Instant.ToMoment(r.GetInt64(4)), Instant.ToMoment(r.GetInt64(5)),
                TimeSpan.FromTicks(Math.Max(0, now - r.GetInt64(5)) / 100), r.Flag(6), r.Flag(7), r.Flag(8)),
            r.GetString(9),
            r.GetString(10),
            r.GetInt64(5),
            r.Text(11)));

    private static List<(string Client, string Server, long Epoch)> ReadSessions(SqlSession sql, long after) => sql.Query(
        "SELECT client, server, epoch FROM gateway_sessions WHERE epoch > $1 ORDER BY epoch", r => (r.GetString(0), r.GetString(1), r.GetInt64(2)), after);
}
