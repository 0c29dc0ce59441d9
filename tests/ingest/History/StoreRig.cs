using System.Globalization;
using System.Text;
using SmartCity.Ingest.History;
using SmartCity.Ingest.History.Embedded;
using SmartCity.Ingest.History.Influx;
using SmartCity.Ingest.Quarantine;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.History;

/// <summary>A store with its quarantine and cursors in a folder of its own.</summary>
internal sealed class StoreRig : IAsyncDisposable
{
    public static readonly Guid LogId = Guid.Parse("11111111-2222-3333-4444-555555555555");

    private readonly bool _ownsFolder;

    private StoreRig(string? folder)
    {
        _ownsFolder = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("smartcity-history-").FullName;
        Quarantine = new QuarantineStore(Path.Combine(Folder, "quarantine.db"), new QuarantineOptions(), TimeProvider.System);
        Cursors = new HistoryCursors(Path.Combine(Folder, "history-cursors.db"));
    }

    public string Folder { get; }

    public QuarantineStore Quarantine { get; }

    public HistoryCursors Cursors { get; }

    public IHistoryStore Store { get; private set; } = null!;

    public static StoreRig Influx(InfluxOptions options, string? folder = null, TimeProvider? time = null)
    {
        Assert.Empty(options.Validate());
        var rig = new StoreRig(folder);
        rig.Store = new InfluxHistoryStore(options, rig.Cursors, rig.Quarantine, time ?? TimeProvider.System);
        return rig;
    }

    public static StoreRig Embedded(EmbeddedOptions? options = null, string? folder = null, TimeProvider? time = null)
    {
        var rig = new StoreRig(folder);
        rig.Store = new EmbeddedHistoryStore(
            Path.Combine(rig.Folder, "history.db"), options ?? new EmbeddedOptions { Days = 36_500 }, rig.Quarantine, time ?? TimeProvider.System);
        return rig;
    }

    /// <summary>The rigs of the table of tests that every readable store has to pass.</summary>
    public static async Task<StoreRig> ForAsync(string store, RealStores real)
    {
        if (store == "embedded")
        {
            return Embedded();
        }

        var influx = await real.InfluxAsync();
        return Influx(new InfluxOptions { Url = influx.Url, Database = await influx.CreateDatabaseAsync() });
    }

    public static HistoryBatch Batch(IHistoryStore store, string lines, long position = 1, FrameFlags flags = FrameFlags.None, Lane lane = Lane.Telemetry)
    {
        var batch = new HistoryBatch(lane, store.Encoding) { Cursor = new LogCursor(LogId, lane, position) };
        batch.Append(flags, Encoding.UTF8.GetBytes(lines));
        return batch;
    }

    public async Task<HistoryWritten> WriteAsync(string lines, long position = 1, FrameFlags flags = FrameFlags.None) =>
        await Store.WriteAsync(Batch(Store, lines, position, flags), CancellationToken.None);

    /// <summary>Writes down what the store holds in memory.</summary>
    public async Task SettleAsync() => await Store.SettleAsync(now: true, CancellationToken.None);

    public async Task<List<HistoryPoint>> PointsAsync(string kind, string device, string metric, long from = 0, long to = long.MaxValue / 2, int limit = 10_000)
    {
        var all = new List<HistoryPoint>();
        long? next = from;
        while (next is { } start)
        {
            var page = await Store.QueryAsync(new HistoryQuery(kind, device, metric, start, to, null, limit), CancellationToken.None);
            Assert.True(page.Points.Count <= limit);
            all.AddRange(page.Points);
            next = page.Next;
        }

        return all;
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Quarantine.Dispose();
        Cursors.Dispose();
        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}

/// <summary>Made-up readings whose every value follows from device and number.</summary>
internal static class Readings
{
    /// <summary>1 September 2026, ns.</summary>
    public const long Start = 1_788_220_800_000_000_000;

    public static long Time(int n) => Start + (n * 1_000_000_007L);

    public static double Temperature(int device, int n) => Math.Round(20 + (device * 0.13) + Math.Sin(n) * 7, 2);

    public static long Energy(int device, int n) => (device * 1000L) + n;

    public static string Line(int device, int n) => string.Create(
        CultureInfo.InvariantCulture,
        $"environment,device=env-{device} temperature_celsius={Temperature(device, n)},energy_wh={Energy(device, n)}i {Time(n)}\n");

    /// <summary>Readings <paramref name="from"/> to <paramref name="to"/> (excluded) of each device.</summary>
    public static string Lines(int devices, int from, int to)
    {
        var text = new StringBuilder();
        for (var n = from; n < to; n++)
        {
            for (var d = 0; d < devices; d++)
            {
                text.Append(Line(d, n));
            }
        }

        return text.ToString();
    }
}
