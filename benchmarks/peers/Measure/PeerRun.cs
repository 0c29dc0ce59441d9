using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SmartCity.Benchmarks.Peers;

/// <summary>Measures one pipeline: warms it up, presses it (or keeps a rate and kills it in the middle), waits until its store takes no more, counts.</summary>
internal sealed class PeerRun(PeerOptions options)
{
    private const int DevicesPerConnection = 10;
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(3);

    /// <summary>Runs a peer at one number of readings a publish.</summary>
    public async Task<PeerResult> MeasureAsync(Peer peer, int readings, CancellationToken stop)
    {
        var home = Path.Combine(options.Data, peer.Name);
        if (Directory.Exists(home))
        {
            Directory.Delete(home, recursive: true);
        }

        await using (peer)
        {
            await peer.StartAsync(home, stop);
            await WarmAsync(peer, readings, stop);
            var result = await PressAsync(peer, readings, stop);
            if (result.Stored == 0)
            {
                throw new InvalidOperationException($"{peer.Name} acknowledged {result.Acknowledged} readings and stored none");
            }

            await peer.DisposeAsync();
            Directory.Delete(home, recursive: true);
            return result;
        }
    }

    private async Task WarmAsync(Peer peer, int readings, CancellationToken stop)
    {
        // First a little, until the whole chain is known to be open; then enough to have it compiled and its memory grown.
        var first = await LoadAsync(Job(peer, readings, 0.5, 20, "first"), stop);
        await SettleAsync(peer, await peer.TakenAsync(), first.StartUnixMs, stop);
        if (await peer.CountAsync() == 0)
        {
            throw new InvalidOperationException($"{peer.Name}: nothing arrives in the store");
        }

        if (!options.Kill)
        {
            var warm = await LoadAsync(Job(peer, readings, options.Warm, options.Rate / readings, "warm"), stop);
            await SettleAsync(peer, await peer.TakenAsync(), warm.StartUnixMs, stop);
        }
    }

    private async Task<PeerResult> PressAsync(Peer peer, int readings, CancellationToken stop)
    {
        var machine = Machine();
        var before = await peer.CountAsync();
        var cpu = peer.CpuSeconds;
        var rate = (options.Kill && options.Rate <= 0 ? 5_000 : options.Rate) / readings;
        var loading = LoadAsync(Job(peer, readings, options.Seconds, rate, "load"), stop);
        var resident = 0L;
        if (options.Kill)
        {
            await Task.Delay(TimeSpan.FromSeconds(options.Seconds / 2), stop);
            await peer.CutAsync(stop);
        }

        while (!loading.IsCompleted)
        {
            resident = Math.Max(resident, peer.ResidentBytes);
            await Task.WhenAny(loading, Task.Delay(_look, stop));
        }

        var seen = await loading;
        var (until, usedThen) = await SettleAsync(peer, before + seen.Readings, seen.StartUnixMs, stop);
        resident = Math.Max(resident, peer.ResidentBytes);
        var stored = await peer.CountAsync() - before;
        return new PeerResult
        {
            Name = peer.Name + options.Suffix,
            ReadingsPerPublish = readings,
            Connections = options.Connections,
            Devices = options.Connections * DevicesPerConnection,
            ReadingsPerSecond = Math.Round(seen.Readings / seen.Seconds),
            CaughtUpPerSecond = Math.Round(stored / Math.Max(until, seen.Seconds)),
            CpuMicrosPerReading = options.Kill ? 0 : Math.Round((usedThen - cpu) * 1e6 / Math.Max(1, stored), 2),
            P50Ms = Math.Round(seen.P50Ms, 1),
            P99Ms = Math.Round(seen.P99Ms, 1),
            P999Ms = Math.Round(seen.P999Ms, 1),
            ResidentMb = Math.Round(resident / 1e6),
            Acknowledged = seen.Readings,
            Stored = stored,
            GeneratorMicrosPerReading = Math.Round(seen.CpuSeconds * 1e6 / Math.Max(1, seen.Readings), 2),
            Title = peer.Title,
            Note = peer.Means,
            Machine = machine,
        };
    }

    // Until the store has as much as it should, or has taken nothing new for three seconds: seconds since the start when it last took
    // something, and the CPU used until then.
    private static async Task<(double Seconds, double Cpu)> SettleAsync(Peer peer, long wanted, double startUnixMs, CancellationToken stop)
    {
        var (taken, since, at) = (-1L, Stopwatch.StartNew(), 0.0);
        var cpu = peer.CpuSeconds;
        while (since.Elapsed < _patience)
        {
            var now = await peer.TakenAsync();
            if (now > taken)
            {
                (taken, at, cpu) = (now, ((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalMilliseconds - startUnixMs) / 1000, peer.CpuSeconds);
                since.Restart();
            }

            if (taken >= wanted && since.Elapsed > TimeSpan.FromSeconds(1))
            {
                break;
            }

            await Task.Delay(_look, stop);
        }

        return (at, cpu);
    }

    private LoadJob Job(Peer peer, int readings, double seconds, double rate, string prefix) =>
        new(peer.Target, peer.Json, readings, options.Connections, options.Window, rate, seconds, prefix);

    private static async Task<LoadSeen> LoadAsync(LoadJob job, CancellationToken stop)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(PeerRun).Assembly.Location);
        start.ArgumentList.Add("load");
        start.ArgumentList.Add(JsonSerializer.Serialize(job, PeerJson.Default.LoadJob));
        using var process = Process.Start(start) ?? throw new InvalidOperationException("the generator did not start");
        try
        {
            var said = await process.StandardOutput.ReadToEndAsync(stop);
            await process.WaitForExitAsync(stop);
            return process.ExitCode == 0 && JsonSerializer.Deserialize(said, PeerJson.Default.LoadSeen) is { Readings: > 0 } seen
                ? seen
                : throw new InvalidOperationException($"the generator acknowledged nothing: {said}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private static string Machine() => string.Create(
        CultureInfo.InvariantCulture,
        $"load average {string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3])} before, {Environment.ProcessorCount} cores, {Model()}, commit {Environment.GetEnvironmentVariable("PEERS_COMMIT") ?? "unknown"}");

    private static string Model() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) is { } line ? line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..] : "unknown";
}
