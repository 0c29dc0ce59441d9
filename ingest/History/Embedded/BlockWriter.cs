using Microsoft.Data.Sqlite;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// Writes a device's readings as blocks. The blocks of a device never overlap in time: readings that come late are united
/// with the block they fall into. What is new at the end becomes a block of its own, and every few small ones become one. The
/// caller holds the writer's lock and opens the transaction.
/// </summary>
internal sealed class BlockWriter : IDisposable
{
    private readonly EmbeddedOptions _options;
    private readonly long _span;
    private readonly RawStatement _insert;
    private readonly RawStatement _delete;
    private readonly RawStatement _floor;
    private readonly RawStatement _after;
    private readonly RawStatement _newest;
    private readonly ByteBuffer _block = new(64 * 1024);
    private readonly ByteBuffer _head = new(64 * 1024);
    private readonly ReadingRun _new = new();
    private readonly ReadingRun _union = new();
    private readonly List<long> _replaced = [];

    public BlockWriter(SqliteConnection connection, EmbeddedOptions options)
    {
        _options = options;
        _span = options.BlockSpan.Ticks * 100;
        _insert = new RawStatement(connection, "INSERT INTO blocks(series, first, last, readings, data) VALUES(?1, ?2, ?3, ?4, ?5)");
        _delete = new RawStatement(connection, "DELETE FROM blocks WHERE id=?1");
        _floor = new RawStatement(connection, "SELECT id, first, last, readings, data FROM blocks WHERE series=?1 AND first<=?2 ORDER BY first DESC LIMIT 1");
        _after = new RawStatement(connection, "SELECT id, first, last, readings, data FROM blocks WHERE series=?1 AND first>?2 ORDER BY first LIMIT 1");
        _newest = new RawStatement(connection, "SELECT id, first, last, readings, data FROM blocks WHERE series=?1 ORDER BY first DESC");
    }

    /// <summary>Blocks that could not be read when late readings were to be added; what could be read of them was kept.</summary>
    public long Damaged { get; private set; }

    /// <summary>Writes what the head holds of a series.</summary>
    public void Write(Head head, int series)
    {
        ref var state = ref head[series];
        if (!state.Known)
        {
            Learn(series, ref state);
        }

        _head.Clear();
        head.CopyTo(_head, series);
        var append = !state.Mixed && (!state.Stored || state.Start > state.StoredEnd);
        if (append && Fits(state) && !(IsSmall(state.Start, state.End, state.Count, state.Bytes) && state.Small >= _options.SmallBlocks))
        {
            // As it stands.
            Insert(series, state.Start, state.End, state.Count, _head.Span);
            Ended(ref state, state.End, IsSmall(state.Start, state.End, state.Count, state.Bytes));
            return;
        }

        _new.Clear();
        _new.Add(_head.Span, state.Start);
        _new.Settle();
        if (append)
        {
            Lengthen(series, ref state);
        }
        else
        {
            Insert(series);
            state.Known = false;
        }
    }

    /// <summary>Lets go of whatever a failure has left half read, so that the next try can begin.</summary>
    public void Reset()
    {
        _insert.Reset();
        _delete.Reset();
        _floor.Reset();
        _after.Reset();
        _newest.Reset();
    }

    public void Dispose()
    {
        _insert.Dispose();
        _delete.Dispose();
        _floor.Dispose();
        _after.Dispose();
        _newest.Dispose();
    }

    private bool Fits(in HeadSeries state) =>
        state.Count <= _options.BlockReadings && state.Bytes <= _options.BlockBytes && unchecked((ulong)(state.End - state.Start)) <= (ulong)_span;

    private bool IsSmall(long first, long last, long readings, int bytes) =>
        readings < _options.SmallReadings && bytes < _options.BlockBytes / 16 && unchecked((ulong)(last - first)) < (ulong)_span / 2;

    private void Ended(ref HeadSeries state, long last, bool small)
    {
        state.StoredEnd = last;
        state.Stored = state.Known = true;
        state.Small = small ? (byte)Math.Min(byte.MaxValue, state.Small + 1) : (byte)0;
    }

    private void Learn(int series, ref HeadSeries state)
    {
        (state.Known, state.Stored, state.Small) = (true, false, 0);
        _newest.Bind(1, series);
        while (_newest.Step())
        {
            if (!state.Stored)
            {
                (state.Stored, state.StoredEnd) = (true, _newest.Number(2));
            }

            if (state.Small >= _options.SmallBlocks || !IsSmall(_newest))
            {
                break;
            }

            state.Small++;
        }

        _newest.Reset();
    }

    private bool IsSmall(RawStatement row) => IsSmall(row.Number(1), row.Number(2), row.Number(3), row.Bytes(4).Length);

    /// <summary>The small blocks at the end, and what is new behind them, become one block (or as many as it takes).</summary>
    private void Lengthen(int series, ref HeadSeries state)
    {
        _union.Clear();
        _replaced.Clear();
        _newest.Bind(1, series);
        while (state.Small >= _options.SmallBlocks && _replaced.Count < state.Small && _newest.Step() && IsSmall(_newest))
        {
            Take(_newest);
        }

        _newest.Reset();
        _union.Add(_new, 0, _new.Count);
        _union.Settle();
        state.Small = _replaced.Count > 0 ? (byte)0 : state.Small;
        Replace(series, ref state);
    }

    /// <summary>Puts what is new where it belongs in time.</summary>
    private void Insert(int series)
    {
        var ignored = default(HeadSeries);
        for (var i = 0; i < _new.Count;)
        {
            _union.Clear();
            _replaced.Clear();
            var time = _new.Time(i);
            Seek(_after, series, time);
            var next = _after.Step();
            var end = next ? _new.IndexOf(_after.Number(1), i) : _new.Count;
            Seek(_floor, series, time);
            if (_floor.Step() && (_floor.Number(2) >= time || IsSmall(_floor)))
            {
                Take(_floor);
            }
            else if (next && IsSmall(_after))
            {
                Take(_after);
            }

            _floor.Reset();
            _after.Reset();
            _union.Add(_new, i, end);
            _union.Settle();
            Replace(series, ref ignored);
            i = end;
        }
    }

    private static void Seek(RawStatement statement, int series, long time)
    {
        statement.Bind(1, series);
        statement.Bind(2, time);
    }

    private void Take(RawStatement row)
    {
        _replaced.Add(row.Number(0));
        try
        {
            _union.Add(row.Bytes(4), row.Number(1));
        }
        catch (InvalidDataException)
        {
            Damaged++; // the rest of it is lost already, and must not keep new readings from being written
        }
    }

    /// <summary>Writes the union in the place of the blocks it was made of.</summary>
    private void Replace(int series, ref HeadSeries state)
    {
        foreach (var id in _replaced)
        {
            _delete.Bind(1, id);
            _delete.Run();
        }

        Span<byte> head = stackalloc byte[BlockCodec.LongestHead];
        for (var i = 0; i < _union.Count;)
        {
            _block.Clear();
            var (from, first, last) = (i, _union.Time(i), _union.Time(i));
            for (; i < _union.Count && i - from < _options.BlockReadings; i++)
            {
                var time = _union.Time(i);
                var fields = _union.Fields(i);
                if (i > from && (_block.Length + fields.Length > _options.BlockBytes || unchecked((ulong)(time - first)) > (ulong)_span))
                {
                    break;
                }

                _block.Write(head[..BlockCodec.WriteHead(head, unchecked(time - last), fields.Length)]);
                _block.Write(fields);
                last = time;
            }

            Insert(series, first, last, i - from, _block.Span);
            Ended(ref state, last, IsSmall(first, last, i - from, _block.Length));
        }
    }

    private void Insert(int series, long first, long last, int readings, ReadOnlySpan<byte> data)
    {
        _insert.Bind(1, series);
        _insert.Bind(2, first);
        _insert.Bind(3, last);
        _insert.Bind(4, readings);
        _insert.Bind(5, data);
        _insert.Run();
    }
}
