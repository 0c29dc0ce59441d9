namespace SmartCity.Telemetry;

/// <content>
/// The pace of the readers (<see cref="LogOptions.PaceBytes"/>). Up to half of that lag appends are free. Beyond it they may go as far as the whole
/// of it, and once it was exceeded (a store was away) 7 bytes may come in for each 8 that the slowest reader has read, so that the lag shrinks. What
/// a reader frees by one step is given out over the time that its step took: a reader that takes a megabyte at a time does not let everybody
/// stand and run.
/// </content>
public sealed partial class LogLane
{
    /// <summary>A reader that has not moved for this long stands still: its store is away. Longer than any reader takes for a batch.</summary>
    private static readonly TimeSpan _standsStill = TimeSpan.FromSeconds(2);

    /// <summary>How often those who wait are let go on. Short beside what a commit takes under load, long beside a turn of the thread pool.</summary>
    private static readonly TimeSpan _paceStep = TimeSpan.FromMilliseconds(5);

    private readonly long _paceBytes;
    private readonly ITimer _paceTimer;
    private long _paceFrom;
    private long _paceTo = long.MaxValue;
    private long _paceSpan;
    private long _slowest;
    private long _movedAt;

    /// <summary>A reader has read on.</summary>
    internal void Moved()
    {
        if (_paceBytes == 0)
        {
            return;
        }

        var slowest = Slowest();
        lock (_gate)
        {
            if (slowest <= _slowest)
            {
                return;
            }

            var now = _time.GetTimestamp();
            var moved = slowest - _slowest;

            // One that stood still and goes on has a long way to go: from where it finds the lane.
            var (allowed, end) = _paceTo == long.MaxValue ? (_appended, _appended) : (Allowed(now), _paceTo);
            _paceTo = Math.Max(slowest + _paceBytes, end + moved - (moved / 8));
            _paceFrom = _appended - slowest > _paceBytes / 2 ? Math.Min(allowed, _paceTo) : _paceTo;
            _paceSpan = Math.Min(now - _movedAt, _time.TimestampFrequency);
            _slowest = slowest;
            _movedAt = now;
        }
    }

    /// <summary>Readers came or went: what was known about the slowest holds no longer.</summary>
    private void PaceAnew()
    {
        if (_paceBytes == 0)
        {
            return;
        }

        var slowest = Slowest();
        lock (_gate)
        {
            _slowest = slowest;
            _movedAt = _time.GetTimestamp();
            Free();
        }
    }

    /// <summary>Under the gate: whether the lane is ahead of its readers as far as it may be now. Notes that, and looks again in a moment.</summary>
    private bool IsAhead()
    {
        if (_appended < _paceFrom || _paceTo == long.MaxValue)
        {
            return false;
        }

        var now = _time.GetTimestamp();
        if (_appended < Allowed(now))
        {
            return false;
        }

        if (_time.GetElapsedTime(_movedAt, now) > _standsStill)
        {
            _paceTo = long.MaxValue;
            return false;
        }

        _pause |= Pause.Readers;
        _paceTimer.Change(_paceStep, Timeout.InfiniteTimeSpan);
        return true;
    }

    private void LookAtPace()
    {
        lock (_gate)
        {
            if ((_pause & Pause.Readers) != 0 && !IsAhead())
            {
                _pause &= ~Pause.Readers;
                GiveRoom();
            }
        }
    }

    /// <summary>Under the gate: no pace to keep, until a reader moves.</summary>
    private void Free()
    {
        _paceTo = long.MaxValue;
        _pause &= ~Pause.Readers;
        GiveRoom();
    }

    /// <summary>Under the gate: where appends may be by now.</summary>
    private long Allowed(long now)
    {
        var since = now - _movedAt;
        return since >= _paceSpan ? _paceTo : _paceFrom + (long)((double)(_paceTo - _paceFrom) * since / _paceSpan);
    }

    private long Slowest()
    {
        var slowest = long.MaxValue;
        foreach (var reader in Volatile.Read(ref _awake))
        {
            slowest = Math.Min(slowest, reader.Position);
        }

        return slowest;
    }
}
