using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Cluster;

/// <content>Who holds which session.</content>
internal sealed partial class ClusterNode
{
    private readonly Channel<(string Client, TaskCompletionSource Done, CancellationToken Gone)> _takes = Channel.CreateBounded<(string, TaskCompletionSource, CancellationToken)>(new BoundedChannelOptions(12_000) { SingleReader = true }); // as many as there may be connections
    private readonly ConcurrentDictionary<string, Task> _adopting = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _lost = new();
    private readonly ConcurrentQueue<string> _lostBefore = new();

    /// <summary>Takes a gateway's session over, before its CONNACK.</summary>
    /// <param name="client">The ClientID: <c>gw</c> or <c>gw.alarm</c>.</param>
    /// <param name="cancel">The connection is gone.</param>
    /// <exception cref="BookException">The book is away, or too many wait for it; nothing is remembered of it.</exception>
    public Task TakeAsync(string client, CancellationToken cancel)
    {
        if (IsAlone)
        {
            return Task.CompletedTask;
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _takes.Writer.TryWrite((client, done, cancel)) ? done.Task.WaitAsync(cancel) : Task.FromException(new BookException("Too many gateways wait for the book just now."));
    }

    // One transaction for all who wait: a city that comes back after a power cut is a few hundred of them, not twenty thousand.
    private async Task TakeAsync()
    {
        try
        {
            var some = new List<(string Client, TaskCompletionSource Done, CancellationToken Gone)>();
            while (await _takes.Reader.WaitToReadAsync(_stop.Token))
            {
                some.Clear();
                while (some.Count < _options.TakenAtOnce && _takes.Reader.TryRead(out var one))
                {
                    some.Add(one);
                }

                var asked = some.ToArray();
                var clients = asked.Select(s => s.Client).Distinct(StringComparer.Ordinal).ToList();
                try
                {
                    // Who did not wait is at another server by now, and must not be taken away from there.
                    await _store!.WriteAsync(
                        t => Take(t, [.. asked.Where(s => !s.Gone.IsCancellationRequested).Select(s => s.Client).Distinct(StringComparer.Ordinal)]), _stop.Token, WritePriority.Alarm);
                }
                catch (Exception e)
                {
                    some.ForEach(s => s.Done.TrySetException(e));
                    continue;
                }

                // The next ones need not wait until these are adopted.
                foreach (var (client, done, _) in asked)
                {
                    _ = TellAsync(AdoptAsync(client, clients), done);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // asked to end
        }

        while (_takes.Reader.TryRead(out var late))
        {
            late.Done.TrySetException(new BookException("This server is stopping."));
        }
    }

    private static async Task TellAsync(Task adopted, TaskCompletionSource done)
    {
        try
        {
            await adopted;
            done.TrySetResult();
        }
        catch (Exception e)
        {
            done.TrySetException(e);
        }
    }

    // Under the lock what we know of sessions is what there is (Moved), so nothing need be asked.
    private void Take(BookTransaction transaction, IReadOnlyList<string> clients)
    {
        var sql = transaction.Sql;
        var fresh = clients.Where(c => _seats.Find(c)?.Server != Name).ToList();
        if (fresh.Count == 0)
        {
            return;
        }

        var epoch = _fence!.Known + 1;
        sql.Execute(
            $"""
            INSERT INTO gateway_sessions(client, server, epoch, since)
            SELECT t.value, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM {sql.Dialect.Texts("$1")} AS t WHERE 1 = 1
            ON CONFLICT(client) DO UPDATE SET server = excluded.server, epoch = excluded.epoch, since = excluded.since
            """,
            JsonSerializer.Serialize(fresh), Name, epoch, Clock(sql));
        fresh.ForEach(client => transaction.Touches(BookAreas.Sessions, client));
        transaction.AfterCommit(() => Became(fresh, epoch));
    }

    private void Became(IReadOnlyList<string> clients, long epoch)
    {
        foreach (var client in clients)
        {
            _seats.Put(client, new Seat(Name, epoch, Held: false));
        }

        Wrote(clients.Count, epoch);
    }

    // A number that no row bears is not used: another server gives it to its next change, which we would then take for known.
    private void Wrote(int rows, long epoch)
    {
        if (rows > 0)
        {
            _fence!.Known = Math.Max(_fence.Known, epoch);
        }
    }

    // On the writer's thread, in its turn: what it writes next is judged by this.
    private void Moved(SqlSession sql)
    {
        var gained = new List<string>();
        foreach (var (client, server, epoch) in ReadSessions(sql, _fence!.Known))
        {
            var before = _seats.Find(client);
            if (server == Name)
            {
                // With another epoch it was another's between two of our looks, who may know better.
                if (before?.Server != Name || before.Value.Epoch != epoch)
                {
                    gained.Add(client);
                    _seats.Put(client, new Seat(server, epoch, Held: false));
                }
            }
            else
            {
                _seats.Put(client, new Seat(server, epoch, Held: false));

                // A gateway that was never anywhere was the leader's.
                if (before is null || before.Value.Server == Name)
                {
                    _lost.Enqueue(client);
                }
            }

            _fence.Known = epoch;
        }

        if (gained.Count > 0 || !_lost.IsEmpty)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                given =>
                {
                    TellLost(again: false);
                    _ = AdoptAllAsync(given);
                },
                gained,
                preferLocal: false);
        }
    }

    // Said again at the next beat: a connection that was just being let in was not to be found the first time.
    private void TellLost(bool again)
    {
        for (var n = _lost.Count; n > 0 && _lost.TryDequeue(out var client); n--)
        {
            if (_seats.Find(client) is { } seat && seat.Server != Name)
            {
                Lost?.Invoke(client);
                if (!again)
                {
                    _lostBefore.Enqueue(client);
                }
            }
        }
    }

    // Given by others, or taken from a server that fell silent: nobody waits for these, so a failure is tried again with the next beat.
    private async Task AdoptAllAsync(IReadOnlyList<string> clients)
    {
        foreach (var some in clients.Chunk(_options.TakenAtOnce))
        {
            try
            {
                await Task.WhenAll(some.Select(c => AdoptAsync(c, some)));
            }
            catch (Exception e) when (e is BookException or OperationCanceledException)
            {
                ClusterLog.NotAdopted(_logger, some.Length, e.Message);
            }
        }
    }

    // One at a time for a client, whoever asks; those who came together are adopted together.
    private Task AdoptAsync(string client, IReadOnlyList<string> together)
    {
        if (_seats.Find(client) is not { Held: false } seat || seat.Server != Name)
        {
            return Task.CompletedTask;
        }

        if (_adopting.TryGetValue(client, out var running))
        {
            return AgainAsync(running, client, together);
        }

        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mine = together.Where(c => _seats.Find(c) is { Held: false } s && s.Server == Name && _adopting.TryAdd(c, start.Task)).ToList();
        _ = HandOverAsync(mine, start);
        return AgainAsync(_adopting.TryGetValue(client, out var here) ? here : start.Task, client, together);
    }

    // What ran may have begun with an earlier epoch: the session went meanwhile, and came back.
    private async Task AgainAsync(Task running, string client, IReadOnlyList<string> together)
    {
        await running;
        await AdoptAsync(client, together);
    }

    private async Task HandOverAsync(List<string> clients, TaskCompletionSource done)
    {
        try
        {
            var epochs = clients.ConvertAll(c => _seats.Find(c)?.Epoch ?? -1);
            if (clients.Count > 0)
            {
                await AskAsync(clients);
                for (var i = 0; i < clients.Count; i++)
                {
                    _seats.TryHold(clients[i], Name, epochs[i]);
                }
            }

            clients.ForEach(c => _adopting.TryRemove(c, out _));
            done.TrySetResult();
        }
        catch (Exception e)
        {
            clients.ForEach(c => _adopting.TryRemove(c, out _));
            done.TrySetException(e);
            _ = done.Task.Exception; // whoever waits hears of it; that nobody does is no fault
        }
    }

    private async Task AskAsync(IReadOnlyList<string> clients)
    {
        foreach (var adopt in Adopting?.GetInvocationList().Cast<Func<IReadOnlyList<string>, CancellationToken, Task>>() ?? [])
        {
            await adopt(clients, _stop.Token);
        }
    }
}
