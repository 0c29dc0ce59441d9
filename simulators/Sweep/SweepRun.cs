using System.Globalization;
using System.Net.Sockets;
using SmartCity.Simulators.Up;

namespace SmartCity.Simulators.Sweep;

/// <summary>What to measure, and where.</summary>
/// <param name="Program">The server's dll.</param>
/// <param name="Data">An empty folder on a real disk.</param>
/// <param name="Seconds">How long new publishes are made at each point.</param>
/// <param name="Sustain">Length of the long run; zero: none.</param>
/// <param name="Quick">Fewer points, so that anybody can check in ten minutes.</param>
/// <param name="Only">The groups; empty: all.</param>
internal sealed record SweepOptions(string Program, string Data, double Seconds, TimeSpan Sustain, bool Quick, IReadOnlySet<string> Only);

/// <summary>All sweeps, one after the other, each against servers of its own.</summary>
/// <param name="options">What.</param>
/// <param name="report">Told each result as it comes.</param>
/// <param name="say">Told what is under way.</param>
internal sealed class SweepRun(SweepOptions options, Action<SweepResult> report, Action<string> say)
{
    private const int Base = 1_000;
    private const int Points = 4_000;

    /// <summary>Rows that every server imports at once.</summary>
    private const int ImportRows = 20_000;

    /// <summary>The names of the groups, in their order.</summary>
    public static readonly IReadOnlyList<string> Groups = ["readings", "sustained", "latency", "connections", "idle", "devices", "lag"];

    /// <summary>Between two alarms.</summary>
    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(25);

    private double _sustained;
    private double _sustainedOne;

    /// <summary>Looks at the long run, in order.</summary>
    public List<SweepSample> Samples { get; } = [];

    /// <summary>Runs. A sweep that fails is said, and the next one goes on.</summary>
    /// <returns>False when one failed.</returns>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        var whole = true;
        async Task TryAsync(bool wanted, Func<Task> sweep)
        {
            try
            {
                await (wanted ? sweep() : Task.CompletedTask);
            }
            catch (Exception e) when (e is InvalidOperationException or IOException or HttpRequestException or SocketException || (e is OperationCanceledException && !stop.IsCancellationRequested))
            {
                say(e.Message);
                whole = false;
            }
        }

        await TryAsync(Wants("readings") || Wants("sustained") || Wants("latency"), () => BaseAsync(stop));
        await TryAsync(Wants("connections"), () => ConnectionsAsync(stop));
        await TryAsync(Wants("idle"), () => IdleAsync(stop));
        foreach (var devices in options.Quick ? (int[])[1_000, 100_000] : [1_000, 10_000, 100_000, 1_000_000])
        {
            await TryAsync(Wants("devices"), () => DevicesAsync(devices, stop));
        }

        await TryAsync(Wants("lag"), () => LagAsync(stop));
        return whole;
    }

    private bool Wants(string group) => options.Only.Count == 0 || options.Only.Contains(group);

    private async Task BaseAsync(CancellationToken stop)
    {
        var folder = await NewAsync("base", Base, stop);
        var certificates = Path.Combine(folder, "certificates");
        await using var server = await SweepServer.StartAsync(options.Program, Path.Combine(folder, "city"), stop);
        await EnrolAsync(server, folder, certificates, stop);
        var meter = new SweepMeter(server, SweepCity.Clients(20, Base), report, say) { Certificates = certificates };
        await meter.WarmAsync(8, stop);
        if (Wants("readings"))
        {
            int[] sizes = [1, 10, 50, 200];
            foreach (var readings in sizes)
            {
                var result = await meter.PointAsync(Text($"{readings} a publish"), "readings", new LoadShape(readings, options.Seconds), stop);
                Keep(readings, result);
            }

            foreach (var readings in (int[])[1, 50])
            {
                await meter.PointAsync(Text($"{readings} a publish, QoS 0"), "readings", new LoadShape(readings, options.Seconds) { Qos = 0 }, stop);
                await meter.PointAsync(Text($"{readings} a publish, TLS"), "readings", new LoadShape(readings, options.Seconds) { Tls = true }, stop);
            }

            await meter.PointAsync("50 a publish, MQTT 5", "readings", new LoadShape(50, options.Seconds) { Version5 = true }, stop);
        }

        if (options.Sustain > TimeSpan.Zero && Wants("sustained"))
        {
            var result = await meter.SustainAsync(options.Sustain, Samples, stop);
            _sustained = result.CaughtUpPerSecond ?? 0;
        }

        if (Wants("latency"))
        {
            await LatencyAsync(server, meter, stop);
        }
    }

    private async Task LatencyAsync(SweepServer server, SweepMeter meter, CancellationToken stop)
    {
        if (_sustained == 0 || _sustainedOne == 0)
        {
            Keep(1, await meter.PointAsync("1 a publish, for the rates below", "rates", new LoadShape(1, options.Seconds), stop));
            Keep(50, await meter.PointAsync("50 a publish, for the rates below", "rates", new LoadShape(50, options.Seconds), stop));
        }

        var seconds = Math.Max(options.Seconds, options.Quick ? 8 : 15);
        await meter.PointAsync("100,000 readings/s, 50 a publish", "latency", new LoadShape(50, seconds) { Rate = 2_000 }, stop);
        await meter.PointAsync("70 %, 50 a publish", "latency", new LoadShape(50, seconds) { Rate = 0.7 * _sustained / 50 }, stop);
        await meter.PointAsync("70 %, 50 a publish, TLS", "latency", new LoadShape(50, seconds) { Rate = 0.7 * _sustained / 50, Tls = true }, stop);
        await meter.PointAsync("70 %, 1 a publish", "latency", new LoadShape(1, seconds) { Rate = 0.7 * _sustainedOne }, stop);
        await WarmAlarmsAsync(server, stop);
        await AlarmsAsync(server, meter, "alarms, no telemetry", 601, null, stop);
        await AlarmsAsync(server, meter, "alarms beside 100 %, 50 a publish", 1_501, new LoadShape(50, seconds + 6) { Rate = _sustained / 50 }, stop);
        await AlarmsAsync(server, meter, "alarms beside 100 %, 1 a publish", 2_701, new LoadShape(1, seconds + 6) { Rate = _sustainedOne }, stop);
    }

    private async Task AlarmsAsync(SweepServer server, SweepMeter meter, string name, int first, LoadShape? beside, CancellationToken stop)
    {
        using var probe = new AlarmProbe(server.Mqtt(tls: false), server.Http);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var firing = Task.Factory.StartNew(() => probe.Run(first, _every, over.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        async Task<AlarmProbe> EndAsync()
        {
            await over.CancelAsync();
            await firing;
            return probe;
        }

        if (beside is not null)
        {
            await meter.PointAsync(name, "latency", beside, stop, EndAsync);
            return;
        }

        say(name);
        await Task.Delay(TimeSpan.FromSeconds(Math.Max(options.Seconds, 8)), stop);
        report(SweepMeter.Alarms(new SweepResult { Name = name, Group = "latency" }, await EndAsync()));
    }

    // The first alarms are the compiler's, not the server's.
    private static async Task WarmAlarmsAsync(SweepServer server, CancellationToken stop)
    {
        using var probe = new AlarmProbe(server.Mqtt(tls: false), server.Http);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        enough.CancelAfter(TimeSpan.FromSeconds(5));
        await Task.Factory.StartNew(() => probe.Run(1, TimeSpan.FromMilliseconds(10), enough.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private async Task ConnectionsAsync(CancellationToken stop)
    {
        const int Devices = 10_000;
        var folder = await NewAsync("connections", Devices, stop);
        await using var server = await SweepServer.StartAsync(options.Program, Path.Combine(folder, "city"), stop);
        await new SweepMeter(server, SweepCity.Clients(20, Devices), report, say).WarmAsync(8, stop);
        int[] counts = options.Quick ? [1, 100, 10_000] : [1, 10, 100, 1_000, 10_000];
        foreach (var count in counts)
        {
            // As many on the way as twenty connections with 64 each, as far as the window of one allows it.
            var meter = new SweepMeter(server, SweepCity.Clients(count, Devices), report, say);
            await meter.PointAsync(
                Text($"{count:N0} connections"), "connections", new LoadShape(50, options.Seconds) { Window = Math.Clamp(1_280 / count, 1, 64) }, stop);
        }

        foreach (var count in counts.Where(c => c >= 100))
        {
            var meter = new SweepMeter(server, SweepCity.Clients(count, Devices), report, say);
            await meter.PointAsync(
                Text($"{count:N0} connections, 200,000 readings/s"), "connections", new LoadShape(50, options.Seconds) { Rate = 4_000, Window = 16 }, stop);
        }
    }

    private async Task IdleAsync(CancellationToken stop)
    {
        var folder = await NewAsync("idle", Base, stop);
        var certificates = Path.Combine(folder, "certificates");
        foreach (var tls in (bool[])[false, true])
        {
            // A new server each: memory that the other connections gave back would be taken again.
            await using var server = await SweepServer.StartAsync(options.Program, Path.Combine(folder, "city"), stop);
            if (tls)
            {
                await EnrolAsync(server, folder, certificates, stop);
            }

            var count = tls ? 5_000 : 10_000;
            var name = Text($"{count:N0} idle connections{(tls ? ", TLS" : "")}");
            say(name);
            await new SweepMeter(server, SweepCity.Clients(20, Base), report, say).WarmAsync(3, stop);
            var (bytes, resident, took) = await IdleConnections.MeasureAsync(server, count, tls, tls ? certificates : null, stop);
            report(new SweepResult
            {
                Name = name,
                Group = "idle",
                Connections = count,
                Tls = tls,
                BytesPerConnection = Math.Round(bytes),
                ResidentMb = Math.Round(resident, 1),
                Seconds = Math.Round(took, 2),
            });
        }
    }

    private async Task DevicesAsync(int devices, CancellationToken stop)
    {
        var time = TimeProvider.System;
        var begun = time.GetTimestamp();
        var folder = await NewAsync("devices", devices, stop);
        var import = time.GetElapsedTime(begun);
        var data = Path.Combine(folder, "city");
        await using var server = await SweepServer.StartAsync(options.Program, data, stop);
        var rest = server.Resident;
        var meter = new SweepMeter(server, SweepCity.Clients(20, devices), report, say);
        await meter.WarmAsync(devices > 100_000 ? 10 : 6, stop);
        await meter.PointAsync(
            Text($"{devices:N0} devices"), "devices", new LoadShape(50, options.Seconds), stop, null,
            r => r with
            {
                Devices = devices,
                ImportSeconds = Math.Round(import.TotalSeconds, 2),
                StartSeconds = Math.Round(server.Start.TotalSeconds, 2),
                Note = Text($"{rest / 1e6:0} MB resident after the start"),
            });
    }

    private async Task LagAsync(CancellationToken stop)
    {
        var folder = await NewAsync("lag", Base, stop);
        using var sink = new StoreSink();
        await using var server = await SweepServer.StartAsync(options.Program, Path.Combine(folder, "city"), stop, "--influx", sink.Address, "--influx-db", "city");
        var meter = new SweepMeter(server, SweepCity.Clients(20, Base), report, say);
        await meter.WarmAsync(6, stop);
        await meter.PointAsync("store takes all at once", "lag", new LoadShape(50, options.Seconds), stop);
        sink.IsDown = true;
        await meter.PointAsync("store is down", "lag", new LoadShape(50, options.Seconds) { Settles = false }, stop);
        sink.IsDown = false;
        await meter.PointAsync("store is back and reads behind, from the disk", "lag", new LoadShape(50, options.Seconds) { StartsBehind = true }, stop);
    }

    private void Keep(int readings, SweepResult result)
    {
        if (readings == 50 && _sustained == 0)
        {
            _sustained = result.CaughtUpPerSecond ?? 0;
        }

        if (readings == 1)
        {
            _sustainedOne = result.CaughtUpPerSecond ?? 0;
        }
    }

    private async Task<string> NewAsync(string name, int devices, CancellationToken stop)
    {
        say(Text($"{name}: {devices:N0} devices are registered"));
        var folder = Path.Combine(options.Data, name + devices.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        try
        {
            await ImportAsync(folder, devices, int.MaxValue, stop);
        }
        catch (InvalidOperationException e) when (e.Message.Contains("import in parts", StringComparison.Ordinal))
        {
            await ImportAsync(folder, devices, ImportRows, stop);
        }

        return folder;
    }

    private async Task ImportAsync(string folder, int devices, int rows, CancellationToken stop)
    {
        foreach (var file in SweepCity.Write(folder, devices, Path.GetFileName(folder).StartsWith("base", StringComparison.Ordinal) ? Points : 0, rows))
        {
            await SweepServer.CommandAsync(options.Program, stop, "import", file, "--data", Path.Combine(folder, "city"));
        }
    }

    private async Task EnrolAsync(SweepServer server, string folder, string certificates, CancellationToken stop)
    {
        Directory.CreateDirectory(certificates);
        string[] gateways = [.. Enumerable.Range(1, SweepCity.Gateways).Select(SweepCity.Gateway)];
        var output = await SweepServer.CommandAsync(options.Program, stop, ["gateway", "code", .. gateways, "--data", Path.Combine(folder, "city")]);
        var codes = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).Select(p => (p[0], p[1], p[2])).ToList();
        await Enrolment.RunAsync(server.Http, codes, certificates, static _ => { }, stop);
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
