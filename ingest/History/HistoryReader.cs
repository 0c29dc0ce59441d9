using SmartCity.Telemetry;

namespace SmartCity.Ingest.History;

/// <summary>
/// Carries one lane of the log into the history store. It pulls: while the store is down it simply does not, holds one batch,
/// and the log keeps the rest. A batch goes over as a whole until the store has taken it; when the store has it on disk (that is
/// the store's affair) the log is freed.
/// </summary>
internal sealed partial class HistoryReader
{
    /// <summary>The name by which the log knows this reader.</summary>
    public const string Name = "history";

    private readonly LogLane _lane;
    private readonly IHistoryStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Backoff _backoff;
    private readonly HistoryBatch _batch;
    private long _lastStart;
    private long _taken;

    /// <param name="lane">The lane to read.</param>
    /// <param name="store">Where its points go; owned by the caller.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told when the store stops and goes on.</param>
    /// <param name="backoff">Waits between tries; null for the defaults.</param>
    public HistoryReader(LogLane lane, IHistoryStore store, TimeProvider time, ILogger logger, BackoffOptions? backoff = null)
    {
        _lane = lane;
        _store = store;
        _time = time;
        _logger = logger;
        _backoff = new Backoff(backoff ?? new BackoffOptions());
        _batch = new HistoryBatch(lane.Lane, store.Encoding);
        _lastStart = time.GetTimestamp() - (time.TimestampFrequency * 3600);
        Status = new HistoryStatus(store.Name, lane, time);
    }

    /// <summary>How it fares.</summary>
    public HistoryStatus Status { get; }

    /// <summary>Runs until cancelled or the log is closed. No fault of the store ends it.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            using var reader = await OpenAsync(cancel);
            while (true)
            {
                await UntilDoneAsync(() => GatherAsync(reader, cancel), cancel);
                await UntilDoneAsync(() => DeliverAsync(reader, cancel), cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // asked to end: what was not acknowledged is read again at the next start
        }
        catch (ObjectDisposedException)
        {
            // the log was closed under us, at shutdown
        }
    }

    private async Task<LogReader> OpenAsync(CancellationToken cancel)
    {
        LogReader? reader = null;
        await UntilDoneAsync(
            async () =>
            {
                var cursor = await _store.LoadCursorAsync(_lane.Lane, cancel);
                try
                {
                    reader = _lane.OpenReader(Name, cursor);
                }
                catch (LogCursorException e)
                {
                    // Points are keyed by series and time, so everything the log still has may be sent again without harm.
                    LogCursorRefused(_lane.Lane, e.Message);
                    reader = _lane.OpenReader(Name);
                }
            },
            cancel);
        _taken = reader!.Held;
        Status.Opened(_taken);
        return reader;
    }

    /// <summary>Tries again for ever, visibly.</summary>
    private async Task UntilDoneAsync(Func<Task> step, CancellationToken cancel)
    {
        while (true)
        {
            TimeSpan wait;
            try
            {
                await step();
                _backoff.Reset();
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException and not ObjectDisposedException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
            {
                var stopped = e as HistoryStoppedException ?? new HistoryStoppedException(e.Message, "See the server's log for the whole error.", null, e);
                wait = _backoff.Next(stopped.RetryAfter);
                LogStopped(_lane.Lane, stopped.Message, stopped.Fix, wait, stopped.InnerException);
                Status.Stopped(stopped.Message, stopped.Fix, wait);
            }

            await Task.Delay(wait, _time, cancel);
        }
    }

    /// <summary>
    /// Fills the batch. The first frames after a pause go at once; under load a batch waits until its interval is over or it is
    /// full, so that many small publishes become one request.
    /// </summary>
    private async Task GatherAsync(LogReader reader, CancellationToken cancel)
    {
        var limit = _store.Batching;
        if (!await reader.WaitAsync(_taken > reader.Held ? limit.Settling ?? Timeout.InfiniteTimeSpan : Timeout.InfiniteTimeSpan, cancel))
        {
            return; // nothing came: time to look after what the store holds in memory
        }

        var left = limit.MinimumInterval - _time.GetElapsedTime(_lastStart);
        if (left > TimeSpan.Zero && reader.Lag < limit.MaximumBytes)
        {
            await Task.Delay(left, _time, cancel);
        }

        _lastStart = _time.GetTimestamp();
        try
        {
            while (_batch.Text.Length < limit.MaximumBytes && _batch.Lines < limit.MaximumLines
                && reader.TryRead(Math.Max(4096, limit.MaximumBytes - _batch.Text.Length), out var frames))
            {
                foreach (var frame in frames)
                {
                    _batch.Append(frame.Flags, frame.Payload);
                }

                _batch.Cursor = frames.End;
            }
        }
        catch (LogDamagedException) when (_batch.Cursor.Position > _taken)
        {
            // What stands before the damage is delivered first; the next reading meets it again, with nothing in hand.
        }
    }

    private async Task DeliverAsync(LogReader reader, CancellationToken cancel)
    {
        var wasStopped = Status.State.Health == HistoryHealth.Stopped;
        var written = default(HistoryWritten);
        if (_batch.Cursor.Position > _taken)
        {
            written = await _store.WriteAsync(_batch, cancel);
            _taken = _batch.Cursor.Position;
        }
        else
        {
            await _store.SettleAsync(now: false, cancel);
        }

        // Only what is on disk there may go here.
        if (_store.Durable(_lane.Lane) is { } durable && durable.LogId == reader.Cursor.LogId && durable.Position > reader.Held && durable.Position <= _taken)
        {
            reader.Advance(durable.Position);
        }

        Status.Wrote(written, _batch.Text.Length, _batch.Skipped, _taken, _taken - reader.Held);
        _batch.Clear();
        if (wasStopped)
        {
            LogRunning(_lane.Lane, _store.Name);
        }

        if (written.Rejected > 0)
        {
            LogRejected(_lane.Lane, _store.Name, written.Rejected);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "History of lane {Lane} has stopped: {Reason} To do: {Fix} Next try in {Wait}.")]
    private partial void LogStopped(Lane lane, string reason, string fix, TimeSpan wait, Exception? cause);

    [LoggerMessage(Level = LogLevel.Information, Message = "History of lane {Lane} flows again into {Store}.")]
    private partial void LogRunning(Lane lane, string store);

    [LoggerMessage(Level = LogLevel.Warning, Message = "History of lane {Lane}: {Store} refused {Lines} lines; they are in the quarantine.")]
    private partial void LogRejected(Lane lane, string store, int lines);

    [LoggerMessage(Level = LogLevel.Warning, Message = "History of lane {Lane} reads the log again from its oldest frame, because its cursor does not fit: {Reason}")]
    private partial void LogCursorRefused(Lane lane, string reason);
}
