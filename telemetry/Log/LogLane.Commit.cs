using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace SmartCity.Telemetry;

/// <content>Writing to disk. Everything here runs in <see cref="Turn"/>, one turn at a time, on a committer's thread.</content>
public sealed partial class LogLane
{
    private readonly Lock _turn = new();
    private readonly LogCommitter _committer;
    private readonly AlarmReserve? _reserve;
    private readonly SegmentList _segments;
    private readonly string _directory;
    private readonly long _segmentBytes;
    private readonly DriveInfo _drive;
    private readonly ITimer _timer;
    private Segment? _segment;
    private SafeFileHandle? _file;
    private int _state;
    private bool _stopped;
    private long _lookedAt;
    private long _failedAt;
    private long _faults;
    private long _commits;
    private long _written;
    private long _diskErrors;

    /// <summary>Where a lane stands towards its committer.</summary>
    private static class State
    {
        public const int Idle = 0;
        public const int Queued = 1;
        public const int Running = 2;
        public const int Again = 3;
    }

    /// <summary>Commits so far: each one flushed the disk once.</summary>
    public long Commits => Volatile.Read(ref _commits);

    /// <summary>Bytes of frames written to disk so far; more than appended when a commit had to be repeated.</summary>
    public long WrittenBytes => Volatile.Read(ref _written);

    /// <summary>Writes and flushes that the disk refused so far.</summary>
    public long DiskErrors => Volatile.Read(ref _diskErrors);

    /// <summary>Exceptions thrown by waiters and listeners so far.</summary>
    public long Faults => Volatile.Read(ref _faults);

    /// <summary>Bytes of a torn tail cut off when the log was opened.</summary>
    public long TornBytes { get; }

    /// <summary>Asks the committer for a turn, unless one is coming anyway.</summary>
    internal void Schedule()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state is State.Queued or State.Again)
            {
                return;
            }

            if (Interlocked.CompareExchange(ref _state, state + 1, state) == state)
            {
                if (state == State.Idle)
                {
                    _committer.Enqueue(this);
                }

                return;
            }
        }
    }

    /// <summary>One turn of the committer: one commit, if there is something to commit.</summary>
    internal void Turn()
    {
        Volatile.Write(ref _state, State.Running);
        lock (_turn)
        {
            if (!_stopped)
            {
                Commit();
            }
        }

        if (Interlocked.CompareExchange(ref _state, State.Idle, State.Running) == State.Again)
        {
            Volatile.Write(ref _state, State.Queued);
            _committer.Enqueue(this);
        }
    }

    private void Commit()
    {
        try
        {
            LookAtDisk();
            if ((_pause & Pause.DiskError) != 0 && !MayRetry())
            {
                return;
            }

            HoldForAlarms();
            var end = CommitOnce();
            if ((_pause & Pause.DiskError) != 0)
            {
                SetPause(Pause.DiskError, on: false);
                Note(LogNoticeKind.Resumed, "The disk takes writes again.");
            }

            if (end > Committed)
            {
                Succeeded(end);
            }
        }
#pragma warning disable CA1031 // The committer's thread outlives whatever goes wrong in a turn; it is told and tried again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Failed(error);
        }
    }

    /// <summary>Writes and flushes what was appended; once again at once when the reserve or a new file may help.</summary>
    private long CommitOnce()
    {
        try
        {
            return WriteAndFlush();
        }
        catch (IOException error)
        {
            if (!GiveUpReserve(error) && !(DropsOldest && LogDisk.IsFull(error) && DropOldest()) && _segment is not null)
            {
                throw;
            }

            Interlocked.Increment(ref _diskErrors);
            Note(LogNoticeKind.DiskError, "A commit failed and is repeated: " + error.Message, error);
            return WriteAndFlush();
        }
    }

    private long WriteAndFlush()
    {
        var from = Committed;
        var to = Appended;
        DropForBudget(to);
        if (_segment is null && (to > from || Lane == Lane.Alarm))
        {
            BeginSegment(from);
        }

        if (to == from)
        {
            return from;
        }

        if (_segment!.Offset(to) > _segmentBytes)
        {
            var end = LastPublishEnd(from, to, _segment.Base + _segmentBytes - Segment.HeaderBytes);
            if (end == from)
            {
                BeginSegment(from);
                end = LastPublishEnd(from, to, from + _segmentBytes - Segment.HeaderBytes);
            }

            to = end;
        }

        Span<byte> mark = stackalloc byte[Frame.MarkBytes];
        Frame.WriteMark(mark, from, from);
        _ring.Patch(from + Frame.MarkOffset, mark);
        Write(from, to);
        if (to < Appended)
        {
            // The rest belongs into the next file.
            Schedule();
        }

        return to;
    }

    private void Write(long from, long to)
    {
        try
        {
            for (var at = from; at < to;)
            {
                var piece = _ring.Piece(at, to);
                _options.Disk.Write(_file!, piece, _segment!.Offset(at));
                at += piece.Length;
            }
        }
        catch (IOException error) when (!LogDisk.IsFull(error))
        {
            Abandon(from);
            throw;
        }

        try
        {
            _options.Disk.Flush(_file!);
        }
        catch (IOException)
        {
            // The kernel may have dropped the pages and report success next time: only new pages can be trusted.
            Abandon(from);
            throw;
        }

        Interlocked.Increment(ref _commits);
        Interlocked.Add(ref _written, to - from);
    }

    /// <summary>The end of the last whole publish at or below <paramref name="limit"/>; <paramref name="from"/> when not even the first fits.</summary>
    private long LastPublishEnd(long from, long to, long limit)
    {
        if (to <= limit)
        {
            return to;
        }

        Span<byte> head = stackalloc byte[Frame.HeaderBytes];
        var end = from;
        for (var at = from; at < to;)
        {
            _ring.Copy(at, head);
            at += Frame.Length(head);
            if (at > limit)
            {
                break;
            }

            end = Frame.MoreFollow(head) ? end : at;
        }

        return end;
    }

    /// <summary>Begins a file at <paramref name="start"/>, durable with its name before any frame is in it.</summary>
    private void BeginSegment(long start)
    {
        if (_segment is { } old && old.Base == start)
        {
            // Nothing in it was ever committed, and its name is needed.
            Abandon(start);
        }

        // Under another name first: a lane whose only file is empty must not be without one, or a crash would make it begin at 0 again.
        var path = Path.Combine(_directory, Segment.NameOf(start));
        var unborn = path + Segment.Unborn;
        _options.Disk.Delete(unborn);
        var file = Create(unborn);
        try
        {
            Span<byte> header = stackalloc byte[Segment.HeaderBytes];
            Segment.WriteHeader(header, _logId, Lane, start);
            _options.Disk.Write(file, header, 0);
            _options.Disk.Flush(file);
            File.Move(unborn, path, overwrite: true);
            _options.Disk.FlushDirectory(_directory);
        }
        catch (IOException)
        {
            file.Dispose();
            _options.Disk.Delete(unborn);
            throw;
        }

        GiveBack(start);
        _file?.Dispose();
        _file = file;
        _segment = new Segment(path, start);
        _segments.Add(_segment);
    }

    /// <summary>Makes a file; whole at once where that is asked for and takes nothing that others need.</summary>
    private SafeFileHandle Create(string path)
    {
        if (Lane == Lane.Alarm)
        {
            return _options.Disk.Create(path, _segmentBytes);
        }

        if (_options.Preallocate && _reserve is not { Missing: > 0 } && _options.Disk.FreeBytes(_drive) > _options.MinimumFreeBytes + (2 * _segmentBytes))
        {
            try
            {
                var file = _options.Disk.Create(path, _segmentBytes);
                _options.Disk.SetLength(file, _segmentBytes);
                return file;
            }
            catch (IOException error) when (LogDisk.IsFull(error))
            {
                // Somebody else was quicker: a file that grows will do.
                _options.Disk.Delete(path);
            }
        }

        return _options.Disk.Create(path, 0);
    }

    /// <summary>Cuts off what was taken for the file and is not used; everything below <paramref name="end"/> is durable.</summary>
    private void GiveBack(long end)
    {
        if (!_options.Preallocate || Lane == Lane.Alarm || _file is not { IsClosed: false } file || _segment is not { } segment)
        {
            return;
        }

        try
        {
            _options.Disk.SetLength(file, segment.Offset(end));
        }
        catch (IOException error)
        {
            // Only space: what lies behind the next file's beginning is never read.
            Note(LogNoticeKind.DiskError, "A file could not be cut to its length: " + error.Message, error);
        }
    }

    /// <summary>Leaves the current file as it is up to <paramref name="committed"/>; the next commit begins a new one there.</summary>
    private void Abandon(long committed)
    {
        var (segment, file) = (_segment!, _file!);
        _segment = null;
        _file = null;
        try
        {
            if (segment.Base == committed)
            {
                _segments.Remove(segment);
                _options.Disk.Delete(segment.Path);
            }
            else
            {
                segment.End = committed;
                RandomAccess.SetLength(file, segment.Offset(committed));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Only untidy: what lies behind the next file's beginning is never read.
            Note(LogNoticeKind.DiskError, "A file that failed could not be cut off: " + error.Message, error);
        }
        finally
        {
            file.Dispose();
        }
    }

    /// <summary>What the alarms' reserve lacks is theirs: it was given up for them, and telemetry must not be quicker than they are.</summary>
    /// <exception cref="IOException">What there is to write would take from it.</exception>
    private void HoldForAlarms()
    {
        while (Appended > Committed && IsTheAlarms(Appended - Committed))
        {
            if (!DropsOldest || !DropOldest())
            {
                throw new IOException("the free disk is kept for alarms");
            }
        }
    }

    /// <summary>Whether this lane's writing so many bytes would take disk that the alarms' reserve lacks.</summary>
    private bool IsTheAlarms(long bytes) =>
        Lane == Lane.Telemetry && _reserve is { Missing: > 0 and var missing } && _options.Disk.FreeBytes(_drive) < missing + bytes;

    private bool GiveUpReserve(IOException error)
    {
        if (Lane != Lane.Alarm || _reserve is null || !_reserve.Release())
        {
            return false;
        }

        Note(LogNoticeKind.Reserve, "The disk refuses alarms; their reserve was given up to make room.", error);
        ArmTimer();
        return true;
    }

    private void Succeeded(long end)
    {
        Volatile.Write(ref _committed, end);
        WakeReaders();
        if (_acknowledgeOnCommit)
        {
            _waiters.Acknowledge(end);
        }

        CompleteFlushes(end);
        UpdateRoom();
    }

    private void Failed(Exception error)
    {
        Interlocked.Increment(ref _diskErrors);
        _failedAt = _time.GetTimestamp();
        var first = (_pause & Pause.DiskError) == 0;
        SetPause(Pause.DiskError, on: true);
        if (first)
        {
            Note(LogNoticeKind.DiskError, string.Create(CultureInfo.InvariantCulture, $"Appends wait: the disk refused a commit ({error.Message}). It is tried again every {_options.RetryInterval.TotalSeconds} s."), error);
        }

        ArmTimer();
    }

    private void ArmTimer() => _timer.Change(_options.RetryInterval, Timeout.InfiniteTimeSpan);
}
