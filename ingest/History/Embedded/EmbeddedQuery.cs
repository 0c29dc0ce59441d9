namespace SmartCity.Ingest.History.Embedded;

/// <summary>Answers a query from memory and history.db, on a connection of its own, beside the writer.</summary>
internal static class EmbeddedQuery
{
    /// <summary>Rows between two looks at whether the asker still wants the answer.</summary>
    private const int CancelEvery = 4096;

    private const string Blocks = """
        SELECT first, data FROM blocks WHERE series=?1 AND first<?3
            AND first>=COALESCE((SELECT first FROM blocks WHERE series=?1 AND first<=?2 ORDER BY first DESC LIMIT 1), ?2)
        ORDER BY first
        """;

    private const string Rows = "SELECT time, fields FROM readings WHERE series=?1 AND time>=?2 AND time<?3 ORDER BY time";

    /// <param name="path">The file.</param>
    /// <param name="series">The device's number.</param>
    /// <param name="metric">The metric's number.</param>
    /// <param name="head">What of the device was in memory. It was copied before this is called: what has left memory since is in the file.</param>
    /// <param name="query">The question.</param>
    /// <param name="cancel">The asker does not want the answer any more.</param>
    public static HistoryPage Run(string path, int series, int metric, ReadingRun head, HistoryQuery query, CancellationToken cancel)
    {
        head.Settle();
        using var connection = SqliteFile.OpenReader(path);
        using var blocks = Bound(new RawStatement(connection, Blocks), series, query);
        using var rows = Bound(new RawStatement(connection, Rows), series, query);
        var readings = new ReadingMerge(metric, query.From, query.To, head, blocks, rows);
        return query.Step is null ? Points(ref readings, query, cancel) : Windows(ref readings, query, cancel);
    }

    private static RawStatement Bound(RawStatement statement, int series, HistoryQuery query)
    {
        statement.Bind(1, series);
        statement.Bind(2, query.From);
        statement.Bind(3, query.To);
        return statement;
    }

    private static HistoryPage Points(ref ReadingMerge readings, HistoryQuery query, CancellationToken cancel)
    {
        var points = new List<HistoryPoint>();
        for (var seen = 0; readings.Read(out var found); seen++)
        {
            Look(seen, cancel);
            if (found is not { } value)
            {
                continue;
            }

            var time = readings.Time;
            if (points.Count == query.Limit)
            {
                return new HistoryPage(points, [], time);
            }

            points.Add(new HistoryPoint(time, value));
        }

        return new HistoryPage(points, [], null);
    }

    private static HistoryPage Windows(ref ReadingMerge readings, HistoryQuery query, CancellationToken cancel)
    {
        var windows = new List<HistoryWindow>();
        var step = query.StepNanoseconds;
        var other = false;
        var window = default(Window);
        for (var seen = 0; readings.Read(out var found); seen++)
        {
            Look(seen, cancel);
            if (found is not { } value)
            {
                continue;
            }

            if (value.Number is not { } number)
            {
                other = true; // a metric whose type was changed: its numbers still count
                continue;
            }

            var start = Start(readings.Time, step);
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
