using System.Diagnostics;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.History;
using SmartCity.Ingest.Intake;
using SmartCity.Ingest.Mqtt;
using SmartCity.Ingest.Quarantine;
using SmartCity.Ingest.Views;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Serve;

/// <summary>The server's figures for <c>/metrics</c>, and what keeps it from being ready for <c>/readyz</c>.</summary>
internal sealed class Figures(
    CityEngine engine, IntakeMetrics intake, MqttTraffic traffic, QuarantineStore quarantine, Broker broker, GatewayDesk desk, string data, TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    // A reader this far behind its lane is a fault worth telling: minutes of a city's readings.
    private const long WorryingLag = 256L << 20;

    /// <summary>Everything that is wrong now, in words that say what to do.</summary>
    public IReadOnlyList<ReadyFault> Faults()
    {
        var faults = new List<ReadyFault>();
        var watch = engine.Book.Store.Watch;
        if (watch.Since is { } since)
        {
            faults.Add(new ReadyFault(ReadyFault.Book, FormattableString.Invariant(
                $"the city's book has not answered for {(time.GetUtcNow() - since).TotalSeconds:F0} s: {watch.Reason}. Readings go on into the log; alerts are provisional, on screens only; nothing can be acknowledged or changed")));
        }

        foreach (var lane in (ReadOnlySpan<Lane>)[Lane.Telemetry, Lane.Alarm])
        {
            var pause = engine.Log[lane].Paused;
            if (pause is not (PauseReason.None or PauseReason.Memory or PauseReason.Readers))
            {
                faults.Add(new ReadyFault($"log-{Word(lane)}", Words(pause)));
            }
        }

        foreach (var reader in engine.Grains)
        {
            // A book that is away is said once, and not for each that waits for it.
            if (reader.Trouble is { } trouble && !watch.IsAway)
            {
                faults.Add(new ReadyFault($"alerts-{Word(reader.Lane)}", $"alerts are not being recorded: {trouble}"));
            }
            else if (reader.Lag > WorryingLag)
            {
                faults.Add(new ReadyFault($"alerts-{Word(reader.Lane)}", "alerts lag behind the readings: the machine is too busy"));
            }
        }

        foreach (var history in engine.History)
        {
            if (history.Status.State is { Health: HistoryHealth.Stopped } state)
            {
                // Most reasons begin with the store already.
                var where = state.Reason?.StartsWith(history.Status.Store, StringComparison.Ordinal) == true ? "" : history.Status.Store + ": ";
                faults.Add(new ReadyFault("history", $"{where}{state.Reason?.TrimEnd('.')}. {state.Fix}"));
            }
        }

        if (engine.Ledger.Trouble is { } ledger && !watch.IsAway)
        {
            faults.Add(new ReadyFault("energy", $"energy and burning hours are not being written: {ledger}"));
        }

        return faults;
    }

    /// <summary>How the parts fare, for the health page.</summary>
    public EngineStatus Status()
    {
        var lanes = new[] { Lane.Telemetry, Lane.Alarm };
        var history = engine.History.Select(h => h.Status).ToList();
        var worst = history.OrderByDescending(h => h.State.Health == HistoryHealth.Stopped).First();
        return new EngineStatus(
            _startedAt,
            [.. lanes.Select(lane => new LaneStatus(Word(lane), engine.Log[lane].BacklogBytes, PauseWord(engine.Log[lane].Paused)))],
            [
                .. engine.Grains.Select(g => new ReaderStatus("alerts", Word(g.Lane), g.Lag, g.Trouble)),
                new ReaderStatus("energy", Word(Lane.Telemetry), engine.Ledger.Lag, engine.Ledger.Trouble),
                .. history.Select((h, i) => new ReaderStatus("history", Word(lanes[i]), h.Lag, h.State.Health == HistoryHealth.Stopped ? h.State.Reason : null)),
            ],
            new StoreStatus(worst.Store, worst.State.Health.ToString().ToLowerInvariant(), worst.State.Reason, worst.State.Since, history.Sum(h => h.Lines)),
            new QuarantineStatus(quarantine.Figures.Rows, quarantine.Figures.Evicted, quarantine.Figures.ByReason),
            FreeBytes());
    }

    /// <summary>Every figure.</summary>
    public IEnumerable<MetricSample> Samples()
    {
        foreach (var sample in IntakeSamples().Concat(LogSamples()).Concat(ReaderSamples()).Concat(MqttSamples()).Concat(ProcessSamples()))
        {
            yield return sample;
        }
    }

    private static string Word(Lane lane) => lane == Lane.Alarm ? "alarm" : "telemetry";

    private static string? PauseWord(PauseReason reason) => reason switch
    {
        PauseReason.None => null,
        PauseReason.Budget => "budget",
        PauseReason.DiskFree => "disk-free",
        PauseReason.DiskError => "disk-error",
        PauseReason.Memory => "memory",
        PauseReason.Readers => "readers",
        _ => "closed",
    };

    private long? FreeBytes()
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(data)).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // an unusual mount; the log's own watch of the disk goes on beside
        }
    }

    private static string Words(PauseReason reason) => reason switch
    {
        PauseReason.Budget => "telemetry waits: a reader (history or alerts) is behind by the disk budget. See the other faults here.",
        PauseReason.DiskFree => "telemetry waits: the disk is nearly full. Free space, or lower history.days.",
        PauseReason.DiskError => "the disk refuses to write. Look at the disk (dmesg, smartctl).",
        _ => "the log is closed",
    };

    private static MetricSample Count(string name, string help, double value, params (string, string)[] labels) =>
        new("smartcity_" + name, help, MetricKind.Counter, value, labels);

    private static MetricSample Gauge(string name, string help, double value, params (string, string)[] labels) =>
        new("smartcity_" + name, help, MetricKind.Gauge, value, labels);

    private IEnumerable<MetricSample> IntakeSamples()
    {
        yield return Count("readings_total", "Readings taken into the log", intake.Lines);
        yield return Count("publishes_total", "Publishes and requests with readings", intake.Publishes);
        yield return Count("tags_ignored_total", "Tags other than device", intake.TagsIgnored);
        yield return Count("arrival_stamped_total", "Readings that got the time of arrival", intake.ArrivalStamped);
        foreach (var (reason, count) in intake.Rejected)
        {
            yield return Count("readings_rejected_total", "Lines put into quarantine by the intake", count, ("reason", reason));
        }

        yield return Count("readings_rejected_unlisted_total", "Bad lines counted only, because one publish held too many", intake.Unlisted);
        var kept = quarantine.Figures;
        yield return Gauge("quarantine_lines", "Lines in quarantine", kept.Rows);
        yield return Count("quarantine_evicted_total", "Lines that had to make room in the quarantine", kept.Evicted);
    }

    private IEnumerable<MetricSample> LogSamples()
    {
        foreach (var lane in new[] { Lane.Telemetry, Lane.Alarm })
        {
            var log = engine.Log[lane];
            yield return Count("log_appended_bytes_total", "Bytes appended to the log", log.Appended, ("lane", Word(lane)));
            yield return Gauge("log_backlog_bytes", "Bytes that the slowest reader has not dealt with", log.BacklogBytes, ("lane", Word(lane)));
            yield return Gauge("log_unacknowledged_bytes", "Bytes appended and not acknowledged yet", log.Appended - log.Acknowledged, ("lane", Word(lane)));
            yield return Gauge("log_paused", "1 while appends wait", log.Paused == PauseReason.None ? 0 : 1, ("lane", Word(lane)));
        }
    }

    private IEnumerable<MetricSample> ReaderSamples()
    {
        foreach (var reader in engine.Grains)
        {
            yield return Gauge("reader_lag_bytes", "Bytes of the log a reader has not seen", reader.Lag, ("reader", "grains"), ("lane", Word(reader.Lane)));
            yield return Gauge("devices_heard", "Devices that have a grain", reader.Host.Devices, ("lane", Word(reader.Lane)));
            yield return Count("alert_changes_total", "Alert transitions the rules made", reader.Host.Counters.Changes, ("lane", Word(reader.Lane)));
            yield return Count("lines_foreign_total", "Lines read of devices that another server judges: on the alarm lane left to it, on the other judged as history", reader.Host.Counters.Foreign, ("lane", Word(reader.Lane)));
            yield return Count("alert_changes_late_total", "Alert transitions that were over before they were heard of, given to the book as history", reader.Host.Counters.Late, ("lane", Word(reader.Lane)));
            yield return Count("book_commits_moved_total", "Commits made anew because another server was first", reader.Host.Counters.Moved, ("lane", Word(reader.Lane)));
            yield return Count("book_failures_total", "Commits the book refused and that were tried again", reader.Failures, ("lane", Word(reader.Lane)));
        }

        yield return Gauge("book_away_seconds", "For how long the book has not answered; 0 while it does", engine.Book.Store.Watch.Since is { } away ? (time.GetUtcNow() - away).TotalSeconds : 0);
        yield return Gauge("alerts_provisional", "Alerts that this server's rules say and that the book, which is away, has not got", engine.Provisional.Current.Now.View.Count);
        yield return Gauge("reader_lag_bytes", "Bytes of the log a reader has not seen", engine.Ledger.Lag, ("reader", "ledger"), ("lane", "telemetry"));
        yield return Count("ledger_readings_total", "Readings of energy, burning hours and switch-ons that were counted", engine.Ledger.Readings);
        yield return Count("ledger_failures_total", "Times the book refused the ledger's figures and that were tried again", engine.Ledger.Failures);

        var lanes = new[] { "telemetry", "alarm" };
        for (var i = 0; i < engine.History.Count; i++)
        {
            var status = engine.History[i].Status;
            yield return Gauge("reader_lag_bytes", "Bytes of the log a reader has not seen", status.Lag, ("reader", "history"), ("lane", lanes[i]));
            yield return Gauge("history_unwritten_bytes", "Bytes of the log whose readings the store answers from memory; after a kill they are read again", status.Unwritten, ("lane", lanes[i]));
            yield return Count("history_points_total", "Points the store took (a replay counts again)", status.Lines, ("lane", lanes[i]));
            yield return Count("history_rejected_total", "Points the store refused for good", status.Rejected, ("lane", lanes[i]));
            yield return Gauge("history_stopped", "1 while the store takes nothing", status.State.Health == HistoryHealth.Stopped ? 1 : 0, ("lane", lanes[i]));
        }
    }

    private IEnumerable<MetricSample> MqttSamples()
    {
        foreach (var (name, value) in engine.Endpoint.Metrics.Read())
        {
            yield return name.EndsWith("_total", StringComparison.Ordinal) ? Count(name, "MQTT endpoint", value) : Gauge(name, "MQTT endpoint", value);
        }

        foreach (var (name, value) in broker.Statistics.Read())
        {
            yield return Count($"mqtt_broker_{name}_total", "MQTT sessions and subscriptions", value);
        }

        yield return Gauge("http_connections_open", "Connections of the HTTP ports", engine.HttpGate.Open);
        yield return Count("http_connections_refused_total", "Connections beyond the HTTP ports' bound", engine.HttpGate.Refused);
        yield return Gauge("gateways_listening", "Gateways that listen for commands", desk.Listening);
        yield return Count("mqtt_refused_connects_total", "CONNECTs the city refused", traffic.RefusedConnects.Value);
        yield return Count("mqtt_refused_publishes_total", "Publishes to a topic that is not the client's", traffic.RefusedPublishes.Value);
        yield return Count("mqtt_refused_subscribes_total", "Subscriptions to a topic that is not the client's", traffic.RefusedSubscribes.Value);
        yield return Count("mqtt_publishes_held_total", "Publishes that waited for room or registration", traffic.Pauses.Value);
        yield return Gauge("mqtt_publishes_waiting", "Publishes that wait for room or registration now", traffic.Waiting);
        yield return Count("command_results_foreign_total", "Results of commands never sent to that gateway", traffic.ForeignResults.Value);
        yield return Count("documents_bad_total", "Reports and results that could not be read", traffic.BadDocuments.Value);
    }

    private static IEnumerable<MetricSample> ProcessSamples()
    {
        using var process = Process.GetCurrentProcess();
        yield return Gauge("process_resident_bytes", "Resident memory", process.WorkingSet64);
        yield return Count("process_cpu_seconds_total", "CPU time", process.TotalProcessorTime.TotalSeconds);
        yield return Count("process_allocated_bytes_total", "Bytes allocated", GC.GetTotalAllocatedBytes());
        yield return Count("process_gc_pause_seconds_total", "Time the program stood still for garbage collection", GC.GetTotalPauseDuration().TotalSeconds);
    }
}
