using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Api;
using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Tests.Views;

public sealed class ViewApiTests
{
    [Fact]
    public async Task Kinds_are_told_with_their_metrics_and_rules()
    {
        await using var rig = await ApiRig.StartAsync();
        var kinds = (await (await rig.SignInAsync("viewer")).ReadAsync("/api/v1/kinds")).GetProperty("items");
        Assert.Equal(KindCatalog.BuiltIn.All.Count, kinds.GetArrayLength());
        var fire = kinds.EnumerateArray().Single(k => k.GetProperty("name").GetString() == "fire_detector");
        Assert.Equal(("alarm", 60.0, "Đầu báo cháy"), (fire.GetProperty("lane").GetString(), fire.GetProperty("intervalSeconds").GetDouble(), fire.GetProperty("title").GetProperty("vi").GetString()));
        var signals = fire.GetProperty("rules").EnumerateArray().Where(r => r.GetProperty("kind").ValueKind == JsonValueKind.Null).Select(r => r.GetProperty("name").GetString());
        Assert.Equal(["loop-alarm", "smoke", "heat", "heat-rise"], signals);
        var texts = kinds.EnumerateArray().SelectMany(k => k.GetProperty("rules").EnumerateArray().Select(r => $"{k.GetProperty("name")} {r.GetProperty("name")}: {r.GetProperty("text")}")).ToList();
        Assert.All(
            (string[])
            [
                "fire_detector heat: temperature_celsius ≥ 58, clear 50",
                "fire_detector heat-rise: temperature_celsius +10/min, clear 3/min",
                "fire_detector loop-alarm: loop_state = 1",
                "fire_detector loop-unknown: loop_state ≠ 0, 1, 2, 3",
                "fire_detector battery: battery_volt ≤ 10.5, clear 11.5, hold 120 s",
                "fire_detector silence: > 3 × 60 s",
                "water_level flood: water_level_m ≥ I | II | III",
                "environment_station air-quality: VN_AQI ≥ 151",
            ],
            expected => Assert.Contains(expected, texts));
        var flood = kinds.EnumerateArray().Single(k => k.GetProperty("name").GetString() == "water_level").GetProperty("rules")[0];
        Assert.Equal(JsonValueKind.Null, flood.GetProperty("parameters").GetProperty("I").ValueKind);
        Assert.All(kinds.EnumerateArray().SelectMany(k => k.GetProperty("rules").EnumerateArray()), r => Assert.NotEqual("", r.GetProperty("form").GetString()));
    }

    [Fact]
    public async Task Status_counts_gateways_and_devices_and_says_what_is_wrong()
    {
        await using var rig = await ApiRig.StartAsync();
        var time = rig.Store.Time;
        await rig.Book.Registry.PutAsync(
            new()
            {
                Gateways = [new() { Id = "gw-1", Name = "Chợ" }, new() { Id = "gw-2" }, new() { Id = "gw-3" }],
                Devices =
                [
                    new() { Id = "a", Kind = "streetlight", Gateway = "gw-1" },
                    new() { Id = "b", Kind = "streetlight", Gateway = "gw-1" },
                    new() { Id = "c", Kind = "streetlight", Gateway = "gw-2" },
                ],
            },
            "test",
            CancellationToken.None);
        var now = time.GetUtcNow();
        var status = ServerStatus.Of(rig.Services with
        {
            Connected = gateway => gateway == "gw-2",
            Heard = id => id switch
            {
                "a" => (Instant.From(now.AddSeconds(-10)), Instant.From(now.AddSeconds(-9))),
                "b" => (Instant.From(now.AddSeconds(-181)), Instant.From(now.AddSeconds(-181))),
                _ => null,
            },
            Ready = () => [new ReadyFault("history", "it waits")],
        });
        Assert.False(status.Ready);
        Assert.Equal(new ServerStatus.DeviceCount(3, 1, 1, 1, 0), status.Devices);
        Assert.Equal((3, 1), (status.Gateways.Total, status.Gateways.Online));
        Assert.Equal([("gw-3", (DateTimeOffset?)null), ("gw-1", now.AddSeconds(-9))], status.Gateways.Offline.Select(g => (g.Id, g.LastSeen)));

        var asked = await (await rig.SignInAsync("viewer")).ReadAsync("/api/v1/status");
        Assert.True(asked.GetProperty("ready").GetBoolean());
        Assert.Equal(3, asked.GetProperty("devices").GetProperty("never").GetInt32());
    }

    [Fact]
    public async Task The_record_pages_and_can_be_asked_for_one_target()
    {
        await using var rig = await ApiRig.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await rig.PutDeviceAsync($"d-{i}");
        }

        var admin = await rig.SignInAsync("admin");
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await admin.ReadAsync("/api/v1/audit?limit=3" + (cursor is null ? "" : "&cursor=" + cursor));
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("target").GetString()!));
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);
        Assert.Equal(["device/d-4", "device/d-3", "device/d-2", "device/d-1", "device/d-0"], seen.Where(t => t.StartsWith("device/", StringComparison.Ordinal)));
        var one = Assert.Single((await admin.ReadAsync("/api/v1/audit?target=device/d-3")).GetProperty("items").EnumerateArray());
        Assert.Equal("test", one.GetProperty("who").GetString());
        Assert.Equal(400, (int)(await admin.GetAsync("/api/v1/audit?cursor=x")).StatusCode);
        Assert.Equal(400, (int)(await admin.GetAsync("/api/v1/audit?limit=501")).StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/air/nobody", 404)]
    [InlineData("/api/v1/air/lamp", 404)]
    [InlineData("/api/v1/air/st-1?hours=0", 400)]
    [InlineData("/api/v1/air/st-1?hours=169", 400)]
    [InlineData("/api/v1/air/st-1?hours=168", 200)]
    [InlineData("/api/v1/quarantine?cursor=abc", 400)]
    [InlineData("/api/v1/quarantine?cursor=99999999999999999999", 400)]
    [InlineData("/api/v1/air", 200)]
    [InlineData("/api/v1/flood", 200)]
    public async Task Questions_have_answers(string path, int expected)
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.Book.Registry.PutAsync(
            new() { Devices = [new() { Id = "st-1", Kind = "environment_station" }, new() { Id = "lamp", Kind = "streetlight" }, new() { Id = "g-1", Kind = "water_level" }] }, "test", CancellationToken.None);
        using var answer = await (await rig.SignInAsync("viewer")).GetAsync(path);
        Assert.Equal(expected, (int)answer.StatusCode);
        if (expected == 200 && !path.Contains('?', StringComparison.Ordinal))
        {
            var items = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("items");
            Assert.True(Assert.Single(items.EnumerateArray()).GetProperty("stale").GetBoolean()); // never heard
        }
    }
}
