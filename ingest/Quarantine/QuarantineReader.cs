using SmartCity.Ingest.History;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Quarantine;

/// <summary>Moves the rejected lines of one lane from the log into the quarantine, each once.</summary>
internal sealed partial class QuarantineReader(LogLane lane, QuarantineStore store, TimeProvider time, ILogger logger, BackoffOptions? backoff = null)
{
    /// <summary>The name by which the log knows this reader.</summary>
    public const string Name = "quarantine";

    private const int ReadBytes = 1024 * 1024;

    /// <summary>Frames without rejected lines are the rule: their cursor is saved (an fsync) only this often, or at every 16 MiB.</summary>
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(2);

    private const long SaveBytes = 16L * 1024 * 1024;

    private readonly Backoff _backoff = new(backoff ?? new BackoffOptions());
    private readonly List<QuarantineEntry> _entries = [];

    /// <summary>How it fares; its lines are the lines moved.</summary>
    public HistoryStatus Status { get; } = new(Name, lane, time);

    /// <summary>Runs until cancelled or the log is closed. No fault of the disk ends it.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            using var reader = Open();
            Status.Opened(reader.Held);
            while (true)
            {
                var pending = reader.Cursor.Position - reader.Held;
                var come = await reader.WaitAsync(pending > 0 ? SaveInterval : Timeout.InfiniteTimeSpan, cancel);
                while (come && !await CollectAsync(reader, cancel) && _entries.Count == 0 && reader.Cursor.Position - reader.Held < SaveBytes)
                {
                    // nothing to save yet
                }

                if (!come || _entries.Count > 0 || reader.Cursor.Position - reader.Held >= SaveBytes)
                {
                    await UntilDoneAsync(() => Save(reader), cancel);
                }
                else
                {
                    // Small publishes come by the thousand; one look every now and then sees them all.
                    await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancel);
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // asked to end: what was not saved is read again at the next start
        }
        catch (ObjectDisposedException)
        {
            // the log was closed under us, at shutdown
        }
    }

    private LogReader Open()
    {
        try
        {
            return lane.OpenReader(Name, store.LoadCursor(lane.Lane));
        }
        catch (LogCursorException e)
        {
            // Some lines may then be in the quarantine twice; better than not at all.
            LogCursorRefused(lane.Lane, e.Message);
            return lane.OpenReader(Name);
        }
    }

    /// <summary>Takes the next frames; true when there are none.</summary>
    private async Task<bool> CollectAsync(LogReader reader, CancellationToken cancel)
    {
        var end = false;
        await UntilDoneAsync(
            () =>
            {
                end = !reader.TryRead(ReadBytes, out var frames);
                foreach (var frame in frames)
                {
                    if ((frame.Flags & FrameFlags.Rejected) != 0)
                    {
                        RejectedFrame.Read(frame, lane.Lane, _entries);
                    }
                }
            },
            cancel);
        return end;
    }

    private void Save(LogReader reader)
    {
        var cursor = reader.Cursor;
        store.Add(_entries, cursor);
        reader.Advance(cursor.Position);
        var moved = _entries.Count;
        _entries.Clear();
        Status.Wrote(new HistoryWritten(moved, 0), 0, 0, reader.Held);
    }

    private async Task UntilDoneAsync(Action step, CancellationToken cancel)
    {
        while (true)
        {
            TimeSpan wait;
            try
            {
                step();
                _backoff.Reset();
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException and not ObjectDisposedException)
            {
                const string Fix = "Free disk space, or see the system's log for disk errors.";
                wait = _backoff.Next();
                LogStopped(lane.Lane, e.Message, Fix, wait);
                Status.Stopped(e.Message, Fix, wait);
            }

            await Task.Delay(wait, time, cancel);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The quarantine of lane {Lane} has stopped: {Reason} To do: {Fix} Next try in {Wait}.")]
    private partial void LogStopped(Lane lane, string reason, string fix, TimeSpan wait);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The quarantine of lane {Lane} reads the log again from its oldest frame, because its cursor does not fit: {Reason}")]
    private partial void LogCursorRefused(Lane lane, string reason);
}
