using Microsoft.Data.Sqlite;
using SmartCity.Ingest.Quarantine;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>
/// Writes batches of lines into history.db: one row a reading, keyed by (series, time), its fields in one blob. The caller
/// holds the writer's lock and opens the transaction.
/// </summary>
internal sealed class ReadingWriter : IDisposable
{
    private static readonly Comparison<Row> ByKey = static (a, b) =>
        a.Series != b.Series ? a.Series.CompareTo(b.Series) : a.Time != b.Time ? a.Time.CompareTo(b.Time) : a.Offset.CompareTo(b.Offset);

    private readonly SqliteConnection _connection;
    private readonly EmbeddedOptions _options;
    private readonly NameTable _series = new();
    private readonly NameTable _metrics = new();
    private readonly RawStatement _insert;
    private readonly RawStatement _newSeries;
    private readonly RawStatement _newMetric;
    private readonly ByteBuffer _fields = new(64 * 1024);
    private Row[] _rows = new Row[1024];
    private int _count;

    public ReadingWriter(SqliteConnection connection, EmbeddedOptions options)
    {
        _connection = connection;
        _options = options;
        connection.CreateFunction<byte[], byte[], byte[]>("merge_fields", FieldCodec.Merge, isDeterministic: true);
        _insert = new RawStatement(connection, """
            INSERT INTO readings(series, time, fields) VALUES(?1, ?2, ?3)
            ON CONFLICT(series, time) DO UPDATE SET fields = merge_fields(fields, excluded.fields)
            """);
        _newSeries = new RawStatement(connection, "INSERT INTO series(id, name) VALUES(?1, CAST(?2 AS TEXT))");
        _newMetric = new RawStatement(connection, "INSERT INTO metrics(id, name) VALUES(?1, CAST(?2 AS TEXT))");
        LoadNames();
    }

    /// <summary>Number of series known.</summary>
    public int SeriesCount => _series.Count;

    /// <summary>The newest time written since start, unix ns; null before the first.</summary>
    public long? Newest { get; private set; }

    /// <summary>Reads the names again, after a transaction that may have brought new ones was rolled back.</summary>
    public void LoadNames()
    {
        Load(_series, "SELECT id, CAST(name AS BLOB) FROM series");
        Load(_metrics, "SELECT id, CAST(name AS BLOB) FROM metrics");
    }

    /// <summary>Writes the lines; those it cannot keep are added to <paramref name="refused"/>.</summary>
    /// <returns>Lines written.</returns>
    public int Write(ReadOnlySpan<byte> lines, Lane lane, List<QuarantineEntry> refused)
    {
        _count = 0;
        _fields.Clear();
        var reader = new LineReader(lines);
        while (reader.Read())
        {
            Take(ref reader, lane, refused);
        }

        // In the order of the key: neighbours share a page, and a page is visited once.
        var rows = _rows.AsSpan(0, _count);
        rows.Sort(ByKey);
        var fields = _fields.Span;
        foreach (ref readonly var row in rows)
        {
            _insert.Bind(1, row.Series);
            _insert.Bind(2, row.Time);
            _insert.Bind(3, fields.Slice(row.Offset, row.Length));
            _insert.Run();
            Newest = Math.Max(Newest ?? row.Time, row.Time);
        }

        return _count;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _newSeries.Dispose();
        _newMetric.Dispose();
    }

    private void Take(ref LineReader reader, Lane lane, List<QuarantineEntry> refused)
    {
        if (reader.Error != LineError.None)
        {
            refused.Add(QuarantineEntry.Refused("store-refused", lane, reader.Line, reader.Error.Words(), reader.Column));
            return;
        }

        if (!reader.HasTimestamp || !TryNumber(_series, Key(ref reader), _newSeries, _options.MaximumSeries, out var series))
        {
            var why = reader.HasTimestamp ? "the embedded store holds no more devices" : "no time stamp";
            refused.Add(QuarantineEntry.Refused("store-refused", lane, reader.Line, why));
            return;
        }

        var offset = _fields.Length;
        while (reader.NextField(out var field))
        {
            if (!TryNumber(_metrics, field.Name, _newMetric, _options.MaximumMetrics, out var metric))
            {
                _fields.Truncate(offset);
                refused.Add(QuarantineEntry.Refused("store-refused", lane, reader.Line, "the embedded store holds no more metrics"));
                return;
            }

            FieldCodec.Write(_fields, metric, field);
        }

        if (_count == _rows.Length)
        {
            Array.Resize(ref _rows, _rows.Length * 2);
        }

        _rows[_count++] = new Row(series, reader.Timestamp, offset, _fields.Length - offset);
    }

    /// <summary>A canonical line's beginning up to its fields, <c>kind,device=ID</c>, is the series' name as it stands.</summary>
    private static ReadOnlySpan<byte> Key(ref LineReader reader)
    {
        var measurement = reader.Measurement;
        return reader.NextTag(out var key, out var value)
            ? reader.Line[..(measurement.Length + key.Length + value.Length + 2)]
            : measurement;
    }

    private static bool TryNumber(NameTable table, ReadOnlySpan<byte> name, RawStatement insert, int maximum, out int number)
    {
        if (table.TryGet(name, out number))
        {
            return true;
        }

        if (table.Count >= maximum)
        {
            return false;
        }

        number = table.Count + 1;
        insert.Bind(1, number);
        insert.Bind(2, name);
        insert.Run();
        table.Add(name, number);
        return true;
    }

    private void Load(NameTable table, string sql)
    {
        table.Clear();
        using var rows = new RawStatement(_connection, sql);
        while (rows.Step())
        {
            table.Add(rows.Bytes(1), (int)rows.Number(0));
        }
    }

    private readonly record struct Row(int Series, long Time, int Offset, int Length);
}
