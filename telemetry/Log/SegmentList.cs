namespace SmartCity.Telemetry;

/// <summary>A lane's segments, oldest first. The committer adds, readers find, and whoever advances the slowest reader deletes.</summary>
internal sealed class SegmentList(IEnumerable<Segment> segments, long start)
{
    private readonly Lock _gate = new();
    private readonly List<Segment> _segments = [.. segments];
    private long _first = start;

    /// <summary>The oldest position still kept.</summary>
    public long First => Volatile.Read(ref _first);

    /// <summary>The oldest segment, if there is a newer one.</summary>
    public Segment? Oldest
    {
        get
        {
            lock (_gate)
            {
                return _segments.Count > 1 ? _segments[0] : null;
            }
        }
    }

    public void Add(Segment segment)
    {
        lock (_gate)
        {
            if (_segments.Count > 0)
            {
                _segments[^1].End = segment.Base;
            }

            _segments.Add(segment);
        }
    }

    public void Remove(Segment segment)
    {
        lock (_gate)
        {
            _segments.Remove(segment);
        }
    }

    /// <summary>The segment that holds a committed position.</summary>
    public Segment? Find(long position)
    {
        lock (_gate)
        {
            for (var i = _segments.Count - 1; i >= 0; i--)
            {
                if (_segments[i].Base <= position)
                {
                    return position < _segments[i].End ? _segments[i] : null;
                }
            }

            return null;
        }
    }

    /// <summary>
    /// Deletes what lies wholly below <paramref name="position"/>, oldest first and each one made stable before the next, so
    /// that no crash can leave a hole.
    /// </summary>
    public void Trim(long position, LogDisk disk)
    {
        lock (_gate)
        {
            while (_segments.Count > 1 && _segments[0].End <= position)
            {
                disk.Delete(_segments[0].Path);
                disk.FlushDirectory(Path.GetDirectoryName(_segments[0].Path)!);
                Volatile.Write(ref _first, _segments[0].End);
                _segments.RemoveAt(0);
            }
        }
    }
}
