using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Cluster;

/// <content>Saying that we live, and seeing who does not.</content>
internal sealed partial class ClusterNode
{
    private readonly SemaphoreSlim _hurry = new(0, 1);
    private long _lastBeat;
    private long _steadySince;
    private long _heard;
    private bool _failing;
    private Task _leading = Task.CompletedTask;
    private Task _draining = Task.CompletedTask;

    /// <summary>The book has taken a beat of ours a moment ago, so this server can judge and say so; always true alone.</summary>
    public bool IsHeard => IsAlone || _time.GetElapsedTime(Volatile.Read(ref _heard)) < _options.Gap;

    /// <summary>Looks at the book at once, not with the next beat: another server said that it changed.</summary>
    public void Hurry()
    {
        try
        {
            _hurry.Release();
        }
        catch (SemaphoreFullException)
        {
            // it hurries already
        }
    }

    /// <summary>One beat, for tests that have no second.</summary>
    internal async Task BeatOnceAsync(CancellationToken cancel)
    {
        var given = new List<string>();
        await _store!.WriteAsync(t => Beat(t, given), cancel, WritePriority.Alarm);
        while (_lostBefore.TryDequeue(out var client))
        {
            _lost.Enqueue(client);
        }

        TellLost(again: true);
        Settle();
    }

    private async Task BeatAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await WaitAsync();
                await BeatOnceAsync(_stop.Token);
                _failing = false;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (BookSupersededException)
            {
                return;
            }
            catch (Exception e)
            {
                if (!_failing)
                {
                    ClusterLog.NotHeard(_logger, Name, e.Message);
                }

                _failing = true;
            }
        }
    }

    private async Task WaitAsync()
    {
        using var next = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var hurry = _hurry.WaitAsync(next.Token);
        await Task.WhenAny(hurry, Task.Delay(_options.Beat, _time, next.Token));
        await next.CancelAsync();
        await hurry.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Token.ThrowIfCancellationRequested();
        if (hurry.IsCompletedSuccessfully)
        {
            // A city that turns to the other server says so ten thousand times; it is looked at ten times a second.
            await Task.Delay(_options.Hurry, _time, _stop.Token);
        }
    }

    // All times are the book's.
    private void Beat(BookTransaction transaction, List<string> given)
    {
        var sql = transaction.Sql;
        var now = Clock(sql);
        sql.Execute("UPDATE servers SET beat_at = $2 WHERE name = $1", Name, now);
        var standings = Read(sql, now);
        var steady = now - _lastBeat > Instant.Of(_options.Gap) ? now : _steadySince;
        var dead = now - steady < Instant.Of(_options.Patience)
            ? []
            : standings.FindAll(s => s.Row.Name != Name && !s.Row.Fenced && now - s.Beat > Instant.Of(_options.Patience));
        var draining = standings.Exists(s => s.Row is { Draining: true } && s.Row.Name == Name);
        if (draining && !standings.Exists(s => IsLiving(s, now) && !s.Row.Draining && s.Row.Name != Name))
        {
            // Whoever was to take what we hold is gone: it is ours again.
            draining = sql.Execute("UPDATE servers SET draining = 0 WHERE name = $1", Name) == 0;
        }

        var epoch = 0L;
        foreach (var one in dead)
        {
            sql.Execute("UPDATE servers SET fenced = 1, leader = 0 WHERE name = $1", one.Row.Name);
            epoch = _fence!.Known + 1;
            var taken = sql.Query("UPDATE gateway_sessions SET server = $2, epoch = $3, since = $4 WHERE server = $1 RETURNING client", r => r.GetString(0), one.Row.Name, Name, epoch, now);
            given.AddRange(taken);
            transaction.Touches(BookAreas.Servers);
            transaction.AfterCommit(() =>
            {
                if (one.Beat == 0)
                {
                    ClusterLog.Left(_logger, one.Row.Name, taken.Count);
                }
                else
                {
                    ClusterLog.Fenced(_logger, one.Row.Name, one.Row.BeatAge.TotalSeconds, taken.Count);
                }
            });
        }

        if (!draining && !standings.Exists(s => s.Row is { Leader: true, Fenced: false } && !dead.Contains(s)))
        {
            sql.Execute("UPDATE servers SET leader = CASE WHEN name = $1 THEN 1 ELSE 0 END", Name);
            transaction.Touches(BookAreas.Servers);
        }

        standings = Read(sql, now);
        transaction.AfterCommit(() =>
        {
            (_lastBeat, _steadySince) = (now, steady);
            Volatile.Write(ref _heard, _time.GetTimestamp());
            _servers = [.. standings.Select(s => s.Row)];
            if (epoch > 0)
            {
                Became(given, epoch);
            }
        });
    }

    private bool IsLiving(Standing standing, long now) => !standing.Row.Fenced && now - standing.Beat <= Instant.Of(_options.Patience);

    // What the beat has shown: leadership that came or went, sessions that are not adopted yet, an order to drain. None of it holds up the next beat.
    private void Settle()
    {
        var me = _servers.FirstOrDefault(s => s.Name == Name);
        if (me is { Leader: false } && _leads)
        {
            Lead(leads: false);
        }
        else if (me is { Leader: true, Draining: false } && !_leads && _leading.IsCompleted)
        {
            _leading = BeginToLeadAsync();
        }

        if (_seats.Of(Name, held: false) is { Count: > 0 } waiting)
        {
            _ = AdoptAllAsync(waiting);
        }

        if (me is { Draining: true } && !_drains)
        {
            _drains = true;
            _draining = DrainAsync();
        }
        else if (me is { Draining: false } && _drains && _draining.IsCompleted)
        {
            _drains = false;
            ClusterLog.Drained(_logger, Name, "takes gateways again");
        }
    }

    private async Task BeginToLeadAsync()
    {
        try
        {
            await AskAsync([Rest]);
            if (_servers.FirstOrDefault(s => s.Name == Name) is { Leader: true } && !_drains)
            {
                Lead(leads: true);
            }
        }
        catch (Exception e) when (e is BookException or OperationCanceledException)
        {
            ClusterLog.NotAdopted(_logger, 1, e.Message); // tried again with the next beat
        }
    }
}
