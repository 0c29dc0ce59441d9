using System.Globalization;
using System.Text.Json;

namespace SmartCity.Benchmarks.Peers;

/// <summary>InfluxDB 1 with its data on disk: the write-ahead log flushed before it answers, as its default is; without statistics of
/// its own and without a log of requests, which cost it.</summary>
internal sealed class InfluxStore
{
    private readonly int _http = Local.FreePort();
    private readonly int _rpc = Local.FreePort();

    /// <summary>Its address.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_http}");

    /// <summary>Where lines with nanoseconds are posted.</summary>
    public string Write => Url + "/write?db=city&precision=ns";

    /// <summary>Starts it.</summary>
    public Child Start(Func<string, string, IEnumerable<string>, IReadOnlyDictionary<string, string>?, Child> run, string home)
    {
        var data = Path.Combine(home, "influx");
        var config = Path.Combine(home, "influx.conf");
        File.WriteAllText(config, string.Create(CultureInfo.InvariantCulture, $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:{_rpc}"
            [meta]
              dir = "{data}/meta"
            [data]
              dir = "{data}/data"
              wal-dir = "{data}/wal"
              query-log-enabled = false
            [monitor]
              store-enabled = false
            [http]
              bind-address = "127.0.0.1:{_http}"
              log-enabled = false
            [logging]
              level = "warn"

            """));
        return run("influxdb", "influxd", ["run", "-config", config], null);
    }

    /// <summary>Whether it answers; makes the database.</summary>
    public async Task<bool> ReadyAsync() => await Local.AskAsync(Url + "/query?q=CREATE%20DATABASE%20city", HttpMethod.Post) is not null;

    /// <summary>Points it has taken, by its own counter.</summary>
    public async Task<long> TakenAsync()
    {
        using var page = JsonDocument.Parse(await Local.AskAsync(Url + "/debug/vars") ?? "{}");
        foreach (var entry in page.RootElement.EnumerateObject())
        {
            if (entry.Name.StartsWith("httpd", StringComparison.Ordinal) && entry.Value.GetProperty("values").TryGetProperty("pointsWrittenOK", out var points))
            {
                return points.GetInt64();
            }
        }

        return 0;
    }

    /// <summary>Points that are there.</summary>
    public async Task<long> CountAsync()
    {
        const string Query = "SELECT count(dim_percent) FROM streetlight WHERE time < '2200-01-01T00:00:00Z'";
        using var answer = JsonDocument.Parse(await Local.AskAsync(Url + "/query?db=city&q=" + Uri.EscapeDataString(Query)) ?? "{}");
        return answer.RootElement.TryGetProperty("results", out var results) && results[0].TryGetProperty("series", out var series)
            ? series[0].GetProperty("values")[0][1].GetInt64()
            : 0;
    }
}
