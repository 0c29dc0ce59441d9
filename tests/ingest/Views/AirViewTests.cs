using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.History;
using SmartCity.Ingest.Tests.Api;
using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Tests.Views;

public sealed class AirViewTests
{
    private static readonly DateTimeOffset Now = new(2026, 9, 1, 8, 30, 0, TimeSpan.Zero);
    private static readonly DeviceKind Kind = KindCatalog.BuiltIn.Find("environment_station")!;
    private static readonly AqiRule Rule = Kind.Rules.OfType<AqiRule>().Single();

    [Theory]
    [InlineData(50, "#00e400", "Tốt")]
    [InlineData(51, "#ffff00", "Trung bình")]
    [InlineData(150, "#ff7e00", "Kém")]
    [InlineData(200, "#ff0000", "Xấu")]
    [InlineData(201, "#8f3f97", "Rất xấu")]
    [InlineData(500, "#7e0023", "Nguy hại")]
    public void A_station_has_the_decisions_colour_and_name(int index, string colour, string name)
    {
        var view = Of(30, 1, ("vn_aqi", index), ("vn_aqi_pm25", 20), ("vn_aqi_o3", index));
        Assert.Equal((index, colour, "o3"), (view.Aqi, view.Colour, view.Pollutant));
        Assert.Equal(name, AirView.Bands[view.Band!.Value].Name.Vi);
        Assert.Equal(20, view.Parts["pm2_5"]);
        Assert.Equal(61, view.Concentrations["pm2_5"]);
    }

    [Theory]
    [InlineData(30, 1, false)]
    [InlineData(120, 3, false)]
    [InlineData(121, 1, true)] // the hour is long over
    [InlineData(30, 4, true)] // the station is silent
    public void An_index_of_an_hour_long_past_or_of_a_silent_station_is_stale(int hourEndedMinutesAgo, int heardMinutesAgo, bool stale) =>
        Assert.Equal(stale, Of(hourEndedMinutesAgo, heardMinutesAgo, ("vn_aqi", 40), ("vn_aqi_pm25", 40)).Stale);

    [Fact]
    public void Without_an_hour_of_data_there_is_no_index()
    {
        var view = Of(30, 1);
        Assert.Equal((null, null, null, null, null), (view.Aqi, view.Band, view.Colour, view.Pollutant, view.At));
        Assert.Empty(view.Parts);
    }

    [Fact]
    public async Task The_hours_behind_us_are_judged_from_hourly_means_as_the_rule_judges_them()
    {
        // The story of AqiTests: hours of 20, 20, 100, 300, 300, 100, 40 µg/m³; and one with too few readings at the end.
        await using var rig = await ApiRig.StartAsync();
        double[] hours = [20, 20, 100, 300, 300, 100, 40, 40];
        rig.Store.Time.Advance(TimeSpan.FromHours(hours.Length) + TimeSpan.FromMinutes(7));
        var end = rig.Store.Time.GetUtcNow().AddMinutes(-7);
        var asked = new List<HistoryQuery>();
        var services = rig.Services with
        {
            History = (query, _) =>
            {
                lock (asked)
                {
                    asked.Add(query);
                }

                return Task.FromResult(new HistoryPage(
                    [],
                    query.Metric != "pm2_5_ug_m3" ? [] : [.. hours.Select((mean, i) => new HistoryWindow(Instant.From(end.AddHours(i - hours.Length)), mean, mean, mean, i == 7 ? 40 : 60))],
                    null));
            },
        };
        var device = new DeviceRow("st-1", "environment_station", null, null, null, null, null, null, null, true, null, Service.Active, 1, end);
        var read = await AirHours.ReadAsync(services, device, Kind, Rule, 8, CancellationToken.None);
        Assert.Equal(end, read[^1].At);
        Assert.Equal(6, asked.Count);
        Assert.Equal(hours.Length, read.Count);
        // One hour is not two of three; the last is missing, and its two predecessors with their halved weights make the Nowcast.
        Assert.Equal([null, 40, 113, 229, 289, 220, 168, 104], read.Select(h => h.Aqi));
        Assert.Equal("pm2_5", read[4].Pollutant);
    }

    private static AirView Of(int hourEndedMinutesAgo, int heardMinutesAgo, params (string Name, double Value)[] derived)
    {
        var heard = Instant.From(Now.AddMinutes(-heardMinutesAgo));
        return AirView.Of(
            new DeviceRow("st-1", "environment_station", null, null, null, null, null, null, null, true, null, Service.Active, 1, Now),
            null,
            Kind,
            Rule,
            new DeviceView("st-1", "environment_station", null, true, heard, heard, [new MetricValue("pm2_5_ug_m3", MetricType.Float, "", 61, heard)], [.. derived.Select(d => new DerivedValue(d.Name, d.Value, Instant.From(Now.AddMinutes(-hourEndedMinutesAgo))))]),
            Now);
    }
}
