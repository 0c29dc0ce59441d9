using System.Text;
using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Tests.Api;

/// <summary>The crew's work order.</summary>
public sealed class WorkOrderTests
{
    [Fact]
    public async Task A_lamp_is_one_stop_in_its_street_however_much_is_wrong_with_it()
    {
        await using var rig = await LightGroupTests.LampsAsync(s => s with { Newest = Burning });
        await ReportAsync(rig, """{"a":{"target":100,"feedback":90,"reason":"default"}}""");
        await RaiseAsync(rig, "x-1", "a", "lamp-failure");
        await RaiseAsync(rig, "x-2", "a", "pole-door", -3600);
        await RaiseAsync(rig, "x-3", "c", "lamp-day-burner");
        var order = await (await rig.SignInAsync("viewer")).ReadAsync("/api/v1/lighting/faults?lang=en");
        Assert.Equal((2, 2), (order.GetProperty("stops").GetInt32(), order.GetProperty("lamps").GetInt32()));
        Assert.Equal(["Lê Lợi: a 1 door", "Trần Phú: c 3 day"], Told(order));
        var line = order.GetProperty("streets")[0].GetProperty("items")[0];
        Assert.Equal("Pole door open; Lamp does not burn: asked on, no power", line.GetProperty("what").GetString());
        Assert.Equal(["x-2", "x-1"], line.GetProperty("faults").EnumerateArray().Select(f => f.GetProperty("alert").GetString()!));
        Assert.Equal(Onset.AddHours(-1), line.GetProperty("since").GetDateTimeOffset());
        Assert.Equal((19.80, "gw-1", "Hạc Thành"), (line.GetProperty("lat").GetDouble(), line.GetProperty("gateway").GetString()!, order.GetProperty("streets")[0].GetProperty("ward").GetString()!));
        var evidence = line.GetProperty("evidence");
        Assert.Equal((100, 90, 0.4), (evidence.GetProperty("asked").GetDouble(), evidence.GetProperty("feedback").GetDouble(), evidence.GetProperty("watts").GetDouble()));
    }

    [Fact]
    public async Task A_dead_cabinet_is_one_stop_with_its_lamps_inside()
    {
        await using var rig = await LightGroupTests.LampsAsync();
        await RaiseAsync(rig, "x-1", "cab-1", "supply-loss");
        await RaiseAsync(rig, "x-2", "a", "lamp-failure");
        await RaiseAsync(rig, "x-3", "b", "silence");
        await RaiseAsync(rig, "x-4", "b", "pole-door");
        await RaiseAsync(rig, "x-5", "c", "lamp-failure");
        var viewer = await rig.SignInAsync("viewer");
        var order = await viewer.ReadAsync("/api/v1/lighting/faults");
        Assert.Equal(["Lê Lợi: cab-1 1 supply", "Lê Lợi: b 1 door", "Trần Phú: c 2 dark"], Told(order));
        Assert.Equal(["a", "b"], order.GetProperty("streets")[0].GetProperty("items")[0].GetProperty("lamps").EnumerateArray().Select(l => l.GetProperty("id").GetString()!));
    }

    [Fact]
    public async Task Lamps_of_a_gateway_that_is_away_are_one_stop()
    {
        await using var rig = await LightGroupTests.LampsAsync(s => s with { Connected = g => g != "gw-1" });
        foreach (var lamp in new[] { "a", "b", "c", "cab-1" })
        {
            await RaiseAsync(rig, "x-" + lamp, lamp, "silence");
        }

        await RaiseAsync(rig, "x-dark", "a", "lamp-failure");
        var order = await (await rig.SignInAsync("viewer")).ReadAsync("/api/v1/lighting/faults");
        Assert.Equal(["Lê Lợi: a 2 dark", "Lê Lợi: gw-1 2 silent", "Trần Phú: c 3 silent"], Told(order).Order(StringComparer.Ordinal));
        Assert.Equal((3, 3), (order.GetProperty("stops").GetInt32(), order.GetProperty("lamps").GetInt32())); // a is one lamp, though it is in two stops
    }

    [Fact]
    public async Task What_is_said_of_a_whole_circuit_is_one_stop_at_its_cabinet_or_else_its_gateway()
    {
        await using var rig = await LightGroupTests.LampsAsync();
        await RaiseAsync(rig, "x-1", "cab-1", "circuit-supply-loss");
        await RaiseAsync(rig, "x-2", "a", "lamp-supply-loss");
        await RaiseAsync(rig, "x-3", "c", "circuit-supply-loss"); // no cabinet's alert: it stands at the first lamp
        var viewer = await rig.SignInAsync("viewer");
        var order = await viewer.ReadAsync("/api/v1/lighting/faults");
        Assert.Equal(["Lê Lợi: cab-1 1 supply", "Trần Phú: gw-2 1 supply"], Told(order));
        var second = order.GetProperty("streets")[1].GetProperty("items")[0];
        Assert.Equal(("x-3", "c"), (second.GetProperty("faults")[0].GetProperty("alert").GetString()!, second.GetProperty("lamps")[0].GetProperty("id").GetString()!));

        await using var silent = await LightGroupTests.LampsAsync();
        await RaiseAsync(silent, "x-1", "cab-1", "gateway-silence");
        await RaiseAsync(silent, "x-2", "b", "lamp-supply-loss");
        order = await (await silent.SignInAsync("viewer")).ReadAsync("/api/v1/lighting/faults?lang=en");
        Assert.Equal(["Lê Lợi: gw-1 2 silent", "Lê Lợi: b 2 unfed"], Told(order));
        Assert.Equal("x-1", order.GetProperty("streets")[0].GetProperty("items")[0].GetProperty("faults")[0].GetProperty("alert").GetString());
    }

    [Theory]
    [InlineData("", "a c")]
    [InlineData("?kind=dark", "a")]
    [InlineData("?ward=H%C3%A0m%20R%E1%BB%93ng", "c")]
    [InlineData("?street=le-loi", "a")]
    [InlineData("?hours=1", "c")]
    [InlineData("?hours=1&kind=dark", "")]
    public async Task It_is_narrowed_by_place_trouble_and_age(string query, string stops)
    {
        await using var rig = await LightGroupTests.LampsAsync();
        rig.Store.Time.Advance(Onset.AddMinutes(30) - rig.Store.Time.GetUtcNow());
        await RaiseAsync(rig, "x-1", "a", "lamp-failure");
        await RaiseAsync(rig, "x-2", "c", "lamp-dimming", -7200);
        await RaiseAsync(rig, "x-3", "b", "lamp-failure");
        await rig.RaiseAsync(BookRig.Change("x-3", "gone", AlertChangeKind.Cleared, kind: "lamp", device: "b", zone: null, autoResolve: true));
        await RaiseAsync(rig, "x-4", "someone-else", "lamp-failure");
        var order = await (await rig.SignInAsync("viewer")).ReadAsync("/api/v1/lighting/faults" + query);
        Assert.Equal(stops, string.Join(' ', Told(order).Select(t => t.Split(": ")[1].Split(' ')[0])));
    }

    [Theory]
    [InlineData("?kind=broken", "supply")]
    [InlineData("?hours=-1", "whole number")]
    [InlineData("?format=pdf", "json or csv")]
    [InlineData("?lang=fr", "vi or en")]
    public async Task What_it_does_not_know_it_refuses(string query, string why)
    {
        await using var rig = await LightGroupTests.LampsAsync();
        using var answer = await (await rig.SignInAsync("viewer")).GetAsync("/api/v1/lighting/faults" + query);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(why, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_a_table_it_opens_in_a_spreadsheet_and_runs_nothing_there()
    {
        await using var rig = await LightGroupTests.LampsAsync(s => s with { Newest = Burning });
        await rig.Book.Registry.PutAsync(new RegistryEdits { Devices = [new() { Id = "d", Kind = "streetlight", Gateway = "gw-1", Name = "=HYPERLINK(\"http://x\")" }] }, "test", CancellationToken.None);
        await RaiseAsync(rig, "x-1", "d", "lamp-failure");
        await RaiseAsync(rig, "x-2", "cab-2", "supply-loss");
        using var answer = await (await rig.SignInAsync("viewer")).GetAsync("/api/v1/lighting/faults?format=csv");
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal([0xEF, 0xBB, 0xBF], bytes[..3]);
        var rows = Encoding.UTF8.GetString(bytes[3..]).Split("\r\n");
        Assert.StartsWith("Ưu tiên,Phường,Tuyến đường,Loại,Mã,Tên,Hư hỏng", rows[0], StringComparison.Ordinal);
        Assert.StartsWith("2,Hạc Thành,Lê Lợi,Đèn,d,\"'=HYPERLINK(\"\"http://x\"\")\",Đèn không sáng: có lệnh bật nhưng không có công suất,2026-09-01 07:00,100,,0.4,,2026-09-01 07:00,1,,gw-1,", rows[1], StringComparison.Ordinal);
        Assert.StartsWith("1,Hàm Rồng,Trần Phú,Tủ điều khiển,cab-2,Tủ Trần Phú,Tủ mất điện nguồn: cả cụm đèn tắt,", rows[2], StringComparison.Ordinal);
        Assert.Contains(",1,c,gw-2,", rows[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_trouble_has_its_words() => Assert.All(
        from kind in new[] { "lamp", "cabinet" } from trouble in Enum.GetValues<LampTrouble>() select WorkOrderText.Key(kind, trouble),
        key => Assert.NotEqual(ServerWords.Vi[key], ServerWords.En[key]));

    private static readonly DateTimeOffset Onset = DateTimeOffset.FromUnixTimeSeconds(1_788_220_800);

    private static (double Value, long MeasuredAt)? Burning(string device, string metric) => metric == "power_w" ? (0.4, Instant.From(Onset)) : null;

    private static Task ReportAsync(ApiRig rig, string lamps) => rig.Book.Reports.KeepAsync(
        rig.Book.Reports.Read("gw-1", JsonElement.Parse($$"""{"version":1,"lamps":{{lamps}}}""")), CancellationToken.None);

    private static Task RaiseAsync(ApiRig rig, string alert, string device, string rule, int after = 0) => rig.RaiseAsync(
        BookRig.Change(alert, kind: "lamp", severity: Severity.Minor, device: device, zone: null, at: 1_788_220_800_000_000_000 + after * 1_000_000_000L) with { Rule = rule });

    private static List<string> Told(JsonElement order) =>
    [
        .. order.GetProperty("streets").EnumerateArray().SelectMany(s => s.GetProperty("items").EnumerateArray().Select(
            i => $"{s.GetProperty("name").GetString()}: {i.GetProperty("id").GetString()} {i.GetProperty("priority").GetInt32()} {i.GetProperty("trouble").GetString()}")),
    ];
}
