using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Api;

public sealed class RegistryApiTests
{
    [Fact]
    public async Task A_device_is_put_seen_replaced_and_taken_out_of_service()
    {
        await using var rig = await ApiRig.StartAsync();
        var technician = await rig.SignInAsync("technician");
        using (var gateway = await technician.SendAsync(HttpMethod.Put, "/api/v1/gateways/gw-1", """{"name":"Cầu Hàm Rồng","lat":19.84,"lon":105.79}"""))
        {
            Assert.Equal(200, (int)gateway.StatusCode);
        }

        using (var put = await technician.SendAsync(HttpMethod.Put, "/api/v1/devices/d-1", """{"kind":"water_level","gateway":"gw-1","thresholds":{"I":4.5}}"""))
        {
            Assert.Equal(200, (int)put.StatusCode);
        }

        var device = await technician.ReadAsync("/api/v1/devices/d-1");
        Assert.Equal(4.5, device.GetProperty("thresholds").GetProperty("I").GetDouble());
        Assert.True(device.GetProperty("intervalSeconds").GetDouble() > 0);
        Assert.Equal(JsonValueKind.Object, device.GetProperty("values").ValueKind);
        Assert.Equal("Cầu Hàm Rồng", (await technician.ReadAsync("/api/v1/gateways/gw-1")).GetProperty("name").GetString());

        Assert.Equal(200, (int)(await technician.PostAsync("/api/v1/devices/d-1/replace", """{"by":"d-2"}""")).StatusCode);
        Assert.Equal(400, (int)(await technician.PostAsync("/api/v1/devices/d-2/replace", """{"by":"Not An Id"}""")).StatusCode);
        Assert.Equal(404, (int)(await technician.SendAsync(HttpMethod.Delete, "/api/v1/devices/d-1")).StatusCode);
        Assert.Equal(204, (int)(await technician.SendAsync(HttpMethod.Delete, "/api/v1/devices/d-2")).StatusCode);
        Assert.Equal("d-2", (await technician.ReadAsync("/api/v1/devices/d-1")).GetProperty("replacedBy").GetString());
        Assert.Empty((await technician.ReadAsync("/api/v1/devices")).GetProperty("items").EnumerateArray());
        Assert.Equal(2, (await technician.ReadAsync("/api/v1/devices?state=all")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task What_a_device_said_and_what_was_raised_about_it_stay_when_it_goes()
    {
        await using var rig = await ApiRig.StartAsync();
        var technician = await rig.SignInAsync("technician");
        await rig.PutDeviceAsync("smoke-1");
        await rig.RaiseAsync(BookRig.Change("a1"));
        var metric = KindCatalog.BuiltIn.All[0].Metrics[0].Name;
        Assert.Equal(204, (int)(await technician.SendAsync(HttpMethod.Delete, "/api/v1/devices/smoke-1")).StatusCode);
        Assert.Equal("decommissioned", (await technician.ReadAsync("/api/v1/devices/smoke-1")).GetProperty("state").GetString());
        Assert.Equal(2, (await technician.ReadAsync($"/api/v1/devices/smoke-1/history?metric={metric}")).GetProperty("items").GetArrayLength());
        Assert.Equal("a1", Assert.Single((await technician.ReadAsync("/api/v1/alerts?device=smoke-1")).GetProperty("items").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal("smoke-1", (await technician.ReadAsync("/api/v1/alerts/a1")).GetProperty("device").GetString());
        Assert.Equal(["decommission", "put"], (await rig.Book.Store.ReadAsync(sql => sql.AuditOf("device/smoke-1", 9), CancellationToken.None)).Select(e => e.Act));

        // Put up again under the same id, it goes on where it was.
        await rig.PutDeviceAsync("smoke-1");
        Assert.Equal(3, rig.Book.Registry.Current.Devices.Find("smoke-1")!.Row.Revision);
    }

    [Fact]
    public async Task A_threshold_that_the_kind_cannot_have_is_refused_with_its_range()
    {
        await using var rig = await ApiRig.StartAsync();
        using var answer = await (await rig.SignInAsync("technician")).SendAsync(
            HttpMethod.Put, "/api/v1/devices/song-ma", """{"kind":"water_level","thresholds":{"II":450}}""");
        Assert.Equal(400, (int)answer.StatusCode);
        var error = Assert.Single((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").EnumerateArray());
        Assert.Equal(("thresholds", "II is from -5 to 30 m"), (error.GetProperty("field").GetString(), error.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task Devices_are_listed_in_pages_and_by_filter()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.Book.Registry.PutAsync(
            new()
            {
                Zones = [new() { Id = "z-1" }],
                Devices = [.. Enumerable.Range(0, 230).Select(i => new SmartCity.Ingest.Book.DeviceEdit { Id = $"d-{i:D3}", Kind = ApiRig.Kind, Zone = i < 7 ? "z-1" : null })],
            },
            "test",
            CancellationToken.None);
        var viewer = await rig.SignInAsync("viewer");
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await viewer.ReadAsync("/api/v1/devices?limit=100" + (cursor is null ? "" : "&cursor=" + cursor));
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(d => d.GetProperty("id").GetString()!));
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(0, 230).Select(i => $"d-{i:D3}"), seen);
        Assert.Equal(7, (await viewer.ReadAsync("/api/v1/devices?zone=z-1")).GetProperty("items").GetArrayLength());
        Assert.Empty((await viewer.ReadAsync("/api/v1/devices?kind=ufo")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task History_speaks_of_points_and_of_windows()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.PutDeviceAsync("d-1");
        var metric = KindCatalog.BuiltIn.All[0].Metrics[0].Name;
        var viewer = await rig.SignInAsync("viewer");
        var page = await viewer.ReadAsync($"/api/v1/devices/d-1/history?metric={metric}&from=2026-08-31T07:00:00%2B07:00&to=2026-09-01T00:00:00Z");
        Assert.Equal("2026-08-31T00:00:00+00:00", page.GetProperty("items")[0].GetProperty("time").GetString());
        Assert.Equal(20.5, page.GetProperty("items")[0].GetProperty("value").GetDouble());
        var next = await viewer.ReadAsync($"/api/v1/devices/d-1/history?metric={metric}&from=2026-08-31T07:00:00+07:00&to=2026-09-01T00:00:00Z&cursor={page.GetProperty("next").GetString()}");
        Assert.Equal("2026-08-31T00:00:00.000002+00:00", next.GetProperty("items")[0].GetProperty("time").GetString());
        var windows = await viewer.ReadAsync($"/api/v1/devices/d-1/history?metric={metric}&step=5m");
        Assert.Equal((2.0, 1.0, 3.0, 4L), (
            windows.GetProperty("items")[0].GetProperty("value").GetDouble(),
            windows.GetProperty("items")[0].GetProperty("minimum").GetDouble(),
            windows.GetProperty("items")[0].GetProperty("maximum").GetDouble(),
            windows.GetProperty("items")[0].GetProperty("count").GetInt64()));
        foreach (var bad in new[] { "metric=ufo", "", $"metric={metric}&from=2026-09-01", $"metric={metric}&from=2026-09-01T00:00:00", $"metric={metric}&from=2027-01-01T00:00:00Z", $"metric={metric}&step=5", $"metric={metric}&limit=0" })
        {
            Assert.Equal(400, (int)(await viewer.GetAsync("/api/v1/devices/d-1/history?" + bad)).StatusCode);
        }

        Assert.Equal(404, (int)(await viewer.GetAsync("/api/v1/devices/d-9/history?metric=" + metric)).StatusCode);
    }

    [Fact]
    public async Task A_command_is_stored_sent_and_answered_only_by_its_gateway()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.PutDeviceAsync("siren-1", "gw-1");
        var (officer, technician) = (await rig.SignInAsync("operator"), await rig.SignInAsync("technician"));
        const string Silence = """{"command":{"type":"silence-siren"}}""";
        Assert.Equal(403, (int)(await technician.PostAsync("/api/v1/devices/siren-1/commands", Silence)).StatusCode);
        Assert.Equal(400, (int)(await officer.PostAsync("/api/v1/devices/siren-1/commands", """{"command":{"type":"explode"}}""")).StatusCode);
        using var answer = await officer.PostAsync("/api/v1/devices/siren-1/commands", Silence);
        Assert.Equal(202, (int)answer.StatusCode);
        Assert.True(rig.Sent.TryDequeue(out var sent));
        Assert.Equal(("gw-1", "siren-1", "operator"), (sent.Gateway, sent.Device, sent.By));
        Assert.False(await rig.Book.Commands.FinishAsync("gw-2", sent.Id, "done", null, CancellationToken.None));
        Assert.False(await rig.Book.Commands.FinishAsync("gw-1", "not-an-id", "done", null, CancellationToken.None));
        Assert.True(await rig.Book.Commands.FinishAsync("gw-1", sent.Id, "done", "quiet", CancellationToken.None));
        Assert.False(await rig.Book.Commands.FinishAsync("gw-1", sent.Id, "failed", null, CancellationToken.None));
        var listed = Assert.Single((await officer.ReadAsync("/api/v1/commands?device=siren-1")).GetProperty("items").EnumerateArray());
        Assert.Equal(("done", "quiet"), (listed.GetProperty("status").GetString(), listed.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task The_description_names_every_route_and_the_figures_are_prometheus_text()
    {
        await using var rig = await ApiRig.StartAsync();
        using var answer = await rig.Client.GetAsync("/openapi/v1.json");
        Assert.True(answer.IsSuccessStatusCode, string.Join('\n', rig.Log.Lines.Where(l => l.StartsWith("Error", StringComparison.Ordinal))));
        var description = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("3.1.0", description.GetProperty("openapi").GetString());
        Assert.Equal(Routes.All.Count, description.GetProperty("paths").EnumerateObject().Sum(p => p.Value.EnumerateObject().Count()));
        Assert.True(description.GetProperty("paths").TryGetProperty("/api/v1/alerts/{id}/{act}", out _));
        await rig.RaiseAsync(BookRig.Change("a1"));
        var figures = await rig.Client.GetStringAsync("/metrics");
        Assert.EndsWith(
            "# HELP smartcity_test_total A \"test\".\n# TYPE smartcity_test_total counter\nsmartcity_test_total{lane=\"a\\\"b\"} 3\nsmartcity_test_total{lane=\"c\"} 4\n",
            figures,
            StringComparison.Ordinal);
        Assert.Contains("\nsmartcity_alerts_open{severity=\"critical\",state=\"raised\"} 1\n", "\n" + figures, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readiness_names_what_is_wrong()
    {
        await using var rig = await ApiRig.StartAsync();
        Assert.Equal(200, (int)(await rig.Client.GetAsync("/healthz")).StatusCode);
        Assert.Equal(200, (int)(await rig.Client.GetAsync("/readyz")).StatusCode);
        await rig.RaiseAsync(BookRig.Change("a1"));
        Assert.Equal(("critical", "raised", 1L), Assert.Single(await rig.Book.Alerts.CountOpenAsync(CancellationToken.None)));
    }
}
