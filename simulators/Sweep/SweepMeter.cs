using System.Diagnostics;
using SmartCity.Simulators.Load;

namespace SmartCity.Simulators.Sweep;

/// <summary>What load a point makes.</summary>
/// <param name="Readings">A publish.</param>
/// <param name="Seconds">Of new publishes.</param>
internal sealed record LoadShape(int Readings, double Seconds)
{
    /// <summary>Publishes/s by schedule; 0: as many as the windows let through.</summary>
    public double Rate { get; init; }

    /// <summary>Quality of service.</summary>
    public int Qos { get; init; } = 1;

    /// <summary>With each gateway's own certificate.</summary>
    public bool Tls { get; init; }

    /// <summary>MQTT 5.0.</summary>
    public bool Version5 { get; init; }

    /// <summary>Unacknowledged publishes a connection.</summary>
    public int Window { get; init; } = 64;

    /// <summary>False where the readers cannot catch up.</summary>
    public bool Settles { get; init; } = true;

    /// <summary>True where they are behind on purpose when it begins.</summary>
    public bool StartsBehind { get; init; }
}

/// <summary>Measures single points against one server.</summary>
internal sealed class SweepMeter(
    SweepServer server, IReadOnlyList<(string Client, IReadOnlyList<string> Devices)> clients, Action<SweepResult> report, Action<string> say)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>For TLS.</summary>
    public string? Certificates { get; init; }

    /// <summary>The server's code is compiled and its memory has its size after this.</summary>
    public async Task WarmAsync(double seconds, CancellationToken stop)
    {
        await LoadAsync(new LoadShape(50, seconds), stop);
        await LoadAsync(new LoadShape(1, Math.Min(seconds, 4)), stop);
        await server.SettleAsync(stop);
    }

    /// <summary>Measures one point and reports it.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="group">Its sweep.</param>
    /// <param name="shape">The load.</param>
    /// <param name="stop">Gives up.</param>
    /// <param name="alarms">Ends the alarms beside it and gives them.</param>
    /// <param name="more">Adds to the result.</param>
    public async Task<SweepResult> PointAsync(
        string name, string group, LoadShape shape, CancellationToken stop, Func<Task<AlarmProbe>>? alarms = null, Func<SweepResult, SweepResult>? more = null)
    {
        say(name);
        if (!shape.StartsBehind)
        {
            await server.SettleAsync(stop);
        }

        var load = LoadAverage();
        var first = await server.LookAsync(stop);
        var before = await server.LookAsync(stop);
        var (processor, begun) = (server.Processor, Stopwatch.GetTimestamp());
        var made = await LoadAsync(shape, stop);
        var probe = alarms is null ? null : await alarms();
        var (after, looks, at) = shape.Settles ? await server.SettleAsync(stop) : (await server.LookAsync(stop), 1, Stopwatch.GetTimestamp());
        var spent = server.Processor - processor;
        var count = after["readings_total"] - before["readings_total"];
        var aLook = before["process_allocated_bytes_total"] - first["process_allocated_bytes_total"];
        var caughtUp = Stopwatch.GetElapsedTime(begun, at).TotalSeconds;
        var result = new SweepResult
        {
            Name = name,
            Group = group,
            ReadingsPerPublish = shape.Readings,
            Connections = clients.Count,
            Qos = shape.Qos,
            Tls = shape.Tls,
            Devices = clients.Sum(c => c.Devices.Count),
            AskedPerSecond = shape.Rate > 0 ? Math.Round(shape.Rate * shape.Readings) : null,
            ReadingsPerSecond = Math.Round(shape.Qos == 0 ? count / made.Seconds : made.ReadingsPerSecond),
            CaughtUpPerSecond = shape.Settles ? Math.Round(count / caughtUp) : null,
            CpuMicrosPerReading = Math.Round(spent.TotalMicroseconds / count, 3),
            AllocatedPerReading = Math.Round(Math.Max(0, after["process_allocated_bytes_total"] - before["process_allocated_bytes_total"] - (looks * aLook)) / count, 2),
            GcPauseMs = Math.Round((after["process_gc_pause_seconds_total"] - before["process_gc_pause_seconds_total"]) * 1000, 1),
            LogBytesPerReading = Math.Round((after.Of("log_appended_bytes_total", "telemetry") - before.Of("log_appended_bytes_total", "telemetry")) / count, 1),
            P50Ms = shape.Qos == 0 ? null : made.P50 / 1000.0,
            P99Ms = shape.Qos == 0 ? null : made.P99 / 1000.0,
            P999Ms = shape.Qos == 0 ? null : made.P999 / 1000.0,
            MaximumMs = shape.Qos == 0 ? null : made.Maximum / 1000.0,
            ResidentMb = Math.Round(server.Resident / 1e6),
            Seconds = Math.Round(made.Seconds, 2),
            GeneratorMicrosPerPublish = made.GeneratorMicros,
            LoadAverage = load,
            Note = alarms is null ? Strange(shape, made, count) : null, // alarms are counted by the server too
        };
        result = probe is null ? result : Alarms(result, probe);
        result = more is null ? result : more(result);
        report(result);
        return result;
    }

    /// <summary>As much as goes in for a long time, looked at all the while.</summary>
    public async Task<SweepResult> SustainAsync(TimeSpan length, List<SweepSample> samples, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var begun = Stopwatch.GetTimestamp();
        var zero = (await server.LookAsync(stop))["readings_total"];
        var watching = WatchAsync(begun, zero, samples, over.Token);
        var name = FormattableString.Invariant($"{length.TotalMinutes:0.#} minutes, 50 a publish");
        var result = await PointAsync(name, "sustained", new LoadShape(50, length.TotalSeconds), stop);
        await over.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return result;
    }

    /// <summary>Adds what alarms showed.</summary>
    public static SweepResult Alarms(SweepResult to, AlarmProbe probe) => to with
    {
        Alarms = probe.Counts.Sent,
        AlarmsMissing = probe.Counts.Missing,
        AlarmP50Ms = probe.Heard.Percentile(50) / 1000.0,
        AlarmP99Ms = probe.Heard.Percentile(99) / 1000.0,
        AlarmMaximumMs = probe.Heard.Maximum / 1000.0,
    };

    private static double LoadAverage() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static string? Strange(LoadShape shape, LoadReport made, double count)
    {
        var strange = new List<string>();
        if (shape.Qos == 1 && made.Duplicates == 0 && (long)count != made.Readings)
        {
            strange.Add(FormattableString.Invariant($"the server took {count:0} readings, the generator counts {made.Readings} as acknowledged"));
        }

        if (made.Failures + made.Refused > 0)
        {
            strange.Add(FormattableString.Invariant($"{made.Failures} connection failures ({made.LastFailure}), {made.Refused} refused"));
        }

        return strange.Count == 0 ? null : string.Join("; ", strange);
    }

    private async Task WatchAsync(long begun, double zero, List<SweepSample> samples, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Look);
        while (await timer.WaitForNextTickAsync(stop))
        {
            var figures = await server.LookAsync(stop);
            samples.Add(new SweepSample(
                Math.Round(Stopwatch.GetElapsedTime(begun).TotalSeconds, 2), figures["readings_total"] - zero,
                Math.Round(figures.Of("log_backlog_bytes", "telemetry") / 1e6, 2), Math.Round(server.Resident / 1e6)));
        }
    }

    private Task<LoadReport> LoadAsync(LoadShape shape, CancellationToken stop) => LoadRun.ExecuteAsync(
        new LoadOptions
        {
            Server = server.Mqtt(shape.Tls),
            Connections = clients.Count,
            Clients = clients,
            Certificates = shape.Tls ? Certificates : null,
            PublishesPerSecond = shape.Rate,
            ReadingsPerPublish = shape.Readings,
            QualityOfService = shape.Qos,
            Version5 = shape.Version5,
            Window = shape.Window,
            Duration = TimeSpan.FromSeconds(shape.Seconds),
            Drain = TimeSpan.FromSeconds(60),
            ConnectFirst = true,
        },
        TimeProvider.System,
        stop);
}
