using System.Globalization;

namespace SmartCity.Telemetry;

/// <content>Readers: who reads, from where, and what may be deleted.</content>
public sealed partial class LogLane
{
    private readonly Lock _readersGate = new();
    private readonly Dictionary<string, LogReader> _readers = [];
    private LogReader[] _awake = [];
    private long _hold;
    private bool _allHere;

    internal LogRing Ring => _ring;

    internal SegmentList Segments => _segments;

    internal TimeProvider Time => _time;

    internal bool IsClosed => Volatile.Read(ref _stopped);

    /// <summary>
    /// Opens a reader behind <paramref name="cursor"/>, or at the oldest frame kept when that is null. From now on nothing is
    /// deleted that the reader of this name has not advanced over, even after it is disposed, until it is forgotten. A reader
    /// of the same name that is open is replaced.
    /// </summary>
    /// <exception cref="LogCursorException">The cursor belongs to another log or lane, lies beyond the end or before the oldest frame kept, or no frame begins there.</exception>
    public LogReader OpenReader(string name, LogCursor? cursor = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ObjectDisposedException.ThrowIf(IsClosed, this);
        LogReader reader;
        lock (_readersGate)
        {
            // Under the gate, so that nothing is deleted between the check and the registration.
            reader = new LogReader(this, name, Check(name, cursor));
            if (_readers.TryGetValue(name, out var old))
            {
                old.Dispose();
            }

            _readers[name] = reader;
            Registered();
        }

        UpdateRoom();
        return reader;
    }

    /// <summary>Lets go of what a reader that will not come back holds; false when there is none of that name.</summary>
    public bool Forget(string name)
    {
        lock (_readersGate)
        {
            if (!_readers.Remove(name, out var reader))
            {
                return false;
            }

            reader.Dispose();
            Registered();
        }

        UpdateRoom();
        return true;
    }

    internal LogCursor CursorAt(long position) => new(_logId, Lane, position);

    /// <summary>A reader has advanced: frees what nobody needs any more.</summary>
    internal void Advanced()
    {
        lock (_readersGate)
        {
            Release();
        }

        UpdateRoom();
    }

    private void Registered()
    {
        _awake = [.. _readers.Values];
        _allHere = _readers.Count > 0 && _options.Readers.All(_readers.ContainsKey);
        PaceAnew();
        Release();
    }

    /// <summary>Under the gate: finds what nobody needs any more, and deletes it.</summary>
    private void Release()
    {
        if (!_allHere)
        {
            return;
        }

        var hold = long.MaxValue;
        foreach (var reader in _readers.Values)
        {
            hold = Math.Min(hold, reader.Held);
        }

        hold = DropsOldest ? Math.Max(hold, First) : hold;
        Volatile.Write(ref _hold, hold);
        try
        {
            _segments.Trim(hold, _options.Disk);
        }
        catch (IOException error)
        {
            Note(LogNoticeKind.DiskError, "A file that is no longer needed could not be deleted: " + error.Message, error);
        }
    }

    private void WakeReaders()
    {
        foreach (var reader in Volatile.Read(ref _awake))
        {
            reader.Wake();
        }
    }

    private long Check(string name, LogCursor? wanted)
    {
        if (wanted is not { } cursor)
        {
            return First;
        }

        var end = Committed;
        var fault =
            cursor.LogId != _logId ? string.Create(CultureInfo.InvariantCulture, $"it belongs to log {cursor.LogId}, this is log {_logId}")
            : cursor.Lane != Lane ? string.Create(CultureInfo.InvariantCulture, $"it belongs to the {cursor.Lane} lane, this is the {Lane} lane")
            : cursor.Position > end ? string.Create(CultureInfo.InvariantCulture, $"it lies beyond the log's end, {end}: was the log restored from an older copy?")
            : cursor.Position < First && !DropsOldest ? string.Create(CultureInfo.InvariantCulture, $"what it points at was deleted; the oldest frame kept is at {First}")
            : null;
        if (fault is null && cursor.Position < First)
        {
            // Given up, and told, meanwhile or before a restart.
            return First;
        }

        if (fault is null && cursor.Position < end)
        {
            using var probe = new LogReader(this, name, cursor.Position);
            fault = probe.BeginsFrame() ? null : "no sound frame begins there";
        }

        return fault is null
            ? cursor.Position
            : throw new LogCursorException(string.Create(CultureInfo.InvariantCulture, $"Reader '{name}' cannot go on at position {cursor.Position} of the {Lane} lane: {fault}."));
    }
}
