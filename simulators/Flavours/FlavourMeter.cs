using System.Diagnostics;
using System.Globalization;
using SmartCity.Simulators.Load;
using SmartCity.Simulators.Sweep;

namespace SmartCity.Simulators.Flavours;

/// <summary>A load of one kind of device.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Kind">The devices' kind.</param>
/// <param name="Readings">A publish.</param>
/// <param name="Clients">Gateways and their devices.</param>
internal sealed record FlavourLoad(string Name, string Kind, int Readings, IReadOnlyList<(string Client, IReadOnlyList<string> Devices)> Clients);

/// <summary>Measures points against the servers of one case; each point's figures are sums over them.</summary>
/// <param name="of">The case.</param>
/// <param name="round">From 1.</param>
/// <param name="town">Its servers.</param>
internal sealed class FlavourMeter(FlavourCase of, int round, FlavourTown town)
{
    private const int Window = 64;

    /// <summary>Between two alarms.</summary>
    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(25);

    private int _nextPoint = 1;

    /// <summary>Makes a load and waits until every reader has caught up: code is compiled and memory has its size after this.</summary>
    public async Task WarmAsync(FlavourLoad load, double seconds, CancellationToken stop)
    {
        await LoadAsync(load, seconds, 0, stop);
        await SettleAsync(stop);
    }

    /// <summary>The first alarms are the compiler's, not the server's.</summary>
    public async Task WarmAlarmsAsync(double seconds, CancellationToken stop)
    {
        await using var firing = Fire(stop);
        await Task.Delay(TimeSpan.FromSeconds(seconds), stop);
    }

    /// <summary>As many publishes as the windows let through, or as many as asked for.</summary>
    /// <param name="load">Whose.</param>
    /// <param name="seconds">Of new publishes.</param>
    /// <param name="rate">Readings/s by schedule; 0: as fast as it goes.</param>
    /// <param name="alarms">Whether alarms are fired beside it.</param>
    /// <param name="name">What the point is called.</param>
    /// <param name="stop">Gives up.</param>
    public async Task<FlavourResult> PointAsync(FlavourLoad load, double seconds, double rate, bool alarms, string name, CancellationToken stop)
    {
        await SettleAsync(stop);
        var average = LoadAverage();
        var before = await LookAsync(stop);
        await using var firing = alarms ? Fire(stop) : null;
        var (processor, book, own, begun) = (Processor, town.BookProcessor, Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var made = await LoadAsync(load, seconds, rate, stop);
        var generator = Environment.CpuUsage.TotalTime - own;
        await (firing?.EndAsync() ?? Task.CompletedTask);
        var at = await SettleAsync(stop);
        var (spent, bookSpent) = (Processor - processor, town.BookProcessor - book);
        var after = await LookAsync(stop);
        double More(string figure) => after.Sum(f => f.Of(figure, "telemetry")) - before.Sum(f => f.Of(figure, "telemetry"));
        var changes = More("alert_changes_total");
        return Alarms(firing?.Probe, Transitions(after) - Transitions(before), Empty(name) with
        {
            AskedPerSecond = rate > 0 ? Math.Round(rate) : null,
            ReadingsPerSecond = made.ReadingsPerSecond,
            CaughtUpPerSecond = Math.Round(made.Readings / Stopwatch.GetElapsedTime(begun, at).TotalSeconds),
            Lost = Math.Max(0, made.Readings - More("history_points_total")),
            CpuMicrosPerReading = Math.Round(spent.TotalMicroseconds / made.Readings, 3),
            BookMicrosPerReading = of.OwnFile ? null : Math.Round(bookSpent.TotalMicroseconds / made.Readings, 3),
            GeneratorMicrosPerReading = Math.Round(generator.TotalMicroseconds / made.Readings, 3),
            P50Ms = made.P50 / 1000.0,
            P99Ms = made.P99 / 1000.0,
            MaximumMs = made.Maximum / 1000.0,
            ResidentMb = Math.Round(town.Servers.Sum(s => s.Resident) / 1e6),
            LoadAverage = average,
            Note = Strange(made, changes),
        });
    }

    /// <summary>Alarms with nothing beside them.</summary>
    public async Task<FlavourResult> AlarmsAsync(double seconds, string name, CancellationToken stop)
    {
        var average = LoadAverage();
        var before = await LookAsync(stop);
        await using var firing = Fire(stop);
        await Task.Delay(TimeSpan.FromSeconds(seconds), stop);
        await firing.EndAsync();
        return Alarms(firing.Probe, Transitions(await LookAsync(stop)) - Transitions(before), Empty(name) with { LoadAverage = average, ResidentMb = Math.Round(town.Servers.Sum(s => s.Resident) / 1e6) });
    }

    private TimeSpan Processor => TimeSpan.FromTicks(town.Servers.Sum(s => s.Processor.Ticks));

    private static double LoadAverage() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    private static double Transitions(IReadOnlyList<SweepFigures> looks) => looks.Sum(f => f["book_transitions_total"]);

    /// <param name="probe">What fired; null where nothing did.</param>
    /// <param name="transitions">Alert transitions of all servers in the book meanwhile: one for each alarm, or something was raised twice.</param>
    /// <param name="to">The result so far.</param>
    private static FlavourResult Alarms(AlarmProbe? probe, double transitions, FlavourResult to) => probe is null ? to : to with
    {
        Alarms = probe.Counts.Sent,
        AlarmsMissing = probe.Counts.Missing,
        AlarmAckP50Ms = probe.Acknowledged.Percentile(50) / 1000.0,
        AlarmAckP99Ms = probe.Acknowledged.Percentile(99) / 1000.0,
        AlarmP50Ms = probe.Heard.Percentile(50) / 1000.0,
        AlarmP99Ms = probe.Heard.Percentile(99) / 1000.0,
        AlarmMaximumMs = probe.Heard.Maximum / 1000.0,
        BesideP50Ms = probe.HeardBeside?.Percentile(50) / 1000.0,
        BesideP99Ms = probe.HeardBeside?.Percentile(99) / 1000.0,
        Note = (int)transitions == probe.Counts.Sent
            ? to.Note
            : FormattableString.Invariant($"{(to.Note is null ? "" : to.Note + "; ")}{transitions:0} alert transitions of {probe.Counts.Sent} alarms"),
    };

    private static string? Strange(LoadReport made, double changes)
    {
        List<string> strange = [];
        if (made.Failures + made.Refused + made.Duplicates > 0)
        {
            strange.Add(FormattableString.Invariant($"{made.Failures} connection failures ({made.LastFailure}), {made.Refused} publishes refused, {made.Duplicates} sent again"));
        }

        if (changes > 0)
        {
            strange.Add(FormattableString.Invariant($"{changes:0} alert transitions of devices that should have none"));
        }

        return strange.Count == 0 ? null : string.Join("; ", strange);
    }

    private FlavourResult Empty(string name) => new() { Load = name, Flavour = of.Name, Servers = of.Servers, Round = round };

    private AlarmFiring Fire(CancellationToken stop)
    {
        var first = _nextPoint;
        return new AlarmFiring(new AlarmProbe(town.Servers[0].Mqtt(tls: false), [.. town.Servers.Select(s => s.Http)]), first, _every, stop, sent => _nextPoint = first + sent);
    }

    private async Task<IReadOnlyList<SweepFigures>> LookAsync(CancellationToken stop) => await Task.WhenAll(town.Servers.Select(s => s.LookAsync(stop)));

    private async Task<long> SettleAsync(CancellationToken stop) => (await Task.WhenAll(town.Servers.Select(s => s.SettleAsync(stop)))).Max(s => s.At);

    private Task<LoadReport> LoadAsync(FlavourLoad load, double seconds, double rate, CancellationToken stop) => LoadRun.ExecuteAsync(
        new LoadOptions
        {
            Server = town.Servers[0].Mqtt(tls: false),
            ServerOf = town.ServerOf,
            Connections = load.Clients.Count,
            Clients = load.Clients,
            Kind = load.Kind,
            PublishesPerSecond = rate / load.Readings,
            ReadingsPerPublish = load.Readings,
            Window = Window,
            Duration = TimeSpan.FromSeconds(seconds),
            Drain = TimeSpan.FromSeconds(60),
            ConnectFirst = true,
        },
        TimeProvider.System,
        stop);
}
