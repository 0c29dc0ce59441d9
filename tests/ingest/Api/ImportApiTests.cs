using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Api;

/// <summary>Import and export of the registry over HTTP.</summary>
public sealed class ImportApiTests
{
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
}
