namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// One metric of one device in the order of time, out of the head, the blocks, and the rows that earlier versions wrote. Where
/// two of them have a reading of one time, the one that came later wins, metric by metric.
/// </summary>
internal ref struct ReadingMerge
{
    private readonly int _metric;
    private readonly long _from;
    private readonly long _to;
    private readonly ReadingRun _head;
    private readonly RawStatement _blocks;
    private readonly RawStatement _rows;
    private BlockReader _block;
    private int _next;
    private bool _hasBlock;
    private bool _hasRow;

    /// <param name="metric">The metric's number.</param>
    /// <param name="from">First time.</param>
    /// <param name="to">First time no longer asked for.</param>
    /// <param name="head">What was in memory before the file was looked at; settled.</param>
    /// <param name="blocks">Start and bytes of the blocks that may have readings of the span, the first one first.</param>
    /// <param name="rows">Time and fields of old rows, the first one first.</param>
    public ReadingMerge(int metric, long from, long to, ReadingRun head, RawStatement blocks, RawStatement rows)
    {
        (_metric, _from, _to, _head, _blocks, _rows) = (metric, from, to, head, blocks, rows);
        _next = head.IndexOf(from);
        _hasBlock = true;
        NextBlock();
        _hasRow = rows.Step();
    }

    /// <summary>Unix ns.</summary>
    public long Time { get; private set; }

    /// <summary>The next reading; <paramref name="value"/> is null when it does not have the metric.</summary>
    public bool Read(out HistoryValue? value)
    {
        value = null;
        var has = _next < _head.Count && _head.Time(_next) < _to;
        var time = has ? _head.Time(_next) : long.MaxValue;
        time = _hasBlock ? Math.Min(time, _block.Time) : time;
        time = _hasRow ? Math.Min(time, _rows.Number(0)) : time;
        if (!has && !_hasBlock && !_hasRow)
        {
            return false;
        }

        Time = time;
        if (has && _head.Time(_next) == time)
        {
            value = FieldCodec.Find(_head.Fields(_next++), _metric);
        }

        if (_hasBlock && _block.Time == time)
        {
            value ??= FieldCodec.Find(_block.Fields, _metric);
            NextBlock();
        }

        if (_hasRow && _rows.Number(0) == time)
        {
            value ??= FieldCodec.Find(_rows.Bytes(1), _metric);
            _hasRow = _rows.Step();
        }

        return true;
    }

    private void NextBlock()
    {
        while (_hasBlock)
        {
            while (_block.Read())
            {
                if (_block.Time >= _from)
                {
                    _hasBlock = _block.Time < _to;
                    return;
                }
            }

            _hasBlock = _blocks.Step();
            _block = _hasBlock ? new BlockReader(_blocks.Bytes(1), _blocks.Number(0)) : default;
        }
    }
}
