using System.Diagnostics;
using System.Globalization;
using System.Text;
using SmartCity.Ingest.History;
using SmartCity.Ingest.History.Influx;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.History;

/// <summary>How much each store takes; run by hand (<c>-explicit only</c>), because a figure is no test.</summary>
[Collection(RealStoresCollection.Name)]
public sealed class RateTests(RealStores real, ITestOutputHelper output)
{
    public static TheoryData<string, int> Cases => new()
    {
        { "embedded", 1_000 }, { "embedded", 4_300 }, { "influx-v1", 1_000 }, { "influx-v1", 4_300 }, { "victoria-metrics", 1_000 },
    };

    [Theory(Explicit = true)]
    [MemberData(nameof(Cases))]
    public async Task Rate(string store, int devices)
    {
        const int Batches = 40, PerBatch = 10_000;
        await using var rig = store == "victoria-metrics"
            ? StoreRig.Influx(new InfluxOptions { Url = (await real.VictoriaAsync()).Url, Api = InfluxApi.V2, Database = "rate", NumericOnly = true, Precision = Precision.Millisecond })
            : await StoreRig.ForAsync(store, real);
        var batches = new List<HistoryBatch>();
        var n = 0;
        for (var b = 0; b < Batches; b++)
        {
            var text = new StringBuilder();
            for (var i = 0; i < PerBatch; i++, n++)
            {
                text.Append(CultureInfo.InvariantCulture, $"streetlight,device=lamp-{n % devices} power_w={(n % 1500) / 10.0},energy_kwh={n / 1000.0},dim_percent={n % 101},lamp_on=true {Readings.Time(n / devices) + (n % devices * 1000)}\n");
            }

            batches.Add(StoreRig.Batch(rig.Store, text.ToString(), b + 1));
        }

        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes();
        var watch = Stopwatch.StartNew();
        foreach (var batch in batches)
        {
            await rig.Store.WriteAsync(batch, CancellationToken.None);
        }

        await rig.SettleAsync();
        watch.Stop();
        cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        var lines = (double)Batches * PerBatch;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{store}, {devices} devices: {lines / watch.Elapsed.TotalSeconds:N0} readings/s ({4 * lines / watch.Elapsed.TotalSeconds:N0} values/s), {cpu.TotalMicroseconds / lines:F2} µs CPU of ours a reading, {(GC.GetTotalAllocatedBytes() - allocated) / lines:F2} B allocated a reading"));
        var file = new FileInfo(Path.Combine(rig.Folder, "history.db"));
        if (file.Exists)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {file.Length / lines:F1} B of file a reading"));
        }
    }
}
