using System.Globalization;
using System.Text.Json;

namespace SmartCity.Benchmarks.Peers;

/// <summary>VictoriaMetrics' own intake of line protocol over HTTP: what a specialised database takes when nothing stands before it.</summary>
internal sealed class VictoriaPeer : Peer
{
    private readonly int _port = Local.FreePort();

    /// <inheritdoc/>
    public override string Name => "victoria-metrics";

    /// <inheritdoc/>
    public override string Title => "VictoriaMetrics, lines by HTTP";

    /// <inheritdoc/>
    public override string Means => "204: in memory, on disk some seconds later. Milliseconds and numbers only. No MQTT, no sessions, no rules, no checks of devices or ranges";

    private string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}");

    /// <inheritdoc/>
    public override async Task<long> TakenAsync() => Local.Figure(await Local.AskAsync(Url + "/metrics"), "vm_rows_inserted_total", "type=\"influx\"") / 4;

    // A new series is found by queries up to ten seconds after its first value, and what was sent again counts once.
    /// <inheritdoc/>
    public override async Task<long> CountAsync()
    {
        var (count, taken) = (0L, await TakenAsync());
        for (var tries = 0; tries < 13 && (count == 0 || count < taken); tries++)
        {
            await Task.Delay(TimeSpan.FromSeconds(tries == 0 ? 0 : 1));
            _ = await Local.AskAsync(Url + "/internal/force_flush");
            count = await AskCountAsync();
        }

        return count;
    }

    private async Task<long> AskCountAsync()
    {
        var at = DateTimeOffset.UtcNow.AddMinutes(20).ToUnixTimeSeconds();
        var query = Uri.EscapeDataString("sum(count_over_time(streetlight_dim_percent[2h]))");
        var answer = await Local.AskAsync(string.Create(CultureInfo.InvariantCulture, $"{Url}/api/v1/query?nocache=1&time={at}&query={query}"));
        using var json = JsonDocument.Parse(answer ?? "{}");
        return json.RootElement.TryGetProperty("data", out var data) && data.GetProperty("result").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } one
            ? (long)double.Parse(one.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture)
            : 0;
    }

    /// <inheritdoc/>
    protected override async Task StartAsync(CancellationToken stop)
    {
        var child = Run(
            "victoria-metrics", "victoria-metrics",
            [
                string.Create(CultureInfo.InvariantCulture, $"-httpListenAddr=127.0.0.1:{_port}"), "-storageDataPath=" + Path.Combine(Home, "victoria"),
                "-retentionPeriod=1y", "-search.latencyOffset=0s", "-loggerLevel=WARN",
                "-dedup.minScrapeInterval=1ms", // what was sent again after a cut is counted once
            ]);
        await child.UntilAsync(async () => await Local.AskAsync(Url + "/health") is not null, stop);
        Target = Url + "/write?db=city";
    }
}
