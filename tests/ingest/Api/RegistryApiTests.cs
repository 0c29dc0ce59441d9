using System.Net.Http.Json;
using System.Text;
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
    public async Task An_import_with_faults_changes_nothing_and_names_every_row()
    {
        await using var rig = await ApiRig.StartAsync();
        var key = await rig.KeyAsync("registry");
        var csv = $"id,kind,lat,lon\nok-1,{ApiRig.Kind},19.8,105.7\nBAD,{ApiRig.Kind},,\nok-2,ufo,,\n";
        using (var answer = await ImportAsync(csv))
        {
            Assert.Equal(400, (int)answer.StatusCode);
            var errors = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors");
            Assert.Equal([(3, "id"), (4, "kind")], errors.EnumerateArray().Select(e => (e.GetProperty("row").GetInt32(), e.GetProperty("field").GetString())));
        }

        Assert.Equal(0, rig.Book.Registry.Current.Devices.Count);
        csv = $"id,kind,name\nok-1,{ApiRig.Kind},\"Lê Lợi, số 1\"\n";
        using (var judged = await ImportAsync(csv, "?dry-run=true"))
        {
            Assert.Equal(200, (int)judged.StatusCode);
        }

        Assert.Equal(0, rig.Book.Registry.Current.Devices.Count);
        using (var taken = await ImportAsync(csv))
        {
            Assert.Equal(1, (await taken.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("devices").GetInt32());
        }

        Assert.Equal("Lê Lợi, số 1", rig.Book.Registry.Current.Devices.Find("ok-1")?.Row.Name);

        using var json = await rig.WithKeyAsync(key, HttpMethod.Post, "/api/v1/import", ApiRig.Json("""{"devices":[{"id":"x","colour":"red"}]}"""));
        Assert.Equal(400, (int)json.StatusCode);
        using var odd = await rig.WithKeyAsync(key, HttpMethod.Post, "/api/v1/import", new StringContent("x", Encoding.UTF8, "text/plain"));
        Assert.Equal(415, (int)odd.StatusCode);

        Task<HttpResponseMessage> ImportAsync(string text, string query = "") =>
            rig.WithKeyAsync(key, HttpMethod.Post, "/api/v1/import" + query, new StringContent(text, Encoding.UTF8, "text/csv"));
    }

    [Fact]
    public async Task An_import_tells_how_far_it_is_to_who_asks()
    {
        await using var rig = await ApiRig.StartAsync();
        var admin = await rig.SignInAsync("admin");
        using var request = admin.Request(HttpMethod.Post, "/api/v1/import", """{"zones":[{"id":"z-1"}]}""");
        request.Headers.Add("Accept", "application/x-ndjson");
        using var answer = await rig.Client.SendAsync(request);
        var last = (await answer.Content.ReadAsStringAsync()).Trim().Split('\n')[^1];
        Assert.Equal(1, JsonElement.Parse(last).GetProperty("zones").GetInt32());
    }

    [Fact]
    public async Task Ten_thousand_rows_with_37_bad_ones_over_http_tell_how_far_they_are_and_name_each()
    {
        await using var rig = await ApiRig.StartAsync();
        var technician = await rig.SignInAsync("technician");
        var (good, bad, wrong) = CityFile.TenThousand();
        var refused = await LinesAsync(bad, "");
        Assert.True(refused.Count > 2, "progress before the end");
        Assert.All(refused.SkipLast(1), l => Assert.Equal(10_020, l.GetProperty("total").GetInt32()));
        Assert.Equal(
            wrong,
            refused[^1].GetProperty("errors").EnumerateArray().Select(e => (e.GetProperty("row").GetInt32(), e.GetProperty("field").GetString()!)));
        Assert.Equal(0, rig.Book.Registry.Current.Devices.Count);

        Assert.True((await LinesAsync(good, "?dry-run=true"))[^1].GetProperty("dryRun").GetBoolean());
        Assert.Equal(0, rig.Book.Registry.Current.Devices.Count);
        Assert.Equal(10_000, (await LinesAsync(good, ""))[^1].GetProperty("devices").GetInt32());
        Assert.Equal(10_000, rig.Book.Registry.Current.Devices.Count);

        async Task<List<JsonElement>> LinesAsync(string csv, string query)
        {
            using var request = technician.Request(HttpMethod.Post, "/api/v1/import" + query);
            request.Content = new StringContent(csv, Encoding.UTF8, "text/csv");
            request.Headers.Add("Accept", "application/x-ndjson");
            using var answer = await rig.Client.SendAsync(request);
            Assert.Equal(200, (int)answer.StatusCode);
            return [.. (await answer.Content.ReadAsStringAsync()).Trim().Split('\n').Select(l => JsonElement.Parse(l))];
        }
    }

    [Theory]
    [InlineData("json", "application/json")]
    [InlineData("csv", "text/csv")]
    [InlineData("geojson", "application/geo+json")]
    public async Task What_is_exported_is_imported_as_the_same(string format, string type)
    {
        await using var rig = await ApiRig.StartAsync();
        await using var other = await ApiRig.StartAsync();
        var (technician, there) = (await rig.SignInAsync("technician"), await other.SignInAsync("technician"));
        using (var put = await technician.SendAsync(
            HttpMethod.Put, "/api/v1/zones/z-1", """{"name":"Chợ","boundary":{"type":"Polygon","coordinates":[[[105,19],[106,19],[106,20],[105,19]]]},"runbook":"=1","phones":[{"name":"a","phone":"114"}]}"""))
        {
            Assert.Equal(200, (int)put.StatusCode);
        }

        await technician.SendAsync(HttpMethod.Put, "/api/v1/streets/s-1", """{"name":"Lê Lợi","line":[[19.8,105.7],[19.9,105.8]]}""");
        await technician.SendAsync(HttpMethod.Put, "/api/v1/devices/d-1", $$"""{"kind":"{{ApiRig.Kind}}","zone":"z-1","street":"s-1","lat":19.8,"lon":105.7}""");
        using var export = await technician.GetAsync("/api/v1/export?format=" + format);
        Assert.Equal(type, export.Content.Headers.ContentType!.MediaType);
        using var request = there.Request(HttpMethod.Post, "/api/v1/import");
        request.Content = new ByteArrayContent(await export.Content.ReadAsByteArrayAsync());
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await other.Client.SendAsync(request);
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal((await technician.ReadAsync("/api/v1/export")).ToString(), (await there.ReadAsync("/api/v1/export")).ToString());
        Assert.Equal(400, (int)(await technician.GetAsync("/api/v1/export?format=shp")).StatusCode);
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
