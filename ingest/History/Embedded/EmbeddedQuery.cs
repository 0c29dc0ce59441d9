using Microsoft.Data.Sqlite;

namespace SmartCity.Ingest.History.Embedded;

/// <summary>Answers a query from history.db on a connection of its own, beside the writer.</summary>
internal static class EmbeddedQuery
{
    /// <summary>Rows between two looks at whether the asker still wants the answer.</summary>
    private const int CancelEvery = 4096;

    public static HistoryPage Run(string path, HistoryQuery query, CancellationToken cancel)
    {
        using var connection = SqliteFile.OpenReader(path);
        if (Number(connection, "SELECT id FROM series WHERE name=$name", $"{query.Kind},device={query.Device}") is not { } series
            || Number(connection, "SELECT id FROM metrics WHERE name=$name", query.Metric) is not { } metric)
        {
            return HistoryPage.Empty;
        }

        using var rows = new RawStatement(connection, "SELECT time, fields FROM readings WHERE series=?1 AND time>=?2 AND time<?3 ORDER BY time");
        rows.Bind(1, series);
        rows.Bind(2, query.From);
        rows.Bind(3, query.To);
        return query.Step is null ? Points(rows, (int)metric, query, cancel) : Windows(rows, (int)metric, query, cancel);
    }

    private static long? Number(SqliteConnection connection, string sql, string name)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$name", name);
        return command.ExecuteScalar() as long?;
    }

    private static HistoryPage Points(RawStatement rows, int metric, HistoryQuery query, CancellationToken cancel)
    {
        var points = new List<HistoryPoint>();
        for (var seen = 0; rows.Step(); seen++)
        {
            Look(seen, cancel);
            if (FieldCodec.Find(rows.Bytes(1), metric) is not { } value)
            {
                continue;
            }

            var time = rows.Number(0);
            if (points.Count == query.Limit)
            {
                return new HistoryPage(points, [], time);
            }

            points.Add(new HistoryPoint(time, value));
        }

        return new HistoryPage(points, [], null);
    }

    private static HistoryPage Windows(RawStatement rows, int metric, HistoryQuery query, CancellationToken cancel)
    {
        var windows = new List<HistoryWindow>();
        var step = query.StepNanoseconds;
        var other = false;
        var window = default(Window);
        for (var seen = 0; rows.Step(); seen++)
        {
            Look(seen, cancel);
            if (FieldCodec.Find(rows.Bytes(1), metric) is not { } value)
            {
                continue;
            }

            if (value.Number is not { } number)
            {
                other = true; // a metric whose type was changed: its numbers still count
                continue;
            }

            var start = Start(rows.Number(0), step);
            if (window.Count > 0 && start != window.Start)
            {
                windows.Add(window.Close());
                window = default;
                if (windows.Count == query.Limit)
                {
                    return new HistoryPage([], windows, start);
                }
            }

            window.Add(start, number);
        }

        if (window.Count > 0)
        {
            windows.Add(window.Close());
        }

        return windows.Count == 0 && other ? throw query.NotNumeric() : new HistoryPage([], windows, null);
    }

    private static void Look(int seen, CancellationToken cancel)
    {
        if (seen % CancelEvery == 0)
        {
            cancel.ThrowIfCancellationRequested();
        }
    }

    private static long Start(long time, long step)
    {
        var rest = time % step;
        return time - (rest < 0 ? rest + step : rest);
    }

    private struct Window
    {
        private double _minimum;
        private double _maximum;
        private double _sum;

        public long Start { get; private set; }

        public long Count { get; private set; }

        public void Add(long start, double value)
        {
            _minimum = Count == 0 ? value : Math.Min(_minimum, value);
            _maximum = Count == 0 ? value : Math.Max(_maximum, value);
            _sum += value;
            Start = start;
            Count++;
        }

        public readonly HistoryWindow Close() => new(Start, _minimum, _sum / Count, _maximum, Count);
    }
}
