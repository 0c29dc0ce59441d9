using System.Globalization;

namespace SmartCity.Telemetry;

/// <content>Watching free disk, flushing on request, closing.</content>
public sealed partial class LogLane
{
    private readonly Lock _flushGate = new();
    private readonly List<(long Position, TaskCompletionSource Done)> _flushes = [];

    /// <summary>Completes when everything appended so far is on disk.</summary>
    /// <exception cref="ObjectDisposedException">The log was closed first.</exception>
    public ValueTask FlushAsync(CancellationToken cancel = default)
    {
        var position = Appended;
        lock (_flushGate)
        {
            if (Committed >= position)
            {
                return ValueTask.CompletedTask;
            }

            ObjectDisposedException.ThrowIf(_stopped, this);
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _flushes.Add((position, done));
            return new ValueTask(done.Task.WaitAsync(cancel));
        }
    }

    /// <summary>Refuses appends from now on, commits what there is if the disk lets it, and ends.</summary>
    internal async Task CloseAsync(TimeSpan patience)
    {
        SetPause(Pause.Closed, on: true);
        try
        {
            if ((_pause & Pause.DiskError) == 0)
            {
                await FlushAsync().AsTask().WaitAsync(patience);
            }
        }
        catch (TimeoutException error)
        {
            Note(LogNoticeKind.DiskError, "The disk did not take the last frames before the log was closed.", error);
        }

        await _timer.DisposeAsync();
        await _paceTimer.DisposeAsync();
        lock (_turn)
        {
            _stopped = true;
            GiveBack(Committed);
            _file?.Dispose();
            _file = null;
        }

        var closed = new ObjectDisposedException(nameof(LogLane));
        lock (_flushGate)
        {
            _flushes.ForEach(flush => flush.Done.TrySetException(closed));
            _flushes.Clear();
        }

        lock (_gate)
        {
            EndWaits(closed);
        }

        WakeReaders();
    }

    internal void NoteHealed() => Note(
        LogNoticeKind.Healed,
        string.Create(CultureInfo.InvariantCulture, $"A torn tail of {TornBytes} bytes was cut off; it had never been acknowledged."));

    private void CompleteFlushes(long committed)
    {
        lock (_flushGate)
        {
            for (var i = _flushes.Count - 1; i >= 0; i--)
            {
                if (_flushes[i].Position <= committed)
                {
                    _flushes[i].Done.TrySetResult();
                    _flushes.RemoveAt(i);
                }
            }
        }
    }

    /// <summary>At most once in a retry interval: is there enough free disk, and can the reserve be taken again?</summary>
    private void LookAtDisk()
    {
        var now = _time.GetTimestamp();
        if (_lookedAt != 0 && _time.GetElapsedTime(_lookedAt, now) < _options.RetryInterval)
        {
            if ((_pause & Pause.DiskFree) != 0 || _reserve is { Missing: > 0 })
            {
                ArmTimer();
            }

            return;
        }

        _lookedAt = now;
        if (Lane == Lane.Alarm)
        {
            LookAtReserve();
            return;
        }

        if (_options.MinimumFreeBytes == 0)
        {
            return;
        }

        var free = DropForFreeDisk(_options.Disk.FreeBytes(_drive));
        var paused = (_pause & Pause.DiskFree) != 0;
        if (free < _options.MinimumFreeBytes != paused)
        {
            SetPause(Pause.DiskFree, on: !paused);
            Note(
                paused ? LogNoticeKind.Resumed : LogNoticeKind.Paused,
                paused ? "Appends go on: the disk has free space again." : "Appends wait: the disk has less free space than it must keep.");
            paused = !paused;
        }

        if (paused)
        {
            ArmTimer();
        }
    }

    private void LookAtReserve()
    {
        if (_reserve is null || _reserve.Missing == 0)
        {
            return;
        }

        if (_reserve.TryTake())
        {
            Note(LogNoticeKind.Reserve, "The alarm lane's reserve is held.");
        }
        else
        {
            ArmTimer();
        }
    }

    /// <summary>Whether a failed disk may be tried again: after a while, and, for telemetry, only with space that is not the alarms'.</summary>
    private bool MayRetry()
    {
        if (_time.GetElapsedTime(_failedAt) < _options.RetryInterval || (!DropsOldest && IsTheAlarms(Appended - Committed)))
        {
            ArmTimer();
            return false;
        }

        return true;
    }
}
