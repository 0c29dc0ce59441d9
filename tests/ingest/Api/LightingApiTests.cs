using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Api;

/// <summary>Programmes, calendars, holidays and settings over HTTP.</summary>
public sealed class LightingApiTests
{
    private const string Root = "/api/v1/lighting";
    private const string Evening = """{"name":"Đường phố","points":[{"at":"sunset-15","level":100,"rampSeconds":600},{"at":"22:30","level":60},{"at":"sunrise","level":0}]}""";
    private const string Park = """{"name":"Công viên","points":[{"at":"sunset","level":40},{"at":"23:00","level":0}]}""";

    [Fact]
    public async Task A_programme_and_a_calendar_come_back_as_they_were_put_with_what_uses_them()
    {
        await using var rig = await ApiRig.StartAsync();
        var lan = await PreparedAsync(rig);
        var viewer = await rig.SignInAsync("viewer");
        var programme = await viewer.ReadAsync($"{Root}/programmes/evening");
        Assert.Equal(("Đường phố", 1, "lan"), (programme.GetProperty("name").GetString(), programme.GetProperty("revision").GetInt32(), programme.GetProperty("changedBy").GetString()));
        Assert.Equal(
            ["sunset-15 100 600", "22:30 60 ", "sunrise 0 "],
            programme.GetProperty("points").EnumerateArray().Select(p => $"{p.GetProperty("at").GetString()} {p.GetProperty("level")} {p.GetProperty("rampSeconds")}"));
        Assert.Equal(["streets"], Texts(programme, "usedBy"));
        Assert.Equal(["evening", "park"], (await viewer.ReadAsync($"{Root}/programmes")).GetProperty("items").EnumerateArray().Select(p => p.GetProperty("id").GetString()));

        var calendar = await viewer.ReadAsync($"{Root}/calendars/streets");
        Assert.Equal(("evening", 2, 2), (calendar.GetProperty("default").GetString(), calendar.GetProperty("rules").GetArrayLength(), calendar.GetProperty("lamps").GetInt32()));
        Assert.Equal(["sat"], Texts(calendar.GetProperty("rules")[1], "weekdays"));
        Assert.Equal(["street/s-1"], Texts(calendar, "usedBy"));
        var tet = await viewer.ReadAsync($"{Root}/holidays/tet");
        Assert.Equal(["2026-02-17", "2027-02-06"], Texts(tet, "dates"));
        Assert.Equal(["streets"], Texts(tet, "usedBy"));

        // What the desired document would say is what was put.
        Assert.Equal(["evening", "park"], rig.Book.Lighting.Current.Document.Programmes.Keys.Order(StringComparer.Ordinal));
        await SaysAsync(lan, "DELETE", "programmes/evening", null, 409, "code", "used");
        await SaysAsync(lan, "DELETE", "holidays/tet", null, 409, "code", "used");
        await SaysAsync(lan, "DELETE", "calendars/streets", null, 409, "code", "used");
        await SaysAsync(lan, "PUT", "settings", """{"scope":"street/s-1"}""", 200);
        await SaysAsync(lan, "DELETE", "calendars/streets", null, 204);
        await SaysAsync(lan, "DELETE", "programmes/evening", null, 204);
        await SaysAsync(lan, "GET", "programmes/evening", null, 404);
    }

    [Fact]
    public async Task Of_two_who_saw_the_same_the_second_hears_who_was_first()
    {
        await using var rig = await ApiRig.StartAsync();
        var lan = await PreparedAsync(rig);
        var binh = await rig.SignInAsync("admin", "binh");
        using (var first = await binh.SendAsync(HttpMethod.Put, $"{Root}/programmes/park", Evening, revision: 1))
        {
            Assert.Equal(200, (int)first.StatusCode);
        }

        using (var second = await lan.SendAsync(HttpMethod.Put, $"{Root}/programmes/park", Park, revision: 1))
        {
            var problem = await second.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal((409, "binh", 2), ((int)second.StatusCode, problem.GetProperty("by").GetString(), problem.GetProperty("revision").GetInt32()));
        }

        using (var anew = await lan.SendAsync(HttpMethod.Put, $"{Root}/programmes/park", Park, revision: 0))
        {
            Assert.Equal(409, (int)anew.StatusCode);
        }

        using (var seen = await lan.SendAsync(HttpMethod.Put, $"{Root}/settings", """{"scope":"city","calendar":"streets"}""", revision: 3))
        {
            Assert.Equal(409, (int)seen.StatusCode);
        }

        await SaysAsync(lan, "PUT", "programmes/park", Park, 200);
        var audit = (await binh.ReadAsync("/api/v1/audit?target=lighting/programme/park")).GetProperty("items").EnumerateArray().Select(a => $"{a.GetProperty("who").GetString()} {a.GetProperty("act").GetString()}");
        Assert.Equal(["lan change-programme", "binh change-programme", "lan add-programme"], audit);
    }

    [Theory]
    [InlineData("programmes/x", """{"points":[]}""", "points")]
    [InlineData("programmes/x", """{"points":[{"at":"22:30","level":60},{"at":"sunset-400","level":1}]}""", "points[1].at")]
    [InlineData("programmes/x", """{"points":[{"at":"22:30","level":160}]}""", "points[0].level")]
    [InlineData("programmes/x", """{"points":[{"at":"22:30","level":60,"rampSeconds":99999}]}""", "points[0].rampSeconds")]
    [InlineData("programmes/x", """{"points":[{"at":"23:00","level":60},{"at":"22:30","level":1}]}""", "points[1].at")]
    [InlineData("programmes/x", """{"points":[{"at":"22:30","level":"sáu mươi"}]}""", "points[0].level")]
    [InlineData("programmes/x", """{"points":[null]}""", "points[0]")]
    [InlineData("programmes/x", """{"name":"x"}""", "points")]
    [InlineData("programmes/X", Evening, "id")]
    [InlineData("programmes/x", """{"name":"a\u0007","points":[{"at":"22:30","level":60}]}""", "name")]
    [InlineData("calendars/x", """{"rules":[{"programme":"none"}]}""", "rules[0].programme")]
    [InlineData("calendars/x", """{"rules":[{"programme":"park","holidays":"none"}]}""", "rules[0].holidays")]
    [InlineData("calendars/x", """{"rules":[{"programme":"park"},{"programme":"park","nth":[1]}]}""", "rules[1].nth")]
    [InlineData("calendars/x", """{"rules":[{"programme":"park","weekdays":["sat"],"nth":[7]}]}""", "rules[0].nth[0]")]
    [InlineData("calendars/x", """{"rules":[{"programme":"park","from":"2026-02-30"}]}""", "rules[0].from")]
    [InlineData("calendars/x", """{"rules":[{"programme":"park","from":"2026-06-30","to":"2026-06-01"}]}""", "rules[0].to")]
    [InlineData("calendars/x", """{"default":"none","rules":[]}""", "default")]
    [InlineData("holidays/x", """{"dates":["2027-02-06","6/2/2027"]}""", "dates[1]")]
    [InlineData("settings", """{"scope":"planet"}""", "scope")]
    [InlineData("settings", """{"scope":"street/none","minimum":3}""", "scope")]
    [InlineData("settings", """{"scope":"city","calendar":"none"}""", "calendar")]
    [InlineData("settings", """{"scope":"city","minimum":101}""", "minimum")]
    public async Task A_fault_names_its_field_and_nothing_is_changed(string path, string body, string field)
    {
        await using var rig = await ApiRig.StartAsync();
        var lan = await PreparedAsync(rig);
        var before = rig.Book.Lighting.Current;
        await SaysAsync(lan, "PUT", path, body, 400, "field", field);
        Assert.Same(before, rig.Book.Lighting.Current);
    }

    [Fact]
    public async Task A_place_says_its_calendar_and_minimum_and_how_many_lamps_follow()
    {
        await using var rig = await ApiRig.StartAsync();
        var lan = await PreparedAsync(rig);
        await SaysAsync(lan, "PUT", "settings", """{"scope":"ward/Hạc Thành","calendar":"streets","minimum":20}""", 200, "name", "Hạc Thành");
        await SaysAsync(lan, "PUT", "settings", """{"scope":"lamp/c","minimum":30}""", 200);
        var settings = (await lan.ReadAsync($"{Root}/settings")).GetProperty("items").EnumerateArray()
            .Select(s => $"{s.GetProperty("scope")} {s.GetProperty("calendar")} {s.GetProperty("minimum")} {s.GetProperty("lamps")} {s.GetProperty("following")}");
        Assert.Equal(["ward/Hạc Thành streets 20 3 1", "street/s-1 streets  2 2", "lamp/c  30 1 0"], settings);
        Assert.Equal(3, (await lan.ReadAsync($"{Root}/calendars")).GetProperty("items")[0].GetProperty("lamps").GetInt32());

        await SaysAsync(lan, "PUT", "settings", """{"scope":"lamp/c"}""", 200);
        await SaysAsync(lan, "PUT", "settings", """{"scope":"lamp/c"}""", 200);
        Assert.Equal(2, rig.Book.Lighting.Current.Settings.Count);
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("wall")]
    [InlineData("operator")]
    [InlineData("technician")]
    public async Task Who_may_only_look_changes_nothing(string role)
    {
        await using var rig = await ApiRig.StartAsync();
        await PreparedAsync(rig);
        var before = rig.Book.Lighting.Current;
        var who = await rig.SignInAsync(role);
        await SaysAsync(who, "PUT", "programmes/evening", Park, 403);
        await SaysAsync(who, "DELETE", "programmes/park", null, 403);
        await SaysAsync(who, "PUT", "settings", """{"scope":"city","minimum":0}""", 403);
        using var key = await rig.WithKeyAsync(await rig.KeyAsync("read", "registry", "alerts"), HttpMethod.Put, $"{Root}/programmes/evening", ApiRig.Json(Park));
        Assert.Equal(403, (int)key.StatusCode);
        Assert.Same(before, rig.Book.Lighting.Current);
        await SaysAsync(who, "GET", "programmes/evening", null, 200);
    }

    /// <summary>Streets s-1 (lamps a, b) and s-2 (c) of one ward; two programmes, a calendar on s-1, a list of holidays.</summary>
    internal static async Task<Person> PreparedAsync(ApiRig rig)
    {
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Streets = [new() { Id = "s-1", Name = "Lê Lợi", Ward = "Hạc Thành" }, new() { Id = "s-2", Ward = "Hạc Thành" }],
                Gateways = [new() { Id = "gw-1" }],
                Devices =
                [
                    new() { Id = "a", Kind = "streetlight", Gateway = "gw-1", Street = "s-1", Lat = 19.8, Lon = 105.77 },
                    new() { Id = "b", Kind = "streetlight", Gateway = "gw-1", Street = "s-1", Lat = 19.8, Lon = 105.77 },
                    new() { Id = "c", Kind = "streetlight", Gateway = "gw-1", Street = "s-2" },
                ],
            },
            "an",
            CancellationToken.None);
        var lan = await rig.SignInAsync("lighting", "lan");
        await SaysAsync(lan, "PUT", "programmes/evening", Evening, 200);
        await SaysAsync(lan, "PUT", "programmes/park", Park, 200);
        await SaysAsync(lan, "PUT", "holidays/tet", """{"name":"Tết","dates":["2027-02-06","2026-02-17","2027-02-06"]}""", 200);
        await SaysAsync(lan, "PUT", "calendars/streets", """{"name":"Đường","default":"evening","rules":[{"programme":"park","holidays":"tet"},{"programme":"park","weekdays":["sat"],"nth":[-1]}]}""", 200);
        await SaysAsync(lan, "PUT", "settings", """{"scope":"street/s-1","calendar":"streets"}""", 200);
        return lan;
    }

    internal static async Task<JsonElement> SaysAsync(Person who, string method, string path, string? body, int status, string? member = null, string? value = null)
    {
        using var answer = await who.SendAsync(new HttpMethod(method), $"{Root}/{path}", body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        var said = text.Length == 0 ? default : JsonElement.Parse(text);
        if (member is not null)
        {
            Assert.True(said.TryGetProperty(member, out var found), text);
            Assert.Equal(value, found.GetString());
        }

        return said;
    }

    private static IEnumerable<string?> Texts(JsonElement view, string member) => view.GetProperty(member).EnumerateArray().Select(t => t.GetString());
}
