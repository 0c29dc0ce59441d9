using System.Text;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.History;
using SmartCity.Ingest.Reports;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Tests.Reports;

/// <summary>The figures of a report, each by itself.</summary>
public sealed class FigureTests
{
    private static readonly TimeZoneInfo Vietnam = CityTimeZone.Find(CityTimeZone.Vietnam)!;

    [Theory]
    [InlineData("2026-09-01", "2026-08-31T17:00:00Z", "2026-09-01T17:00:00Z")]
    [InlineData("2028-02-29", "2028-02-28T17:00:00Z", "2028-02-29T17:00:00Z")]
    public void A_day_is_the_citys_day(string day, string from, string to)
    {
        var period = ReportPeriod.Day(day, Vietnam)!;
        Assert.Equal((DateTimeOffset.Parse(from, null), DateTimeOffset.Parse(to, null)), (period.From.ToUniversalTime(), period.To.ToUniversalTime()));
        Assert.Single(period.Days(Vietnam));
    }

    [Theory]
    [InlineData("2026-02-29")]
    [InlineData("2026-9-1")]
    [InlineData("1999-12-31")]
    [InlineData("2026-09-01T00:00")]
    [InlineData("")]
    public void What_is_no_day_is_none(string day) => Assert.Null(ReportPeriod.Day(day, Vietnam));

    [Fact]
    public void A_month_has_its_days_also_where_clocks_change()
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var days = ReportPeriod.Month("2026-03", berlin)!.Days(berlin).Append(ReportPeriod.Month("2026-03", berlin)!.To).ToList();
        Assert.Equal(32, days.Count);
        Assert.Equal(23, (days[29] - days[28]).TotalHours);
        Assert.All(days.Zip(days.Skip(1)).Where((_, i) => i != 28), pair => Assert.Equal(24, (pair.Second - pair.First).TotalHours));
        Assert.Null(ReportPeriod.Month("2026-13", berlin));
    }

    [Fact]
    public void Response_is_median_nine_tenths_and_longest_of_what_people_acknowledged()
    {
        var tally = new AlertTally();
        foreach (var seconds in Enumerable.Range(1, 10))
        {
            tally.Add(Row(acknowledged: seconds));
        }

        tally.Add(Row());
        var response = tally.Figures(_ => null, true).Response;
        Assert.Equal(new ResponseFigures(10, 5, 9, 10), response);
    }

    [Fact]
    public void Tests_and_history_are_counted_apart_and_false_alarms_by_their_cause()
    {
        var tally = new AlertTally();
        tally.Add(Row(cause: "false-alarm:dust"));
        tally.Add(Row(cause: "fire") with { Zone = null });
        tally.Add(Row() with { Kind = "flood", Severity = Severity.Major, Open = true, Escalated = true });
        tally.Add(Row(acknowledged: 1, cause: "test") with { Test = true });
        tally.Add(Row() with { Historical = true });
        var figures = tally.Figures(id => "Zone " + id, true);
        Assert.Equal((3, 1, 1, 1, 1, 1), (figures.Total, figures.Open, figures.Tests, figures.Historical, figures.Escalated, figures.FalseAlarms));
        Assert.Equal([("fire", 2L, 1L), ("flood", 1L, 0L)], figures.Kinds.Select(k => (k.Kind, k.Total, k.FalseAlarms)));
        Assert.Equal([("z-1", "Zone z-1", 2L), (null, null, 1L)], figures.Zones.Select(z => (z.Zone, z.Name, z.Total)));
        Assert.Equal(["false-alarm:dust", "fire"], figures.Causes.Select(c => c.Cause));
    }

    [Fact]
    public void Availability_is_what_was_not_silence_within_the_span()
    {
        var from = new DateTimeOffset(2026, 9, 1, 0, 0, 0, TimeSpan.Zero);
        var spans = new Availability(from, from.AddHours(10));
        spans.Add("a", At(-5), At(1));   // one hour of it within
        spans.Add("a", At(9), null);     // and one that goes on
        spans.Add("b", At(-9), At(-1));  // before
        spans.Add("gone", At(0), null);  // not in service: not counted
        var figures = spans.Figures([Device("a"), Device("b"), Device("gone") with { State = Service.Decommissioned }]);
        Assert.Equal(90, figures.Percent);
        Assert.Equal(new KindAvailability("streetlight", 2, 90, 1), Assert.Single(figures.Kinds));
        Assert.Equal(("a", 7200.0), (Assert.Single(figures.Worst).Device, figures.Worst[0].Seconds));

        long At(double hours) => Instant.From(from.AddHours(hours));
    }

    /// <summary>Readings of a counter (hour:value), and what it counted from 0 to 48 h.</summary>
    public static TheoryData<string, double?, bool> Counters => new()
    {
        { "0:100 24:110 48:125", 25, false },
        { "0:100 10:105 24:110 30:120 47:124 48.5:125", 25, false },
        { "1:100 23:109 25:110 47:124", 24, false },
        { "0:100 10:108 11:0 24:4 48:10", 18, true },
        { "0:100 24:110 30:115 31:2 47:9", 10 + 5 + 2 + 7, true },
        { "0:100 48:90 47:99 47.5:1", null, true },
        { "", null, false },
        { "-5:7 60:9", null, false },
        { "30:5 40:8", 3, false },
        { "5:5", 0, false },
    };

    [Theory]
    [MemberData(nameof(Counters))]
    public async Task Energy_is_last_less_first_and_a_counter_that_began_anew_counts_on(string readings, double? expected, bool reset)
    {
        var start = ReportPeriod.Day("2026-09-01", Vietnam)!;
        var period = start with { To = start.To.AddDays(1) };
        var points = readings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(r => r.Split(':'))
            .Select(r => new HistoryPoint(Instant.From(period.From.AddHours(double.Parse(r[0], null))), new HistoryValue(double.Parse(r[1], null)))).OrderBy(p => p.Time).ToList();
        var asked = 0;
        Task<HistoryPage> Ask(HistoryQuery query, CancellationToken cancel)
        {
            asked++;
            var found = points.Where(p => p.Time >= query.From && p.Time < query.To).ToList();
            return Task.FromResult(new HistoryPage([.. found.Take(query.Limit)], [], found.Count > query.Limit ? found[query.Limit].Time : null));
        }

        var figures = await new Energy(Ask, Vietnam).FiguresAsync([Device("lamp-1")], KindCatalog.BuiltIn, period, period.To, CancellationToken.None);
        Assert.Equal((1, 1, reset ? 1 : 0), (figures.Read, figures.Counters, figures.Resets));
        if (expected is not null)
        {
            Assert.Equal(expected.Value, Assert.Single(figures.Kinds).KilowattHours, 6);
        }
        else if (!reset)
        {
            Assert.Empty(figures.Kinds);
        }

        Assert.True(asked <= 6, $"{asked} questions for two days of one counter");
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+84 912", "'+84 912")]
    [InlineData("-2", "'-2")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0")]
    [InlineData("\t=1", "\"'\t=1\"")]
    [InlineData("＝1", "'＝1")]
    [InlineData("Chợ, \"Vườn Hoa\"", "\"Chợ, \"\"Vườn Hoa\"\"\"")]
    [InlineData("a\r\nb", "\"a\r\nb\"")]
    [InlineData("%", "%")]
    [InlineData("Hạc Thành", "Hạc Thành")]
    [InlineData("", "")]
    public void Text_in_a_cell_is_never_a_formula(string text, string expected)
    {
        var csv = new StringBuilder();
        Csv.Row(csv, text, -1.5, 3L, null);
        Assert.Equal(expected + ",-1.5,3,\r\n", csv.ToString());
    }

    [Theory]
    [InlineData("vi", 1234567.891, 1, "1.234.567,9")]
    [InlineData("en", 1234567.891, 1, "1,234,567.9")]
    public void Figures_are_written_as_the_language_has_them(string language, double value, int decimals, string expected) =>
        Assert.Equal(expected, (language == "vi" ? ServerWords.Vi : ServerWords.En).Number(value, decimals));

    private static TallyRow Row(double? acknowledged = null, string? cause = null) =>
        new("fire", "z-1", Severity.Critical, false, false, false, false, cause, 1_000_000_000_000, acknowledged is { } s ? 1_000_000_000_000 + (long)(s * 1e9) : null);

    private static DeviceRow Device(string id) =>
        new(id, "streetlight", null, null, null, null, null, null, null, true, null, Service.Active, 1, DateTimeOffset.UnixEpoch);
}
