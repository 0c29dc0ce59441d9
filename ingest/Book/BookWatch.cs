namespace SmartCity.Ingest.Book;

/// <summary>
/// Whether a book far away answers: it is asked nothing much, twice a second, by a thread and on a connection of its own, so that neither a slow question nor a
/// writer that waits for its turn counts as away, and nobody has to wait for a time limit to know it. A book that answers and takes no commit is away too: our own writer's
/// turn stands still, or a commit of anybody's has not ended. A book in a file is never away, and nobody asks it.
/// </summary>
internal sealed class BookWatch : IAsyncDisposable
{
    /// <summary>Without an answer for so long it counts as away: one lost packet is none.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.25);

    private readonly Func<SqlSession>? _open;
    private readonly Func<SqlSession, string?> _ask = _ => null;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _asking = Task.CompletedTask;
    private readonly Task _judging = Task.CompletedTask;
    private volatile TaskCompletionSource _away = Waiting();
    private volatile string? _reason;
    private volatile string? _heldUp;
    private long _answered;
    private long _since;
    private volatile bool _isAway;

    /// <summary>Of a book that is always there.</summary>
    public BookWatch() => _time = TimeProvider.System;

    /// <param name="open">Opens a connection that gives up by itself before <see cref="Patience"/>; it has just answered.</param>
    /// <param name="ask">Asks it; what holds up all writing, in words, or null.</param>
    /// <param name="time">The clock.</param>
    public BookWatch(Func<SqlSession> open, Func<SqlSession, string?> ask, TimeProvider time)
    {
        (_open, _ask, _time) = (open, ask, time);
        _answered = time.GetTimestamp();
        _asking = Task.Factory.StartNew(Ask, _stopping.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _judging = JudgeAsync();
    }

    /// <summary>Our writer's turn: a number that changes with each of its questions; null while it has none. Must be quick.</summary>
    public Func<long?>? UnderWay { get; set; }

    /// <summary>It has not answered for <see cref="Patience"/>, or taken no commit. Any thread; costs nothing.</summary>
    public bool IsAway => _isAway;

    /// <summary>When it answered last, or last took what was written; null while it is not away.</summary>
    public DateTimeOffset? Since => _isAway ? _time.GetUtcNow() - _time.GetElapsedTime(Volatile.Read(ref _since)) : null;

    /// <summary>What was last said instead of an answer; null when it is not away.</summary>
    public string? Reason => _isAway ? Words ?? "no answer" : null;

    /// <summary>It is away now, or it is back. One at a time; must not wait.</summary>
    public event Action<bool>? Changed;

    /// <summary>There is something to watch.</summary>
    public bool IsWatching => _open is not null;

    /// <summary>Waits for what was asked of the book, but not for a book that is away.</summary>
    /// <exception cref="BookEngineException">It is away; what was asked may have happened, or may happen yet.</exception>
    public async Task<T> OrAwayAsync<T>(Task<T> asked)
    {
        if (_open is null || asked.IsCompleted)
        {
            return await asked;
        }

        var away = _away.Task;
        return await Task.WhenAny(asked, away) == asked ? await asked : throw Away();
    }

    /// <summary>Throws while it is away: who asked now would only stand in the way of who asks when it is back.</summary>
    /// <exception cref="BookEngineException">It is.</exception>
    public void ThrowIfAway()
    {
        if (_isAway)
        {
            throw Away(notBegun: true);
        }
    }

    /// <summary>The refusal, for who gave up before anything had begun.</summary>
    public BookEngineException Away(bool notBegun = false) => new(BookFault.Away, $"The book does not answer: {Words ?? "nothing comes back"}", null) { NotBegun = notBegun };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _asking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _judging.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private string? Words => _reason ?? _heldUp ?? (_isAway ? "a write of this server's has had no answer for two seconds" : null);

    private static TaskCompletionSource Waiting() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Ask()
    {
        SqlSession? session = null;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                session ??= _open!();
                var held = _ask(session);
                Volatile.Write(ref _answered, _time.GetTimestamp());
                (_reason, _heldUp) = (null, held);
            }
            catch (BookEngineException e)
            {
                _reason = e.Message;
                session?.Dispose();
                session = null;
            }

            _stopping.Token.WaitHandle.WaitOne(Every);
        }

        session?.Dispose();
    }

    // By looks of our own, not by the clock: a process that was stopped for a minute asks first when it wakes.
    private async Task JudgeAsync()
    {
        var (seen, looks) = (0L, 0);
        var (asked, turns) = ((long?)null, 0);
        while (true)
        {
            await Task.Delay(Look, _time, _stopping.Token);
            var answered = Volatile.Read(ref _answered);
            (seen, looks) = (answered, answered == seen ? looks + 1 : 0);
            var turn = UnderWay?.Invoke();
            (asked, turns) = (turn, turn is not null && turn == asked ? turns + 1 : 0);
            var away = looks * Look >= Patience || turns * Look >= Patience || _heldUp is not null;
            if (away == _isAway)
            {
                continue;
            }

            if (away)
            {
                Volatile.Write(ref _since, Math.Min(answered, _time.GetTimestamp() - (long)(Patience.TotalSeconds * _time.TimestampFrequency)));
            }

            _isAway = away;
            if (away)
            {
                _away.TrySetResult();
            }
            else
            {
                _away = Waiting();
            }

            Changed?.Invoke(away);
        }
    }
}
