using SmartCity.Grains;
using SmartCity.Ingest.Serve;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Readers;

/// <summary>Feeds one lane of the log to the grains and their transitions to the book. On the alarm lane its progress is what PUBACK says:
/// evaluated, and any alert in the book.</summary>
/// <param name="lane">The lane.</param>
/// <param name="host">Its grains.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where trouble is said.</param>
/// <param name="goesOn">While the book is away more is read and judged, as far as the host takes it: where there are several servers, and a book that may be.</param>
internal sealed class GrainReader(LogLane lane, IGrainHost host, TimeProvider time, ILogger<GrainReader> logger, bool goesOn = false)
{
    /// <summary>The name under which the log holds frames for it.</summary>
    public const string Name = "grains";

    private const int BatchBytes = 256 * 1024;
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(5);

    // Gateways wait for a living server's word: a book that is back is found within a tick.
    private static readonly TimeSpan LastRetryOfSeveral = TimeSpan.FromSeconds(1);

    // Before anybody may send: what lies before it nobody waits for any more.
    private readonly LogCursor _backlog = lane.End;
    private readonly SaidSeldom _stuck = new(time);
    private LogReader? _reader;
    private long _failures;
    private string? _trouble;
    private long _committing;
    private long _retryAt;
    private TimeSpan _pause;
    private TaskCompletionSource? _saving;

    public Lane Lane => lane.Lane;

    public IGrainHost Host => host;

    /// <summary>Bytes of the log it has not applied.</summary>
    public long Lag => _reader?.Lag ?? lane.Committed - lane.First;

    /// <summary>True when everything committed is applied.</summary>
    public bool CaughtUp => _reader?.CaughtUp ?? false;

    /// <summary>Commits that the book refused; each was tried again.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Why it stands still, in words; null when it does not. A commit that neither fails nor ends counts too.</summary>
    public string? Trouble
    {
        get
        {
            var since = Volatile.Read(ref _committing);
            return Volatile.Read(ref _trouble)
                ?? (since != 0 && time.GetElapsedTime(since) > Patience ? $"a commit to the book has not ended for {time.GetElapsedTime(since).TotalSeconds:F0} s: look at the disk, and at who else holds the book" : null);
        }
    }

    /// <summary>An officer acknowledged an alert: a pre-alarm of this lane's zones stops becoming a fire.</summary>
    public void Acknowledge(string alert, long at) => host.Acknowledge(alert, at);

    /// <summary>An officer resolved or closed an alert: its zone begins anew.</summary>
    public void Reset(string alert, long at) => host.Reset(alert, at);

    /// <summary>What came through this gateway since it was let in here is another server's to judge: its connection must not acknowledge it. On the reader's thread.</summary>
    public Action<string>? Refused { get; set; }

    /// <summary>Saves what every grain knows, at the next look at the log: before its devices go to another server. Completes when the book has it.</summary>
    public Task SaveAsync(CancellationToken cancel)
    {
        var saving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = Interlocked.CompareExchange(ref _saving, saving, null) ?? saving;
        return asked.Task.WaitAsync(cancel);
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        host.Backlog = _backlog;
        host.Refused = Refuse;
        while (!await TryAsync(() => new ValueTask(host.LoadAsync(cancel)), cancel))
        {
            await PauseAsync(cancel);
        }

        using var reader = Open();
        _reader = reader;
        var nextTick = time.GetTimestamp();
        while (!cancel.IsCancellationRequested)
        {
            if (IsFailing && !host.MayApply)
            {
                await PersistAsync(() => host.CommitAsync(cancel), cancel); // it stands: the log keeps what comes
                continue;
            }

            var batch = await reader.ReadAsync(BatchBytes, IsFailing ? FirstRetry : TickEvery, cancel);
            if (!batch.IsEmpty)
            {
                host.Apply(batch);
            }

            if (!batch.IsEmpty ? !IsFailing || IsDue : IsFailing && IsDue)
            {
                await PersistAsync(() => host.CommitAsync(cancel), cancel);
            }

            if (time.GetTimestamp() >= nextTick)
            {
                nextTick = time.GetTimestamp() + (long)(TickEvery.TotalSeconds * time.TimestampFrequency);
                var caughtUp = reader.CaughtUp;
                await PersistAsync(() => host.TickAsync(caughtUp, cancel), cancel);
            }

            if (Volatile.Read(ref _saving) is { } saving && !IsFailing)
            {
                // What the book has not taken is not saved: who asked waits on, until it has or their time is over.
                if (await PersistAsync(() => host.Position is null ? ValueTask.CompletedTask : new ValueTask(host.CheckpointAsync(cancel)), cancel))
                {
                    Interlocked.CompareExchange(ref _saving, null, saving);
                    saving.TrySetResult();
                }
            }

            if (host.Cursor is { } saved && saved.Position > reader.Held)
            {
                reader.Advance(saved.Position);
            }
        }
    }

    private bool IsFailing => _pause != TimeSpan.Zero;

    private bool IsDue => time.GetTimestamp() >= _retryAt;

    private void Refuse(string gateway)
    {
        if (host.Position is { } position && position.Position > _backlog.Position)
        {
            Refused?.Invoke(gateway);
        }
    }

    private LogReader Open()
    {
        var cursor = host.Cursor ?? new LogCursor(lane.End.LogId, lane.Lane, lane.First);
        return lane.OpenReader(Name, cursor);
    }

    // The step's changes stay pending until the book has them: nothing is acknowledged before, it is said aloud, and a server that is alone reads nothing on.
    private async Task<bool> PersistAsync(Func<ValueTask> work, CancellationToken cancel)
    {
        while (!await TryAsync(work, cancel))
        {
            if (goesOn && host.MayApply)
            {
                return false;
            }

            await PauseAsync(cancel);
        }

        if (lane.Lane == Lane.Alarm && host.Position is { } position && position.Position > lane.Acknowledged)
        {
            lane.AcknowledgeUpTo(position.Position);
        }

        return true;
    }

    private async Task<bool> TryAsync(Func<ValueTask> work, CancellationToken cancel)
    {
        try
        {
            Volatile.Write(ref _committing, time.GetTimestamp());
            await work();
            if (Volatile.Read(ref _trouble) is not null)
            {
                Volatile.Write(ref _trouble, null);
                _stuck.Over();
                ReaderLog.Recovered(logger, lane.Lane);
            }

            _pause = TimeSpan.Zero;
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            Interlocked.Increment(ref _failures);
            var most = goesOn ? LastRetryOfSeveral : LastRetry;
            _pause = _pause == TimeSpan.Zero ? FirstRetry : _pause * 2 < most ? _pause * 2 : most;
            _retryAt = time.GetTimestamp() + (long)(_pause.TotalSeconds * time.TimestampFrequency);
            if (_stuck.IsDue(out _))
            {
                ReaderLog.Stuck(logger, lane.Lane, e.Message, most.TotalSeconds);
            }

            Volatile.Write(ref _trouble, e.Message);
            return false;
        }
        finally
        {
            Volatile.Write(ref _committing, 0);
        }
    }

    private Task PauseAsync(CancellationToken cancel) => Task.Delay(_pause, time, cancel);
}

internal static partial class ReaderLog
{
    [LoggerMessage(20, LogLevel.Error, "ALERTS ARE NOT BEING RECORDED on the {lane} lane: {error}. Trying again, every {seconds} s at least.")]
    public static partial void Stuck(ILogger logger, Lane lane, string error, double seconds);

    [LoggerMessage(21, LogLevel.Warning, "Alerts are recorded again on the {lane} lane")]
    public static partial void Recovered(ILogger logger, Lane lane);
}
