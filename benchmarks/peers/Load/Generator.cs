using System.Diagnostics;
using SmartCity.Edge;
using SmartCity.Simulators.Load;

namespace SmartCity.Benchmarks.Peers;

/// <summary>The generator's process: the load generator of <c>simulators</c> for MQTT, <see cref="HttpLoad"/> for HTTP. Both write the same readings.</summary>
internal static class Generator
{
    /// <summary>Between two readings of a device: a millisecond, because VictoriaMetrics keeps no less.</summary>
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(1);

    /// <summary>Makes the load.</summary>
    public static async Task<LoadSeen> RunAsync(LoadJob job, CancellationToken stop)
    {
        var start = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        var options = new LoadOptions
        {
            Server = job.Target.StartsWith("mqtt", StringComparison.Ordinal) ? ServerEndpoint.Parse(job.Target) : ServerEndpoint.Parse("mqtt://127.0.0.1:1"),
            Connections = job.Connections,
            PublishesPerSecond = job.PublishesPerSecond,
            Window = job.Window,
            ReadingsPerPublish = job.Readings,
            Json = job.Json,
            Duration = TimeSpan.FromSeconds(job.Seconds),
            Step = _step,
            Prefix = job.Prefix,
        };
        if (!job.Target.StartsWith("mqtt", StringComparison.Ordinal))
        {
            return await HttpLoad.RunAsync(new Uri(job.Target), options, start, stop);
        }

        var report = await LoadRun.ExecuteAsync(options, TimeProvider.System, stop);
        return new LoadSeen(
            start, report.Seconds, report.Readings, report.P50 / 1000.0, report.P99 / 1000.0, report.P999 / 1000.0, report.Refused, Cpu());
    }

    /// <summary>What this process has used.</summary>
    public static double Cpu()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime.TotalSeconds;
    }
}
