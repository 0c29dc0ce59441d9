using SmartCity.Telemetry;

namespace SmartCity.Edge;

/// <summary>
/// Where alarms wait when their log takes nothing: its disk is used up, or refuses. They wait in memory, in order, so many at most,
/// and somebody is told; nothing that is in the log is ever given up for them.
/// </summary>
/// <param name="lane">The alarm lane.</param>
/// <param name="capacity">Readings that may wait.</param>
/// <param name="notice">Told when the first has to wait, when there is no more room, and when all are in the log.</param>
internal sealed class AlarmRoom(LogLane lane, int capacity, Action<string> notice)
{
    private readonly Lock _gate = new();
    private readonly Queue<(FrameFlags Flags, long At, byte[] Source, byte[] Line)> _waiting = new();
    private readonly SemaphoreSlim _work = new(0, 1);
    private bool _waitTold;
    private bool _fullTold;

    /// <summary>Readings that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Appends a reading behind those that wait, or lets it wait.</summary>
    public MeasureResult Add(FrameFlags flags, long at, byte[] source, ReadOnlySpan<byte> line)
    {
        string? told = null;
        try
        {
            lock (_gate)
            {
                if (_waiting.Count == 0 && lane.TryAppend(flags, at, source, line, null, 0, out _))
                {
                    return MeasureResult.Logged;
                }

                if (_waiting.Count == capacity)
                {
                    told = _fullTold ? null : FormattableString.Invariant($"alarms are lost: the alarm log takes nothing, and {capacity} wait in memory already");
                    _fullTold = true;
                    return MeasureResult.NoRoom;
                }

                if (!_waitTold && lane.Paused is not (PauseReason.Memory or PauseReason.None))
                {
                    // Waiting for the next commit is nothing to tell.
                    _waitTold = true;
                    told = "the alarm log takes nothing: new alarms wait in memory, where a power cut loses them";
                }

                _waiting.Enqueue((flags, at, source, line.ToArray()));
                if (_work.CurrentCount == 0)
                {
                    _work.Release();
                }

                return MeasureResult.Waiting;
            }
        }
        finally
        {
            if (told is not null)
            {
                notice(told);
            }
        }
    }

    /// <summary>Brings what waits into the log as soon as it takes it, until cancelled.</summary>
    /// <param name="logged">Called for each that is in the log.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Action logged, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _work.WaitAsync(stop);
                while (Count > 0)
                {
                    await lane.RoomAsync(stop);
                    Move(logged);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            if (Count is > 0 and var left)
            {
                notice(FormattableString.Invariant($"{left} alarms were still waiting in memory for room in the log, and are lost with this stop"));
            }
        }
    }

    private void Move(Action logged)
    {
        lock (_gate)
        {
            while (_waiting.TryPeek(out var next) && lane.TryAppend(next.Flags, next.At, next.Source, next.Line, null, 0, out _))
            {
                _waiting.Dequeue();
                logged();
            }

            if (_waiting.Count == 0 && _waitTold)
            {
                _waitTold = _fullTold = false;
                notice("the alarm log has room again; all alarms that waited are in it");
            }
        }
    }
}
