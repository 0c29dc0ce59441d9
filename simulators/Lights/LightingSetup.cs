using System.Text.Json.Nodes;
using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Lights;

/// <summary>What the lighting centre of the simulated city had set up before anybody came: three programmes, two calendars, the holidays, two groups, a minimum.
/// It is said through the server's API, once; what a person changed afterwards stays.</summary>
internal static class LightingSetup
{
    private const string MainRoads = "truc-chinh";
    private const string Centre = "trung-tam";

    /// <summary>The documents in the order in which one may need another: path below <c>/api/v1/lighting/</c>, and body.</summary>
    public static IReadOnlyList<(string Path, JsonObject Body)> Documents(CityPlan city) =>
    [
        ("programmes/dem-thuong", Programme("Đêm thường", ("sunset-10", 100, 300), ("23:00", 60, 60), ("sunrise+10", 0, 300))),
        ("programmes/cuoi-tuan", Programme("Tối cuối tuần", ("sunset-10", 100, 300), ("00:30", 60, 60), ("sunrise+10", 0, 300))),
        ("programmes/le-tet", Programme("Lễ, Tết: sáng cả đêm", ("sunset-20", 100, 300), ("sunrise+20", 0, 300))),

        // Tết Nguyên đán with its eve: 17 February 2026, 6 February 2027, 26 January 2028.
        ("holidays/tet", Dates("Tết Nguyên đán", [.. Days(2026, 2, 16, 5), .. Days(2027, 2, 5, 5), .. Days(2028, 1, 25, 5)])),
        ("holidays/ngay-le", Dates("Ngày lễ", [.. ((int[])[2026, 2027, 2028]).SelectMany(y => (string[])[$"{y}-01-01", $"{y}-04-30", $"{y}-05-01", $"{y}-09-02"])])),
        ("calendars/default", Calendar("Lịch toàn thành phố", "dem-thuong", Rule("le-tet", "holidays", "tet"), Rule("le-tet", "holidays", "ngay-le"))),
        ("calendars/trung-tam", Calendar(
            "Lịch khu trung tâm",
            "dem-thuong",
            Rule("le-tet", "holidays", "tet"),
            Rule("le-tet", "holidays", "ngay-le"),
            Rule("cuoi-tuan", "weekdays", new JsonArray("fri", "sat")))),
        ($"groups/{MainRoads}", Group("Các trục chính", MainRoadsOf(city).Select(s => "street/" + s))),
        ($"groups/{Centre}", Group("Khu trung tâm", CentreOf(city).Select(s => "street/" + s).Prepend("group/" + MainRoads))),
    ];

    /// <summary>What holds at places: bodies of <c>PUT /api/v1/lighting/settings</c>.</summary>
    public static IReadOnlyList<JsonObject> Settings =>
    [
        new JsonObject { ["scope"] = "city", ["calendar"] = "default" },
        new JsonObject { ["scope"] = $"group/{Centre}", ["calendar"] = "trung-tam" },
        new JsonObject { ["scope"] = $"group/{MainRoads}", ["minimum"] = 50 },
    ];

    /// <summary>Says it, unless somebody has said anything of lighting before.</summary>
    /// <returns>Whether it was said.</returns>
    /// <exception cref="HttpRequestException">The server refused.</exception>
    public static async Task<bool> PutAsync(CityOperator person, CityPlan city, CancellationToken cancel)
    {
        if ((await person.GetAsync("/api/v1/lighting/programmes", cancel)).GetProperty("items").GetArrayLength() > 0)
        {
            return false;
        }

        foreach (var (path, body) in Documents(city))
        {
            await person.DoAsync(HttpMethod.Put, "/api/v1/lighting/" + path, body, cancel);
        }

        foreach (var body in Settings)
        {
            await person.DoAsync(HttpMethod.Put, "/api/v1/lighting/settings", body, cancel);
        }

        return true;
    }

    private static IEnumerable<string> MainRoadsOf(CityPlan city)
    {
        var named = city.Streets.Where(s => s.Name.StartsWith("Đại lộ", StringComparison.Ordinal)).ToList();
        return (named.Count > 0 ? named : city.Streets.Take(3)).Select(s => s.Id);
    }

    private static IEnumerable<string> CentreOf(CityPlan city) =>
        city.Streets.Where(s => s.Ward == city.Streets[0].Ward).Select(s => s.Id).Except(MainRoadsOf(city), StringComparer.Ordinal).Take(6);

    private static JsonObject Programme(string name, params (string At, int Level, int Ramp)[] points) => new()
    {
        ["name"] = name,
        ["points"] = new JsonArray([.. points.Select(p => (JsonNode)new JsonObject { ["at"] = p.At, ["level"] = p.Level, ["rampSeconds"] = p.Ramp })]),
    };

    private static JsonObject Dates(string name, IEnumerable<string> dates) => new() { ["name"] = name, ["dates"] = Strings(dates) };

    private static JsonObject Calendar(string name, string otherwise, params JsonObject[] rules) => new()
    {
        ["name"] = name,
        ["default"] = otherwise,
        ["rules"] = new JsonArray([.. rules]),
    };

    private static JsonObject Rule(string programme, string when, JsonNode what) => new() { ["programme"] = programme, [when] = what };

    private static JsonObject Group(string name, IEnumerable<string> members) => new() { ["name"] = name, ["members"] = Strings(members) };

    private static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);

    private static IEnumerable<string> Days(int year, int month, int day, int count) =>
        Enumerable.Range(0, count).Select(n => new DateOnly(year, month, day).AddDays(n).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
}
