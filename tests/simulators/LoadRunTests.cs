using System.Globalization;
using System.Text.Json;
using SmartCity.Edge.Tests;
using SmartCity.Simulators.Load;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;

namespace SmartCity.Simulators.Tests;

/// <summary>The load generator against a real broker.</summary>
public sealed class LoadRunTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_ledger_says_is_what_arrived(bool version5)
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        var ledger = Path.GetTempFileName();
        try
        {
            var report = await LoadRun.ExecuteAsync(
                new LoadOptions
                {
                    Server = broker.Endpoint,
                    Connections = 3,
                    PublishesPerSecond = 150,
                    ReadingsPerPublish = 7,
                    Version5 = version5,
                    Duration = TimeSpan.FromSeconds(1),
                    Ledger = ledger,
                },
                TimeProvider.System,
                CancellationToken.None);

            Assert.Equal(150, report.Publishes);
            Assert.Equal(0, report.Duplicates + report.Refused + report.Failures);
            Assert.True(report.P50 > 0 && report.P99 >= report.P50 && report.Maximum >= report.P999);
            await AssertArrivedAsync(collector, ledger, 150 * 7);
        }
        finally
        {
            File.Delete(ledger);
        }
    }

    [Fact]
    public async Task After_a_lost_connection_what_was_not_acknowledged_is_sent_again_and_counted()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        await using var link = new LinkProxy("127.0.0.1", broker.Port);
        var ledger = Path.GetTempFileName();
        using var cutting = new CancellationTokenSource();
        var cuts = CutAsync(link, cutting.Token);
        try
        {
            var report = await LoadRun.ExecuteAsync(
                new LoadOptions
                {
                    Server = new("127.0.0.1", link.Port, Tls: false),
                    Connections = 2,
                    PublishesPerSecond = 400,
                    ReadingsPerPublish = 5,
                    Duration = TimeSpan.FromSeconds(2),
                    Ledger = ledger,
                },
                TimeProvider.System,
                CancellationToken.None);

            Assert.Equal(800, report.Publishes);
            Assert.True(report.Failures > 0, "no connection was lost: this test tests nothing");
            await AssertArrivedAsync(collector, ledger, 800 * 5);
        }
        finally
        {
            await cutting.CancelAsync();
            await cuts;
            File.Delete(ledger);
        }
    }

    [Fact]
    public async Task Gateways_of_a_registry_speak_for_their_own_devices()
    {
        await using var broker = await Mosquitto.StartAsync();
        await using var collector = await Collector.StartAsync(broker.Port);
        var registry = Path.GetTempFileName();
        try
        {
            var city = CityGenerator.Generate(new CityOptions { Devices = 200 });
            await using (var file = File.Create(registry))
            {
                RegistryFile.Of(city).Write(file);
            }

            var report = await LoadRun.ExecuteAsync(
                new LoadOptions
                {
                    Server = broker.Endpoint,
                    Connections = 2,
                    PublishesPerSecond = 40,
                    ReadingsPerPublish = 50,
                    Duration = TimeSpan.FromSeconds(0.5),
                    Registry = registry,
                },
                TimeProvider.System,
                CancellationToken.None);

            Assert.Equal(20, report.Publishes);
            await Wait.UntilAsync(() => collector.Distinct == 1_000, "1,000 readings arrived");
            var lamps = city.Devices.Where(d => d.Kind == KindNames.Streetlight).Select(d => d.Id).ToHashSet(StringComparer.Ordinal);
            Assert.All(collector.ByDevice().Keys, id => Assert.Contains(id, lamps));
            await Assert.ThrowsAsync<ArgumentException>(() => LoadRun.ExecuteAsync(
                new LoadOptions { Server = broker.Endpoint, Connections = 100, Registry = registry }, TimeProvider.System, CancellationToken.None));
        }
        finally
        {
            File.Delete(registry);
        }
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_failure_and_not_a_hang()
    {
        var report = await LoadRun.ExecuteAsync(
            new LoadOptions
            {
                Server = new("127.0.0.1", 1, Tls: false),
                Connections = 2,
                Duration = TimeSpan.FromMilliseconds(100),
                Drain = TimeSpan.FromMilliseconds(200),
            },
            TimeProvider.System,
            CancellationToken.None);
        Assert.Equal(0, report.Publishes);
        Assert.True(report.Failures > 0);
        Assert.NotNull(report.LastFailure);
    }

    private static async Task CutAsync(LinkProxy link, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(150));
        while (await timer.WaitForNextTickAsync(CancellationToken.None) && !stop.IsCancellationRequested)
        {
            link.Cut();
            link.Restore();
        }
    }

    private static async Task AssertArrivedAsync(Collector collector, string ledger, int readings)
    {
        await Wait.UntilAsync(() => collector.Distinct == readings, $"{readings} readings arrived");
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(ledger));
        var arrived = collector.ByDevice();
        var rows = document.RootElement.GetProperty("devices").EnumerateArray().ToList();
        Assert.Equal(readings, rows.Sum(r => r.GetProperty("count").GetInt64()));
        foreach (var row in rows)
        {
            var (first, step) = (row.GetProperty("first").GetInt64(), row.GetProperty("step").GetInt64());
            Assert.Equal(
                Enumerable.Range(0, row.GetProperty("count").GetInt32()).Select(k => (first + (k * step)).ToString(CultureInfo.InvariantCulture)),
                arrived[row.GetProperty("device").GetString()!].Select(r => r.At.ToString(CultureInfo.InvariantCulture)));
        }
    }
}
