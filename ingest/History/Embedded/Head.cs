using System.Runtime.CompilerServices;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>What is known of a device: its readings that are not written yet, and where its blocks in the file end.</summary>
internal struct HeadSeries
{
    /// <summary>The first and the newest chunk, when <see cref="Count"/> is above 0.</summary>
    public int First, Last;

    /// <summary>Bytes used and free in the newest chunk.</summary>
    public int Used, Free;

    /// <summary>Readings in the head, and their bytes.</summary>
    public int Count, Bytes;

    /// <summary>The series that came next the last time: a guess.</summary>
    public int Next;

    /// <summary>The first metric of its last reading: a guess.</summary>
    public int Metric;

    /// <summary>Times of the first reading taken and of the last one, in the order of taking.</summary>
    public long Start, End;

    /// <summary>The newest time in the file, when <see cref="Known"/>.</summary>
    public long StoredEnd;

    /// <summary>Small blocks at the end of what the file has, when <see cref="Known"/>.</summary>
    public byte Small;

    /// <summary>Whether <see cref="StoredEnd"/> and <see cref="Small"/> are those of the file.</summary>
    public bool Known;

    /// <summary>Whether the file has anything of it, when <see cref="Known"/>.</summary>
    public bool Stored;

    /// <summary>A reading was taken whose time is not above the one before it.</summary>
    public bool Mixed;
}

/// <summary>
/// The readings that are in no block yet, by device, in the order they came, already in the bytes of a block. One writer;
/// <see cref="Gate"/> stands between it and those who ask.
/// </summary>
internal sealed class Head
{
    private readonly HeadArena _arena = new();
    private HeadSeries[] _series = new HeadSeries[64];
    private int[] _touched = new int[64];

    /// <summary>Held by the writer while it changes anything here or in the names, and by who asks while it copies.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Memory given out.</summary>
    public long Bytes => _arena.Bytes;

    /// <summary>Readings held.</summary>
    public long Readings { get; private set; }

    /// <summary>The series that have readings here.</summary>
    public Span<int> Touched => _touched.AsSpan(0, TouchedCount);

    /// <summary>How many have.</summary>
    public int TouchedCount { get; private set; }

    /// <summary>The state of a series; numbers run from 1.</summary>
    public ref HeadSeries this[int series] => ref _series[series];

    /// <summary>Makes room for a series.</summary>
    public void Admit(int series)
    {
        if (series >= _series.Length)
        {
            Array.Resize(ref _series, Math.Max(series + 1, _series.Length * 2));
        }
    }

    /// <summary>Takes a reading. <see cref="Gate"/> is held.</summary>
    public void Add(int series, long time, ReadOnlySpan<byte> fields)
    {
        ref var state = ref _series[series];
        if (state.Count == 0)
        {
            Touch(series, time, ref state);
        }
        else
        {
            state.Mixed |= time <= state.End;
        }

        Span<byte> head = stackalloc byte[BlockCodec.LongestHead];
        var headLength = BlockCodec.WriteHead(head, unchecked(time - state.End), fields.Length);
        var length = headLength + fields.Length;
        if (state.Free < length)
        {
            Extend(ref state, length);
        }

        var to = _arena.At(state.Last, state.Used, length);
        head[..headLength].CopyTo(to);
        fields.CopyTo(to[headLength..]);
        state.Used += length;
        state.Free -= length;
        state.Bytes += length;
        state.Count++;
        state.End = time;
        Readings++;
    }

    /// <summary>Appends a series' readings, one block of them beginning at its <see cref="HeadSeries.Start"/>.</summary>
    public void CopyTo(ByteBuffer buffer, int series)
    {
        ref readonly var state = ref _series[series];
        if (state.Count == 0)
        {
            return;
        }

        for (var place = state.First; place != state.Last;)
        {
            buffer.Write(_arena.Read(place, out place));
        }

        buffer.Write(_arena.At(state.Last, 0, state.Used));
    }

    /// <summary>Adds a series' readings to those of who asks. <see cref="Gate"/> is held.</summary>
    public void CopyTo(ReadingRun run, int series)
    {
        if (_series[series].Count > 0)
        {
            var bytes = new ByteBuffer(_series[series].Bytes);
            CopyTo(bytes, series);
            run.Add(bytes.Span, _series[series].Start);
        }
    }

    /// <summary>Forgets all readings, once they are in blocks. <see cref="Gate"/> is held.</summary>
    public void Clear()
    {
        foreach (var series in Touched)
        {
            ref var state = ref _series[series];
            (state.Count, state.Bytes, state.Used, state.Free, state.Mixed) = (0, 0, 0, 0, false);
        }

        TouchedCount = 0;
        Readings = 0;
        _arena.Clear();
    }

    /// <summary>What the file has is no longer known: a transaction was undone.</summary>
    public void Doubt()
    {
        foreach (ref var state in _series.AsSpan())
        {
            state.Known = false;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Touch(int series, long time, ref HeadSeries state)
    {
        if (TouchedCount == _touched.Length)
        {
            Array.Resize(ref _touched, _touched.Length * 2);
        }

        _touched[TouchedCount++] = series;
        (state.Start, state.End) = (time, time);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Extend(ref HeadSeries state, int length)
    {
        var first = state.Count == 0;
        var (place, room) = _arena.Chunk(length, first ? 0 : state.Used + state.Free);
        if (first)
        {
            state.First = place;
        }
        else
        {
            _arena.SetUsed(state.Last, state.Used);
            _arena.Link(state.Last, place);
        }

        (state.Last, state.Used, state.Free) = (place, 0, room);
    }
}
