using System.Text.RegularExpressions;

namespace SmartCity.Benchmarks.Peers;

/// <summary>This project's server: PUBACK after the flush to disk, registry, checks and rules on.</summary>
/// <param name="server">Its program.</param>
/// <param name="influx">History in InfluxDB 1, as the brokers' pipelines have it; otherwise in the embedded store.</param>
internal sealed partial class OursPeer(string server, bool influx) : Peer
{
    private readonly InfluxStore _store = new();
    private string _http = "";
    private int _starts;

    /// <inheritdoc/>
    public override string Name => influx ? "ours-influx" : "ours";

    /// <inheritdoc/>
    public override string Title => influx ? "**SmartCity.IoT → InfluxDB**" : "**SmartCity.IoT, its own history**";

    /// <inheritdoc/>
    public override string Means => "PUBACK: flushed to disk; each device known, each value checked, rules evaluated, refused lines kept with their reason; full means paused, not dropped";

    /// <inheritdoc/>
    public override async Task<long> TakenAsync() =>
        influx ? await _store.TakenAsync() : Local.Figure(await Local.AskAsync(_http + "/metrics"), "smartcity_history_points_total");

    /// <inheritdoc/>
    public override Task<long> CountAsync() => influx ? _store.CountAsync() : TakenAsync();

    /// <inheritdoc/>
    protected override async Task StartAsync(CancellationToken stop)
    {
        IEnumerable<string> history = [];
        if (influx)
        {
            await _store.Start(Run, Home).UntilAsync(_store.ReadyAsync, stop);
            history = ["--influx", _store.Url, "--influx-db", "city"];
        }

        // After a cut at the same addresses: a publisher knows no others.
        var http = _starts == 0 ? "0" : new Uri(_http).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var mqtt = _starts == 0 ? "0" : new Uri(Target).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        _starts++;
        var child = Run("server", "dotnet", [server, "serve", "--data", Path.Combine(Home, "city"), "--http", http, "--mqtt", mqtt, "--open", .. history]);
        await child.UntilAsync(() => SaidAsync("server", "\nready", _starts), stop);
        var said = await File.ReadAllTextAsync(Log("server"), stop);
        _http = HttpAddress().Match(said).Value;
        Target = MqttAddress().Match(said).Value;
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HttpAddress();

    [GeneratedRegex(@"mqtt://127\.0\.0\.1:\d+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MqttAddress();
}
