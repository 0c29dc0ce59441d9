using SmartCity.Telemetry;

namespace SmartCity.Edge.Uplink;

/// <summary>Remembers how far a lane is acknowledged: in memory at once, on disk from time to time, and only what is on disk may
/// be deleted from the log.</summary>
internal sealed class CursorKeeper
{
    private const string Name = "uplink";
    private readonly Lock _gate = new();
    private readonly LogLane _lane;
    private readonly CursorFile _file;
    private readonly Action<string> _notice;
    private LogCursor _acknowledged;
    private LogCursor _stored;
    private LogReader _reader;

    /// <summary>Takes up where the file says, or, when that does not fit the log, at its oldest frame: rather twice than never.</summary>
    public CursorKeeper(LogLane lane, CursorFile file, Action<string> notice)
    {
        _lane = lane;
        _file = file;
        _notice = notice;
        _reader = Open();
        _acknowledged = _stored = _reader.Cursor;
    }

    /// <summary>Whether everything in the log is acknowledged.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _acknowledged.Position >= _lane.Appended;
            }
        }
    }

    /// <summary>Bytes of the log that are not acknowledged, and not given up.</summary>
    public long Backlog
    {
        get
        {
            lock (_gate)
            {
                return _lane.Appended - Math.Max(_acknowledged.Position, _lane.First);
            }
        }
    }

    /// <summary>A reader at the first frame that is not acknowledged.</summary>
    public LogReader Rewind()
    {
        lock (_gate)
        {
            Store();
            _reader.Dispose();
            _reader = _lane.OpenReader(Name, _acknowledged);
            if (_reader.Cursor.Position > _acknowledged.Position)
            {
                // What lay between was given up.
                _acknowledged = _reader.Cursor;
            }

            return _reader;
        }
    }

    /// <summary>Everything before <paramref name="cursor"/> is acknowledged.</summary>
    public void Acknowledge(LogCursor cursor)
    {
        lock (_gate)
        {
            _acknowledged = cursor.Position > _acknowledged.Position ? cursor : _acknowledged;
        }
    }

    /// <summary>Writes the place to disk if it moved, then lets the log free what lies before.</summary>
    public void Save()
    {
        lock (_gate)
        {
            Store();
        }
    }

    private void Store()
    {
        if (_acknowledged == _stored)
        {
            return;
        }

        try
        {
            _file.Write(_acknowledged);
            _stored = _acknowledged;
            _reader.Advance(_stored.Position);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The log keeps what it would have freed; the next interval tries again.
            _notice($"{_lane.Lane} lane: the cursor could not be stored: {e.Message}");
        }
    }

    private LogReader Open()
    {
        try
        {
            return _lane.OpenReader(Name, _file.Read());
        }
        catch (Exception e) when (e is LogCursorException or FormatException)
        {
            _notice($"{_lane.Lane} lane: {e.Message} Sending again from the oldest reading kept.");
            return _lane.OpenReader(Name);
        }
    }
}
