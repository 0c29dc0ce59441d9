namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// Readings of one device taken apart: brought into the order of time, and those of one time united, the one that was added later
/// winning. Used again and again.
/// </summary>
internal sealed class ReadingRun
{
    private static readonly Comparison<Entry> ByTime = static (a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : a.Order.CompareTo(b.Order);

    private readonly ByteBuffer _bytes = new(1024);
    private readonly ByteBuffer _one = new(128);
    private readonly ByteBuffer _other = new(128);
    private Entry[] _entries = new Entry[64];
    private bool _mixed;

    /// <summary>How many readings.</summary>
    public int Count { get; private set; }

    /// <summary>A reading's time, unix ns.</summary>
    public long Time(int index) => _entries[index].Time;

    /// <summary>A reading's fields.</summary>
    public ReadOnlySpan<byte> Fields(int index) => _bytes.Span.Slice(_entries[index].Offset, _entries[index].Length);

    public void Clear()
    {
        _bytes.Clear();
        Count = 0;
        _mixed = false;
    }

    /// <summary>Adds the readings of a block.</summary>
    /// <exception cref="InvalidDataException">The block is damaged; what stands before the damage was added.</exception>
    public void Add(ReadOnlySpan<byte> block, long start)
    {
        var reader = new BlockReader(block, start);
        while (reader.Read())
        {
            Add(reader.Time, reader.Fields);
        }
    }

    /// <summary>Adds a part of another run.</summary>
    public void Add(ReadingRun other, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            Add(other.Time(i), other.Fields(i));
        }
    }

    public void Add(long time, ReadOnlySpan<byte> fields)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, _entries.Length * 2);
        }

        _mixed |= Count > 0 && time <= _entries[Count - 1].Time;
        _entries[Count] = new Entry(time, Count, _bytes.Length, fields.Length);
        _bytes.Write(fields);
        Count++;
    }

    /// <summary>Makes times ascend, each once.</summary>
    public void Settle()
    {
        if (!_mixed)
        {
            return;
        }

        _entries.AsSpan(0, Count).Sort(ByTime);
        var kept = 0;
        for (var i = 0; i < Count;)
        {
            var next = i + 1;
            while (next < Count && _entries[next].Time == _entries[i].Time)
            {
                next++;
            }

            _entries[kept++] = next == i + 1 ? _entries[i] : Unite(i, next);
            i = next;
        }

        Count = kept;
        _mixed = false;
    }

    /// <summary>The first reading at or after a time.</summary>
    public int IndexOf(long time, int from = 0)
    {
        var (low, high) = (from, Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _entries[middle].Time < time ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private Entry Unite(int from, int to)
    {
        var (union, next) = (_one, _other);
        union.Clear();
        union.Write(Fields(from));
        for (var i = from + 1; i < to; i++)
        {
            next.Clear();
            try
            {
                FieldCodec.Merge(next, union.Span, Fields(i));
            }
            catch (InvalidDataException)
            {
                // One of them is damaged in the file: what came later stands alone, and nothing is held up by it.
                next.Clear();
                next.Write(Fields(i));
            }

            (union, next) = (next, union);
        }

        var entry = new Entry(_entries[from].Time, _entries[from].Order, _bytes.Length, union.Length);
        _bytes.Write(union.Span);
        return entry;
    }

    private readonly record struct Entry(long Time, int Order, int Offset, int Length);
}
