using System.Globalization;
using System.Text;

namespace SmartCity.Simulators.Sweep;

/// <summary>Results as the tables of a page.</summary>
internal static class SweepText
{
    /// <summary>The goals of the hot path and what was reached, by what was measured: reached, not reached, or not measured.</summary>
    public static string Goals(IReadOnlyList<SweepResult> all)
    {
        var one = Find(all, "readings", r => r.Name == "1 a publish");
        var fifty = Find(all, "readings", r => r.Name == "50 a publish");
        var sustained = Find(all, "sustained", _ => true);
        var late = all.Where(r => r is { Group: "latency", ReadingsPerPublish: 50, Tls: false, Alarms: null } && r.Name.StartsWith("70 %", StringComparison.Ordinal)).MaxBy(r => r.AskedPerSecond);
        var alarms = Find(all, "latency", r => r.Name == "alarms beside 100 %, 50 a publish");
        var idle = Find(all, "idle", r => r.Tls == false);
        var idleTls = Find(all, "idle", r => r.Tls == true);
        var text = new StringBuilder("| goal | asked | measured | |\n| --- | --- | --- | --- |\n");
        Row(text, "publishes of one reading, durable, rules evaluated", "≥ 100,000/s", one?.CaughtUpPerSecond, v => $"{v:N0}/s with all readers caught up", v => v >= 100_000);
        Row(text, "readings at 50 a publish, durable", "≥ 700,000/s", fifty?.ReadingsPerSecond, v => $"{v:N0}/s acknowledged", v => v >= 700_000);
        Row(text, "the same with all readers caught up", "≥ 700,000/s", fifty?.CaughtUpPerSecond, v => $"{v:N0}/s", v => v >= 700_000);
        Row(text, "server CPU a reading at 50 a publish", "≤ 1 µs", (sustained ?? fifty)?.CpuMicrosPerReading, v => $"{v:0.00} µs", v => v <= 1);
        Row(text, "allocated a reading in steady state", "0 B", (sustained ?? fifty)?.AllocatedPerReading, v => $"{v:0.00} B", v => v < 0.01);
        Row(text, "ten minutes, all readers keeping up", "state the rate", sustained is { Seconds: >= 590 } ? sustained.CaughtUpPerSecond : null, v => $"{v:N0} readings/s", _ => true);
        Row(text, "publish → PUBACK p99 at 70 %", "≤ 15 ms", late?.P99Ms, v => $"{v:0.0} ms at {late!.ReadingsPerSecond:N0} readings/s", v => v <= 15);
        Row(text, "alarm → event p99 with telemetry at 100 %", "≤ 20 ms", alarms?.AlarmP99Ms, v => $"{v:0.0} ms of {alarms!.Alarms} alarms at {alarms.ReadingsPerSecond:N0} readings/s", v => v <= 20);
        Row(text, "an idle connection", "≤ 12 KB", idle?.BytesPerConnection, v => $"{v / 1000:0.0} KB", v => v <= 12_000);
        Row(text, "an idle connection over TLS", "≤ 12 KB", idleTls?.BytesPerConnection, v => $"{v / 1000:0.0} KB", v => v <= 12_000);
        Row(text, "cost from 100 to 10,000 connections", "flat", Ratio(all, "connections", r => r.Connections == 100, r => r.Connections == 10_000), v => $"× {v:0.00} CPU a reading, at 200,000 readings/s", v => v <= 1.25);
        Row(text, "cost from 1,000 to 1,000,000 devices", "flat", Ratio(all, "devices", r => r.Devices == 1_000, r => r.Devices == 1_000_000), v => $"× {v:0.00} CPU a reading", v => v <= 1.25);
        return text.ToString();
    }

    /// <summary>One table for each group that was measured.</summary>
    public static string Tables(IReadOnlyList<SweepResult> all)
    {
        var text = new StringBuilder();
        Table(text, all, "readings", "As fast as it goes", "load", SpeedHead, Speed);
        Table(text, all, "sustained", "Long", "run", SpeedHead, Speed);
        Table(text, all, "latency", "Latencies, by schedule", "load", LatencyHead, Latency);
        Table(text, all, "connections", "Connections (10,000 devices, 50 a publish)", "connections", SpeedHead, Speed);
        Table(
            text, all, "idle", "Idle connections", "", "memory each | resident MB | seconds to connect all",
            r => $"{r.BytesPerConnection / 1000:0.0} KB | {r.ResidentMb:0} | {r.Seconds:0.0}");
        Table(
            text, all, "devices", "Registered devices, each heard of (50 a publish, 20 connections)", "devices",
            "import s | start s | " + SpeedHead, r => $"{r.ImportSeconds:0.0} | {r.StartSeconds:0.0} | {Speed(r)}");
        Table(text, all, "lag", "A store that stops (history outside the process, 50 a publish)", "store", SpeedHead, Speed);
        return text.ToString();
    }

    /// <summary>What stands over them.</summary>
    public static string Head(SweepHead head, IReadOnlyList<SweepResult> all)
    {
        var load = all.Where(r => r.Group != "peer").Select(r => r.LoadAverage).OfType<double>().DefaultIfEmpty(0).ToList();
        return FormattableString.Invariant(
            $"{head.Machine}; {head.Cores}; commit {head.Commit}, {head.When}. Load average (a minute's, server and generator counted) {load.Min():0.0} to {load.Max():0.0} before the points. Each table is of the last run that measured it.\n");
    }

    private const string SpeedHead = "readings/s acknowledged | with readers caught up | CPU µs/reading | allocated B/reading | GC pause ms | log B/reading | p50 ms | p99 ms | p99.9 ms | resident MB";

    private const string LatencyHead = "readings/s asked | acknowledged | p50 ms | p99 ms | p99.9 ms | longest ms | alarms | alarm → event p50 ms | p99 ms | longest ms | CPU µs/reading";

    private static string Speed(SweepResult r) => FormattableString.Invariant(
        $"{r.ReadingsPerSecond:N0} | {r.CaughtUpPerSecond:N0} | {r.CpuMicrosPerReading:0.00} | {r.AllocatedPerReading:0.00} | {r.GcPauseMs:0.0} | {r.LogBytesPerReading:0} | {r.P50Ms:0.0} | {r.P99Ms:0.0} | {r.P999Ms:0.0} | {r.ResidentMb:0}");

    private static string Latency(SweepResult r) => FormattableString.Invariant(
        $"{r.AskedPerSecond:N0} | {r.ReadingsPerSecond:N0} | {r.P50Ms:0.0} | {r.P99Ms:0.0} | {r.P999Ms:0.0} | {r.MaximumMs:0.0} | {Heard(r)} | {r.AlarmP50Ms:0.0} | {r.AlarmP99Ms:0.0} | {r.AlarmMaximumMs:0.0} | {r.CpuMicrosPerReading:0.00}");

    private static string Heard(SweepResult r) => r.Alarms is null ? "" : FormattableString.Invariant($"{r.Alarms - r.AlarmsMissing:0} of {r.Alarms:0}");

    private static void Table(
        StringBuilder text, IReadOnlyList<SweepResult> all, string group, string title, string first, string head, Func<SweepResult, string> row)
    {
        var rows = all.Where(r => r.Group == group).ToList();
        if (rows.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"### {title}\n\n| {first} | {head} |\n| --- |{string.Concat(Enumerable.Repeat(" ---: |", head.Count(c => c == '|') + 1))}\n");
        foreach (var result in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {result.Name} | {row(result)} |\n");
        }

        foreach (var result in rows.Where(r => r.Note is not null))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{result.Name}: {result.Note}.\n");
        }

        text.Append('\n');
    }

    private static SweepResult? Find(IReadOnlyList<SweepResult> all, string group, Func<SweepResult, bool> which) => all.LastOrDefault(r => r.Group == group && which(r));

    private static double? Ratio(IReadOnlyList<SweepResult> all, string group, Func<SweepResult, bool> low, Func<SweepResult, bool> high) =>
        Find(all, group, high)?.CpuMicrosPerReading / Find(all, group, low)?.CpuMicrosPerReading;

    private static void Row(StringBuilder text, string goal, string asked, double? value, Func<double, FormattableString> words, Func<double, bool> reached) =>
        text.Append(CultureInfo.InvariantCulture, $"| {goal} | {asked} | {(value is { } v ? FormattableString.Invariant(words(v)) : "")} | {Verdict(value, reached)} |\n");

    private static string Verdict(double? value, Func<double, bool> reached) => value is not { } v ? "not measured" : reached(v) ? "reached" : "**not reached**";
}
