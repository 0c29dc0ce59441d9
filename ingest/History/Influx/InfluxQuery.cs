using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Ingest.History.Influx;

/// <summary>
/// Asks InfluxDB by InfluxQL, which v1 and v2's compatible <c>/query</c> both answer. Values are bound parameters; names
/// cannot be bound, so they are validated (letters, digits, '-', '_') and quoted.
/// </summary>
internal static class InfluxQuery
{
    /// <summary>InfluxDB's first instant (models.MinNanoTime): it refuses questions before it, and beyond its mirror image.</summary>
    private const long EarliestTime = long.MinValue + 2;

    public static async Task<HistoryPage> RunAsync(InfluxHttp http, InfluxOptions options, HistoryQuery query, CancellationToken cancel)
    {
        var parameters = JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["device"] = query.Device,
            ["from"] = Math.Max(query.From, EarliestTime),
            ["to"] = Math.Min(query.To, -EarliestTime),
        });
        using var answer = await http.QueryAsync(Statement(options, query), parameters, cancel);
        var rows = Rows(answer.RootElement, query);
        if (rows is not { } values)
        {
            return HistoryPage.Empty;
        }

        try
        {
            return query.Step is null ? Points(values, query) : Windows(values, query);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw new HistoryStoppedException("The history store's answer cannot be read.", "Check that the address is InfluxDB's own.", null, e);
        }
    }

    /// <summary>One row more than asked for tells whether there is another page.</summary>
    public static string Statement(InfluxOptions options, HistoryQuery query)
    {
        var metric = Quote(query.Metric);
        var from = options is { Api: InfluxApi.V1, RetentionPolicy: { Length: > 0 } policy } ? Quote(policy) + "." + Quote(query.Kind) : Quote(query.Kind);
        var text = new StringBuilder("SELECT ");
        text.Append(query.Step is null ? metric : $"min({metric}), mean({metric}), max({metric}), count({metric})");
        text.Append(" FROM ").Append(from).Append(" WHERE \"device\" = $device AND time >= $from AND time < $to");
        if (query.Step is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $" GROUP BY time({query.StepNanoseconds}ns) fill(none)");
        }

        return text.Append(CultureInfo.InvariantCulture, $" ORDER BY time LIMIT {query.Limit + 1}").ToString();
    }

    private static string Quote(string name) =>
        "\"" + name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";

    private static JsonElement? Rows(JsonElement root, HistoryQuery query)
    {
        if (!root.TryGetProperty("results", out var results) || results.ValueKind != JsonValueKind.Array || results.GetArrayLength() == 0)
        {
            throw new HistoryStoppedException("The history store's answer has no results.", "Check that the address is InfluxDB's own.");
        }

        var result = results[0];
        if (result.TryGetProperty("error", out var error))
        {
            var words = error.ToString();
            throw words.StartsWith("unsupported ", StringComparison.Ordinal)
                ? query.NotNumeric()
                : words.Contains("not found", StringComparison.Ordinal)
                    ? new HistoryStoppedException("The history store says: " + words, "Create the database or bucket it names.")
                    : new HistoryQueryException("The history store says: " + words);
        }

        return result.TryGetProperty("series", out var series) ? series[0].GetProperty("values") : null;
    }

    private static HistoryPage Points(JsonElement rows, HistoryQuery query)
    {
        var points = new List<HistoryPoint>();
        foreach (var row in rows.EnumerateArray())
        {
            var time = row[0].GetInt64();
            if (points.Count == query.Limit)
            {
                return new HistoryPage(points, [], time);
            }

            points.Add(new HistoryPoint(time, Value(row[1])));
        }

        return new HistoryPage(points, [], null);
    }

    private static HistoryPage Windows(JsonElement rows, HistoryQuery query)
    {
        var windows = new List<HistoryWindow>();
        foreach (var row in rows.EnumerateArray())
        {
            var start = row[0].GetInt64();
            if (windows.Count == query.Limit)
            {
                return new HistoryPage([], windows, start);
            }

            windows.Add(new HistoryWindow(start, row[1].GetDouble(), row[2].GetDouble(), row[3].GetDouble(), row[4].GetInt64()));
        }

        return new HistoryPage([], windows, null);
    }

    private static HistoryValue Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => new(value.GetDouble()),
        JsonValueKind.True => new(null, Flag: true),
        JsonValueKind.False => new(null, Flag: false),
        _ => new(null, null, value.GetString()),
    };
}
