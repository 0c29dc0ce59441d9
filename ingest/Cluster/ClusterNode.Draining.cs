using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Cluster;

/// <content>Giving everything away before a stop.</content>
internal sealed partial class ClusterNode
{
    private static readonly TimeSpan SavingTakes = TimeSpan.FromSeconds(20);

    // First what is not saved, then gateways (they turn to the others by themselves), last what nobody has come for.
    private async Task DrainAsync()
    {
        ClusterLog.Drained(_logger, Name, "gives its gateways to the other servers");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(SavingTakes);
        var saved = false;
        try
        {
            foreach (var leave in Leaving?.GetInvocationList().Cast<Func<CancellationToken, Task>>() ?? [])
            {
                await leave(limit.Token);
            }

            saved = true;
        }
        catch (Exception e) when (e is BookException or OperationCanceledException)
        {
            var why = limit.IsCancellationRequested ? FormattableString.Invariant($"the book did not take it within {SavingTakes.TotalSeconds:F0} s") : e.Message;
            ClusterLog.Drained(_logger, Name, "could not save everything before it gave its gateways away: " + why);
        }

        Lead(leads: false);
        try
        {
            var to = await _store!.WriteAsync(GiveAway, _stop.Token, WritePriority.Alarm);
            TellLost(again: false);
            ClusterLog.Drained(_logger, Name, to is null ? "keeps what it holds: there is no other server" : $"has given everything to {to} and may be stopped" + (saved ? "" : "; holds that ran and were not saved begin anew there"));
        }
        catch (Exception e) when (e is BookException or OperationCanceledException)
        {
            _drains = false; // the next beat finds the order again
            ClusterLog.Drained(_logger, Name, "could not give its gateways away yet: " + e.Message);
        }
    }

    private string? GiveAway(BookTransaction transaction)
    {
        var sql = transaction.Sql;
        var now = Clock(sql);
        var standings = Read(sql, now);
        var to = standings.Where(s => s.Row.Name != Name && !s.Row.Draining && IsLiving(s, now)).MinBy(s => s.Row.BeatAge)?.Row.Name;
        if (to is null)
        {
            sql.Execute("UPDATE servers SET draining = 0 WHERE name = $1", Name);
            return null;
        }

        if (standings.Exists(s => s.Row.Name == Name && s.Row.Leader))
        {
            sql.Execute("UPDATE servers SET leader = CASE WHEN name = $1 THEN 1 ELSE 0 END", to);
        }

        transaction.Touches(BookAreas.Servers);
        var epoch = _fence!.Known + 1;
        var given = sql.Query("UPDATE gateway_sessions SET server = $2, epoch = $3, since = $4 WHERE server = $1 RETURNING client", r => r.GetString(0), Name, to, epoch, now);
        transaction.AfterCommit(() =>
        {
            foreach (var client in given)
            {
                _seats.Put(client, new Seat(to, epoch, Held: false));
                _lost.Enqueue(client); // one that was just being let in was not to be found when all were sent away
            }

            Wrote(given.Count, epoch);
        });
        return to;
    }
}
