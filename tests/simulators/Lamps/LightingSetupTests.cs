using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.City;
using SmartCity.Simulators.Lights;
using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Tests.Lamps;

/// <summary>What the simulated city's lighting centre says is a whole that a gateway can read, and says what it is meant to say.</summary>
public sealed class LightingSetupTests
{
    private static readonly TimeSpan Local = TimeSpan.FromHours(7);

    [Theory]
    [InlineData("thanh-hoa")]
    [InlineData("ha-long")]
    public void A_gateway_can_read_it_and_each_street_it_names_is_there(string name)
    {
        var city = CityGenerator.Generate(new CityOptions { City = name });
        var document = Document(city);
        Assert.Equal(["cuoi-tuan", "dem-thuong", "le-tet"], document.Programmes.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["default", "trung-tam"], document.Calendars.Keys.Order(StringComparer.Ordinal));
        var streets = city.Streets.Select(s => "street/" + s.Id).ToHashSet(StringComparer.Ordinal);
        var groups = LightingSetup.Documents(city).Where(d => d.Path.StartsWith("groups/", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, groups.Count);
        foreach (var (path, body) in groups)
        {
            var members = body["members"]!.AsArray().Select(m => m!.GetValue<string>()).ToList();
            Assert.True(members.Count > 1, path);
            Assert.All(members, m => Assert.True(streets.Contains(m) || m == "group/truc-chinh", m));
        }
    }

    [Theory]
    [InlineData("2026-11-23T20:00", 100, 100)] // a Monday evening
    [InlineData("2026-11-23T23:30", 60, 60)]
    [InlineData("2026-11-24T12:00", 0, 0)]
    [InlineData("2026-11-27T23:30", 60, 100)] // a Friday: the centre is bright until half past midnight
    [InlineData("2026-11-28T00:45", 60, 60)]
    [InlineData("2027-02-06T03:00", 100, 100)] // the first night of Tết
    [InlineData("2027-09-02T23:30", 100, 100)] // National Day
    public void Weekend_holiday_and_working_day_differ(string at, double city, double centre)
    {
        var plan = CityGenerator.Generate(new CityOptions());
        var document = Document(plan);
        var moment = new DateTimeOffset(DateTime.Parse(at, System.Globalization.CultureInfo.InvariantCulture), Local);
        Assert.Equal(city, Lighting.Level(document.Plan("lamp-city", 19.8, 105.78), moment).Percent);
        Assert.Equal(centre, Lighting.Level(document.Plan("lamp-centre", 19.8, 105.78), moment).Percent);
    }

    private static DesiredDocument Document(CityPlan city)
    {
        var whole = JsonNode.Parse("""{"version":1,"holidays":{},"programmes":{},"calendars":{},"lamps":{"lamp-city":{},"lamp-centre":{"calendar":"trung-tam"}}}""")!.AsObject();
        foreach (var (path, body) in LightingSetup.Documents(city))
        {
            if (path.Split('/') is [var kind and not "groups", var id])
            {
                whole[kind]![id] = kind == "holidays" ? body["dates"]!.DeepClone() : body.DeepClone();
            }
        }

        return DesiredDocument.Read(JsonSerializer.SerializeToUtf8Bytes(whole));
    }
}
