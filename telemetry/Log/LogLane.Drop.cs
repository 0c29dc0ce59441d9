namespace SmartCity.Telemetry;

/// <content>Giving up the oldest files (<see cref="LogOverflow.DropOldest"/>). Runs in the committer's turn, like writing.</content>
public sealed partial class LogLane
{
    private long _dropped;

    /// <summary>Frames given up so far that no reader had advanced over.</summary>
    public long DroppedFrames => Volatile.Read(ref _dropped);

    /// <summary>Whether the oldest files go when there is no room. Alarms never do, whatever the option says.</summary>
    internal bool DropsOldest => Lane == Lane.Telemetry && _options.Overflow == LogOverflow.DropOldest;

    /// <summary>Makes the files and <paramref name="end"/> fit the budget.</summary>
    private void DropForBudget(long end)
    {
        while (DropsOldest && end - First > _budget && DropOldest())
        {
            // One file after the other, each made stable before the next.
        }
    }

    /// <summary>Makes room on a disk that somebody else fills.</summary>
    private long DropForFreeDisk(long free)
    {
        while (DropsOldest && free < _options.MinimumFreeBytes && DropOldest())
        {
            free = _options.Disk.FreeBytes(_drive);
        }

        return free;
    }

    /// <summary>Deletes the oldest file; false when only the one that is being written is left.</summary>
    private bool DropOldest()
    {
        if (_segments.Oldest is not { } segment)
        {
            return false;
        }

        var lost = Count(segment);
        lock (_readersGate)
        {
            if (_segments.Oldest != segment)
            {
                // A reader has advanced over it meanwhile, and so it went by itself.
                return true;
            }

            if (lost.Frames > 0)
            {
                Interlocked.Add(ref _dropped, lost.Frames);
                Tell(lost);
            }

            _segments.Trim(segment.End, _options.Disk);
            Volatile.Write(ref _hold, Math.Max(_hold, First));
        }

        UpdateRoom();
        return true;
    }

    /// <summary>What would be lost with a file: the frames that no reader has advanced over.</summary>
    private LogDropped Count(Segment segment)
    {
        long frames = 0, first = 0, last = 0;
        try
        {
            using var reader = new LogReader(this, "dropping", Math.Clamp(Volatile.Read(ref _hold), segment.Base, segment.End));
            while (reader.Cursor.Position < segment.End && reader.TryRead(1 << 20, out var batch))
            {
                foreach (var frame in batch)
                {
                    if (frame.Position >= segment.End)
                    {
                        break;
                    }

                    frames++;
                    if ((frame.Flags & FrameFlags.Monotonic) == 0)
                    {
                        first = first == 0 ? frame.ReceivedAt : first;
                        last = frame.ReceivedAt;
                    }
                }
            }
        }
        catch (Exception error) when (error is LogDamagedException or IOException)
        {
            Note(LogNoticeKind.DiskError, "A file that has to be given up could not be counted: " + error.Message, error);
        }

        return new LogDropped(Lane, frames, first, last);
    }

    private void Tell(LogDropped lost)
    {
        try
        {
            _options.Dropped?.Invoke(lost);
        }
#pragma warning disable CA1031 // A listener that throws must not stop the log.
        catch (Exception error)
#pragma warning restore CA1031
        {
            NoteFault(error);
        }
    }
}
