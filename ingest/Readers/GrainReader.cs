using SmartCity.Grains;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Readers;

/// <summary>Feeds one lane of the log to the grains and their transitions to the book. On the alarm lane its progress is what PUBACK says:
/// evaluated, and any alert in the book.</summary>
internal sealed class GrainReader(LogLane lane, IGrainHost host, TimeProvider time, ILogger<GrainReader> logger)
{
    /// <summary>The name under which the log holds frames for it.</summary>
    public const string Name = "grains";

    private const int BatchBytes = 256 * 1024;
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(5);

    private LogReader? _reader;
    private long _failures;
    private string? _trouble;
    private long _committing;

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

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await PersistAsync(() => new ValueTask(host.LoadAsync(cancel)), cancel);
        using var reader = Open();
        _reader = reader;
        var nextTick = time.GetTimestamp();
        while (!cancel.IsCancellationRequested)
        {
            var batch = await reader.ReadAsync(BatchBytes, TickEvery, cancel);
            if (!batch.IsEmpty)
            {
                host.Apply(batch);
                await PersistAsync(() => host.CommitAsync(cancel), cancel);
                if (lane.Lane == Lane.Alarm)
                {
                    lane.AcknowledgeUpTo(batch.End.Position);
                }
            }

            if (time.GetTimestamp() >= nextTick)
            {
                nextTick = time.GetTimestamp() + (long)(TickEvery.TotalSeconds * time.TimestampFrequency);
                var caughtUp = reader.CaughtUp;
                await PersistAsync(() => host.TickAsync(caughtUp, cancel), cancel);
            }

            if (host.Cursor is { } saved && saved.Position > reader.Held)
            {
                reader.Advance(saved.Position);
            }
        }
    }

    private LogReader Open()
    {
        var cursor = host.Cursor ?? new LogCursor(lane.End.LogId, lane.Lane, lane.First);
        return lane.OpenReader(Name, cursor);
    }

    // The step's changes stay pending until the book has them: nothing is read on, nothing is acknowledged, and it is said aloud.
    private async Task PersistAsync(Func<ValueTask> work, CancellationToken cancel)
    {
        var pause = FirstRetry;
        while (true)
        {
            try
            {
                Volatile.Write(ref _committing, time.GetTimestamp());
                await work();
                if (Volatile.Read(ref _trouble) is not null)
                {
                    Volatile.Write(ref _trouble, null);
                    ReaderLog.Recovered(logger, lane.Lane);
                }

                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
            {
                Interlocked.Increment(ref _failures);
                Volatile.Write(ref _trouble, e.Message);
                ReaderLog.Stuck(logger, lane.Lane, e.Message, pause.TotalSeconds);
            }
            finally
            {
                Volatile.Write(ref _committing, 0);
            }

            await Task.Delay(pause, time, cancel);
            pause = pause * 2 < LastRetry ? pause * 2 : LastRetry;
        }
    }
}

internal static partial class ReaderLog
{
    [LoggerMessage(20, LogLevel.Error, "ALERTS ARE NOT BEING RECORDED on the {lane} lane: {error}. Trying again in {seconds} s.")]
    public static partial void Stuck(ILogger logger, Lane lane, string error, double seconds);

    [LoggerMessage(21, LogLevel.Warning, "Alerts are recorded again on the {lane} lane")]
    public static partial void Recovered(ILogger logger, Lane lane);
}
