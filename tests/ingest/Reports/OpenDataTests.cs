using System.Net;
using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Reports;
using SmartCity.Ingest.Tests.Api;

namespace SmartCity.Ingest.Tests.Reports;

public sealed class OpenDataTests
{
    private const string Path = "/open/v1/stations.geojson";

    [Fact]
    public async Task Nobody_gets_anything_until_the_city_has_switched_it_on()
    {
        await using var rig = await ApiRig.StartAsync();
        using var answer = await rig.Client.GetAsync(Path);
        Assert.Equal(404, (int)answer.StatusCode);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Everybody_gets_stations_of_public_kinds_and_nothing_of_fire()
    {
        using var stations = new OpenStations(TimeProvider.System);
        await using var rig = await ApiRig.StartAsync(services: s => s with { OpenStations = stations, Live = _ => new(s.Time.GetUtcNow(), Values(s.Time.GetUtcNow())) });
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Devices =
                [
                    new() { Id = "air-1", Kind = "environment_station", Name = "Hàm Rồng", Lat = 19.8, Lon = 105.77 }, new() { Id = "river-1", Kind = "water_level" },
                    new() { Id = "smoke-1", Kind = "fire_detector", Lat = 19.8, Lon = 105.77 }, new() { Id = "cabinet-1", Kind = "power_cabinet" },
                ],
            },
            "test", CancellationToken.None);
        using var answer = await rig.Client.GetAsync(Path);
        Assert.Equal((200, "application/geo+json", "*", "cross-origin"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType,
            answer.Headers.GetValues("Access-Control-Allow-Origin").Single(), answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single()));
        Assert.Equal(TimeSpan.FromSeconds(60), answer.Headers.CacheControl!.MaxAge);
        var text = await answer.Content.ReadAsStringAsync();
        using var json = JsonDocument.Parse(text);
        var features = json.RootElement.GetProperty("features");
        Assert.Equal(["air-1", "river-1"], features.EnumerateArray().Select(f => f.GetProperty("id").GetString()));
        Assert.Equal("[105.77,19.8]", features[0].GetProperty("geometry").GetProperty("coordinates").GetRawText());
        Assert.Equal(JsonValueKind.Null, features[1].GetProperty("geometry").ValueKind);
        Assert.Equal(12.5, features[0].GetProperty("properties").GetProperty("values").GetProperty("pm2_5_ug_m3").GetDouble());
        Assert.All(["smoke", "cabinet", "battery", "fault_code", "gateway", "revision", "thresholds"], word => Assert.DoesNotContain(word, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_holds_for_a_minute_and_who_has_it_is_told_so()
    {
        await using var rig = await ApiRig.StartAsync(services: s => s with { OpenStations = new OpenStations(s.Time) });
        await rig.Book.Registry.PutAsync(new RegistryEdits { Devices = [new() { Id = "rain-1", Kind = "rain_gauge" }] }, "test", CancellationToken.None);
        using var first = await rig.Client.GetAsync(Path);
        await rig.Book.Registry.PutAsync(new RegistryEdits { Devices = [new() { Id = "rain-2", Kind = "rain_gauge" }] }, "test", CancellationToken.None);
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var same = await rig.Client.SendAsync(request);
        Assert.Equal(304, (int)same.StatusCode);
        rig.Store.Time.Advance(OpenStations.HoldsFor);
        Assert.Contains("rain-2", await rig.Client.GetStringAsync(Path), StringComparison.Ordinal);
        rig.Services.OpenStations!.Dispose();
    }

    [Fact]
    public async Task Who_asks_too_often_is_told_to_wait_and_others_are_not()
    {
        await using var rig = await ApiRig.StartAsync(services: s => s with { OpenStations = new OpenStations(s.Time) });
        HttpResponseMessage? last = null;
        for (var i = 0; i <= OpenStations.PerMinute; i++)
        {
            last?.Dispose();
            last = await rig.Client.GetAsync(Path);
        }

        Assert.Equal(429, (int)last!.StatusCode);
        Assert.InRange(last.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        last.Dispose();
        var stations = rig.Services.OpenStations!;
        Assert.False(stations.MayAsk(IPAddress.Loopback, out _));
        Assert.True(stations.MayAsk(IPAddress.Parse("203.0.113.7"), out _));

        // One household of IPv6 is one.
        for (var i = 0; i < OpenStations.PerMinute; i++)
        {
            Assert.True(stations.MayAsk(IPAddress.Parse("2001:db8:1:2::" + (i + 1)), out _));
        }

        Assert.False(stations.MayAsk(IPAddress.Parse("2001:db8:1:2:ffff::1"), out _));
        Assert.True(stations.MayAsk(IPAddress.Parse("2001:db8:1:3::1"), out _));
        stations.Dispose();
    }

    private static Dictionary<string, SmartCity.Ingest.Api.LiveValue> Values(DateTimeOffset at) => new(StringComparer.Ordinal)
    {
        ["pm2_5_ug_m3"] = new(12.5, at),
        ["battery_volt"] = new(12.0, at),
        ["fault_code"] = new(0, at),
        ["water_level_m"] = new(1.36, at),
        ["smoke_percent_per_m"] = new(1.0, at),
    };
}
