using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Mqtt;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Fire;

/// <summary>A storm of alarms: every one is acknowledged once it is in the book, and an officer sees lines, not hundreds of them.</summary>
[Collection(Alone.Name)]
public sealed class StormTests(ITestOutputHelper output)
{
    private const string Gateway = "gw-storm";
    private const int Detectors = 500;

    /// <summary>Detectors of each further zone.</summary>
    private static readonly int _each = Repository.Long ? Detectors : 25;
    private static readonly TimeSpan _within = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Five_hundred_detectors_of_one_zone_are_one_incident_twenty_zones_are_twenty_and_the_list_stays_usable()
    {
        await using var town = await Town.StartAsync(Registry(), tls: false, null);
        using var http = new HttpClient { BaseAddress = town.Server.Http };
        await using var alarms = new MqttClient(town.Client(Gateway, alarm: true, window: 256));
        await alarms.ConnectAsync();

        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        var first = await StormAsync(alarms, 0, 1, Detectors);
        var incident = Assert.Single(await OpenAsync(http));
        Assert.Equal(("zone-0", Detectors), (incident.GetProperty("zone").GetString(), incident.GetProperty("devices").GetInt32()));
        Assert.Equal(("Fire", "critical"), (incident.GetProperty("category").GetString(), incident.GetProperty("severity").GetString()));

        var all = await StormAsync(alarms, 1, 19, _each);
        var open = await OpenAsync(http);
        Assert.Equal(Enumerable.Range(0, 20).Select(Zone).Order(StringComparer.Ordinal), open.Select(i => i.GetProperty("zone").GetString()!).Order(StringComparer.Ordinal));
        Assert.All(open, i => Assert.Equal(i.GetProperty("zone").GetString() == "zone-0" ? Detectors : _each, i.GetProperty("devices").GetInt32()));

        var list = new List<double>();
        for (var i = 0; i < 50; i++)
        {
            var watch = Stopwatch.StartNew();
            await OpenAsync(http);
            list.Add(watch.Elapsed.TotalMilliseconds);
        }

        list.Sort();
        output.WriteLine($"one zone        {Detectors} detectors within {first.Sent:0.0} s, the last acknowledged after {first.Acknowledged:0.0} s: one incident; load {load} before");
        output.WriteLine($"19 further      {19 * _each} detectors within {all.Sent:0.0} s, the last acknowledged after {all.Acknowledged:0.0} s: 20 incidents");
        output.WriteLine(FormattableString.Invariant($"list            20 incidents, median {list[25]:0.0} ms, longest {list[^1]:0.0} ms"));

        // What is in an incident is a page of its own, however much it is.
        using var detail = await http.GetAsync($"/api/v1/incidents/{incident.GetProperty("id").GetString()}");
        Assert.True(detail.IsSuccessStatusCode);
    }

    /// <summary>Every detector alarms once, spread over the time; every alarm must be acknowledged.</summary>
    private static async Task<(double Sent, double Acknowledged)> StormAsync(MqttClient client, int firstZone, int zones, int each)
    {
        var watch = Stopwatch.StartNew();
        var count = zones * each;
        var acknowledged = new List<Task<ReasonCode>>(count);
        for (var n = 0; n < count; n++)
        {
            // In turn, so that zones burn beside each other and not one after the other.
            var line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"fire_detector,device={Detector(firstZone + (n % zones), n / zones)} loop_state=1i {Stamps.Now()}\n"));
            acknowledged.Add(client.PublishAsync($"city/v1/{Gateway}/alarm", line, QualityOfService.AtLeastOnce));
            var due = _within * 0.8 * n / count;
            if (due - watch.Elapsed is { Ticks: > 0 } early)
            {
                await Task.Delay(early);
            }
        }

        var sent = watch.Elapsed.TotalSeconds;
        Assert.All(await Task.WhenAll(acknowledged).WaitAsync(Until.Patience), reason => Assert.Equal(ReasonCode.Success, reason));
        return (sent, watch.Elapsed.TotalSeconds);
    }

    private static async Task<List<JsonElement>> OpenAsync(HttpClient http)
    {
        using var page = JsonDocument.Parse(await http.GetStringAsync("/api/v1/incidents?state=open&limit=100"));
        Assert.Equal(JsonValueKind.Null, page.RootElement.GetProperty("next").ValueKind);
        return [.. page.RootElement.GetProperty("items").EnumerateArray().Select(i => i.Clone())];
    }

    private static RegistryEdits Registry() => new()
    {
        Gateways = [new GatewayEdit { Id = Gateway }],
        Zones = [.. Enumerable.Range(0, 20).Select(z => new ZoneEdit { Id = Zone(z) })],
        Devices =
        [
            .. Enumerable.Range(0, 20).SelectMany(z => Enumerable.Range(0, z == 0 ? Detectors : _each).Select(d =>
                new DeviceEdit { Id = Detector(z, d), Kind = "fire_detector", Gateway = Gateway, Zone = Zone(z) })),
        ],
    };

    private static string Zone(int n) => string.Create(CultureInfo.InvariantCulture, $"zone-{n}");

    private static string Detector(int zone, int n) => string.Create(CultureInfo.InvariantCulture, $"smoke-{zone}-{n}");
}
