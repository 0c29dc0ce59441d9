using System.Diagnostics;
using System.Globalization;
using System.Text;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Tests;

/// <summary>The real program, killed without warning again and again.</summary>
public sealed class KillTests
{
    private const int Kills = 22;
    private static readonly (string Id, string Kind, string Metric)[] Devices =
    [
        ("lamp-1", "streetlight", "switch_on_count"),
        ("lamp-2", "streetlight", "switch_on_count"),
        ("gauge-1", "water_level", "water_level_m"),
    ];

    [Fact]
    public async Task What_is_in_the_log_arrives_in_order_whenever_the_program_is_killed()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        var home = Directory.CreateTempSubdirectory("edge-kill");
        try
        {
            var config = WriteConfig(home.FullName, broker.Port, replay: true);
            var mustArrive = new HashSet<string>(StringComparer.Ordinal);
            var random = new Random(7);
            for (var kill = 0; kill < Kills; kill++)
            {
                // At a random moment of its work: after so many readings that nobody had seen before, or, every seventh time, at once.
                var until = kill % 7 == 6 ? 0 : collector.Distinct + random.Next(1, 300);
                await using var gateway = await LifeAsync(config);
                await Wait.UntilAsync(() => collector.Distinct >= until, "the gateway sent");
                await gateway.KillAsync();
                await AddUnsentAsync(Path.Combine(home.FullName, "data"), mustArrive);
            }

            await using var last = await LifeAsync(WriteConfig(home.FullName, broker.Port, replay: false));
            await Wait.UntilAsync(() => collector.HasAll(mustArrive), "everything that was in the log arrived");
            await last.KillAsync();

            Assert.NotEmpty(mustArrive);
            collector.AssertOrder();
            AssertNoHoles(collector);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    /// <summary>Every life of the program counts from 1: a hole in the count is a reading that was logged, overtaken and lost.</summary>
    private static void AssertNoHoles(Collector collector)
    {
        foreach (var (device, readings) in collector.ByDevice())
        {
            var lives = 0;
            long before = 0;
            foreach (var (_, line) in readings)
            {
                var reader = new LineReader(Encoding.UTF8.GetBytes(line));
                Assert.True(reader.Read());
                Assert.True(reader.NextField(out var field));
                var count = field.Type == LineFieldType.Integer ? field.Integer : (long)Math.Round(field.Float * 1_000);
                Assert.True(count == before + 1 || count == 1, $"{device}: {count} came after {before}");
                lives += count == 1 ? 1 : 0;
                before = count;
            }

            Assert.InRange(lives, Kills / 2, Kills);
        }
    }

    private static async Task AddUnsentAsync(string data, HashSet<string> lines)
    {
        await using var log = CityLog.Open(
            new LogOptions { Directory = Path.Combine(data, "log"), AlarmAcknowledgeOnCommit = true, MemoryBytes = 64 * 1024, AlarmMemoryBytes = 64 * 1024, MinimumFreeBytes = 0, ReserveBytes = 0 },
            TimeProvider.System);
        foreach (var lane in new[] { Lane.Telemetry, Lane.Alarm })
        {
            var file = Path.Combine(data, lane == Lane.Alarm ? "uplink-alarm.cursor" : "uplink-telemetry.cursor");
            LogCursor? from = File.Exists(file) && LogCursor.TryParse((await File.ReadAllTextAsync(file)).Trim(), out var cursor) ? cursor : null;
            using var reader = log[lane].OpenReader("uplink", from);
            while (reader.TryRead(1 << 20, out var batch))
            {
                foreach (var frame in batch)
                {
                    lines.Add(Encoding.UTF8.GetString(frame.Payload).TrimEnd('\n'));
                }
            }
        }
    }

    private static string WriteConfig(string home, int port, bool replay)
    {
        var devices = new StringBuilder();
        foreach (var (id, kind, metric) in Devices)
        {
            var file = Path.Combine(home, id + ".csv");
            var scale = metric == "water_level_m" ? 0.001 : 1;
            File.WriteAllLines(file, Enumerable.Range(1, 3_000)
                .Select(n => string.Create(CultureInfo.InvariantCulture, $"{n * 0.002},{n * scale}"))
                .Prepend("seconds," + metric));
            devices.Append(CultureInfo.InvariantCulture, $"  - {{ id: {id}, kind: {kind}{(replay ? ", replay: " + id + ".csv" : "")} }}\n");
        }

        var path = Path.Combine(home, replay ? "gateway.yaml" : "drain.yaml");
        File.WriteAllText(path, $"""
            gateway: gw-kill
            data: data
            servers: [ "mqtt://127.0.0.1:{port}" ]
            clock: trusted
            devices:
            {devices}
            """);
        return path;
    }

    private static async Task<Life> LifeAsync(string config)
    {
        var life = new Life(Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "smartcity-edge"), ["run", "--config", config])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!);
        try
        {
            Assert.StartsWith("ready gw-kill", await Wait.ForAsync(life.Process.StandardOutput.ReadLineAsync(), "the program was ready"), StringComparison.Ordinal);
            return life;
        }
        catch
        {
            await life.DisposeAsync();
            throw;
        }
    }

    /// <summary>A run of the program, which does not outlive its test.</summary>
    private sealed record Life(Process Process) : IAsyncDisposable
    {
        public async Task KillAsync()
        {
            Wait.End(Process);
            await Wait.GoneAsync(Process);
        }

        public async ValueTask DisposeAsync()
        {
            await KillAsync();
            Process.Dispose();
        }
    }
}
