namespace SmartCity.Simulators.Sweep;

/// <summary>The pictures of a page of results.</summary>
internal static class SweepPictures
{
    /// <summary>Every picture that the results are enough for, by the name of its file.</summary>
    public static IEnumerable<(string File, string Words, string Svg)> Draw(IReadOnlyList<SweepResult> all, IReadOnlyList<SweepSample> samples)
    {
        var readings = all.Where(r => r.Group == "readings").ToList();
        if (readings.Count > 0)
        {
            yield return ("e2e-readings.svg", "Readings per second by readings a publish", BarPicture.Draw(
                "Readings/s, durable before PUBACK, rules and history beside", ["acknowledged", "with all readers caught up"],
                [.. readings.Select(r => (r.Name, (IReadOnlyList<double?>)[r.ReadingsPerSecond, r.CaughtUpPerSecond]))], false, (700_000, "goal at 50 a publish")));
            yield return ("e2e-cost.svg", "Server CPU a reading by readings a publish", BarPicture.Draw(
                "Server CPU a reading, µs, kernel, rules and history included", ["CPU"],
                [.. readings.Select(r => (r.Name, (IReadOnlyList<double?>)[r.CpuMicrosPerReading]))], false, (1, "goal at 50 a publish")));
        }

        var latency = all.Where(r => r.Group == "latency").ToList();
        if (latency.Count > 0)
        {
            yield return ("e2e-latency.svg", "Latencies at a fixed rate", BarPicture.Draw(
                "Milliseconds, counted from the schedule", ["PUBACK p50", "PUBACK p99", "PUBACK p99.9", "alarm → event p50", "alarm → event p99"],
                [.. latency.Select(r => (r.Name, (IReadOnlyList<double?>)[r.P50Ms, r.P99Ms, r.P999Ms, r.AlarmP50Ms, r.AlarmP99Ms]))], true,
                (15, "goal of PUBACK p99 at 70 %: 15"), (20, "goal of alarm → event p99: 20")));
        }

        var connections = all.Where(r => r.Group == "connections").ToList();
        if (connections.Count > 1)
        {
            yield return ("e2e-connections.svg", "Server CPU a reading over connections", LinePicture.Draw(
                "Server CPU a reading, µs, by connections (50 a publish)", "connections", true,
                [
                    .. ((string, Func<SweepResult, bool>)[])[("as fast as it goes", r => r.AskedPerSecond is null), ("at 200,000 readings/s", r => r.AskedPerSecond is not null)] is var kinds
                        ? kinds.Select(k => (k.Item1, Points(connections.Where(k.Item2), r => r.Connections, r => r.CpuMicrosPerReading))).Where(c => c.Item2.Count > 0)
                        : [],
                ]));
        }

        var devices = all.Where(r => r.Group == "devices").ToList();
        if (devices.Count > 1)
        {
            yield return ("e2e-devices.svg", "Server CPU a reading over registered devices", LinePicture.Draw(
                "Server CPU a reading, µs, by registered devices (50 a publish, 20 connections)", "registered devices", true,
                [("CPU a reading", Points(devices, r => r.Devices, r => r.CpuMicrosPerReading))], (1, "goal")));
        }

        if (samples.Count > 2)
        {
            yield return ("e2e-sustained.svg", "Readings per second over a long run", LinePicture.Draw(
                "Readings/s acknowledged over a long run, each point five seconds", "seconds", false, [("readings/s", Rates(samples))], (700_000, "goal")));
            yield return ("e2e-lag.svg", "Log that is kept for readers, and memory, over a long run", LinePicture.Draw(
                "MB of log kept for its readers (history's head is among it), and resident memory", "seconds", false,
                [("MB of log", [.. samples.Select(s => (s.Second, s.LagMb))]), ("MB resident", [.. samples.Select(s => (s.Second, s.ResidentMb))])]));
        }
    }

    private static List<(double X, double Y)> Points(IEnumerable<SweepResult> of, Func<SweepResult, double?> x, Func<SweepResult, double?> y) =>
        [.. of.Where(r => x(r) > 0 && y(r) is not null).Select(r => (x(r)!.Value, y(r)!.Value))];

    private static List<(double X, double Y)> Rates(IReadOnlyList<SweepSample> samples) =>
        [.. samples.Zip(samples.Skip(1), (a, b) => (b.Second, Math.Max(0, (b.Readings - a.Readings) / (b.Second - a.Second))))];
}
