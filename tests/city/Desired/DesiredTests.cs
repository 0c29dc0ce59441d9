using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace SmartCity.City.Tests;

/// <summary>Desired documents: read, written, refused.</summary>
public sealed class DesiredTests
{
    private const string Whole = """
        {"version":7,"timeZone":"Asia/Ho_Chi_Minh",
         "holidays":{"tet":["2027-02-06","2027-02-07"]},
         "programmes":{"usual":{"points":[{"at":"sunset-10","level":100,"rampSeconds":300},{"at":"22:00","level":60},{"at":"sunrise+10","level":0}]},
                       "festival":{"points":[{"at":"sunset","level":100},{"at":"sunrise","level":0}]}},
         "calendars":{"default":{"default":"usual","rules":[{"programme":"festival","holidays":"tet"},
            {"programme":"festival","from":"2026-12-24","to":"2026-12-26"},{"programme":"festival","from":"09-01","to":"09-02"},
            {"programme":"festival","weekdays":["sat","sun"],"nth":[1,-1]}]}},
         "lamps":{"lamp-1":{"minimum":30,"lat":19.8,"lon":105.78,"overrides":[
            {"id":"o1","level":40,"priority":5,"start":"2026-11-22T18:00:00+07:00","expires":"2026-11-22T20:00:00.5+07:00","reason":"bóng đá","by":"lan"}]},
                  "lamp-2":{"calendar":"default","clo":[[0,80],[20000,88.5],[50000,100]],"installed":"2026-03-01T08:00:00+07:00"}},
         "devices":{"water-1":{"thresholds":{"flood.II":4.5}},"smoke-9":{"zone":{"acknowledged":"2026-11-22T11:00:00.1234567Z"}}},
         "zones":{"zone-cho":{"acknowledgeWithinSeconds":120,"coincidenceSeconds":30.5,"testUntil":"2026-11-22T12:00:00+00:00",
            "acknowledged":"2026-11-22T18:00:00.0000001+07:00","resetAt":"2026-11-22T11:30:00Z"}},
         "a newer member":{"of":["anything"]}}
        """;

    [Fact]
    public void Everything_is_read_and_written_and_read_again()
    {
        var document = Read(Whole);
        Assert.Equal((7, "Asia/Ho_Chi_Minh"), (document.Version, document.TimeZone));
        Assert.Equal(3, document.Programmes["usual"].Points.Count);
        Assert.Equal(TimeSpan.FromMinutes(5), document.Programmes["usual"].Points[0].Ramp);
        Assert.Equal(4, document.Calendars["default"].Rules.Count);
        Assert.Equal((new MonthDay(9, 1), new MonthDay(9, 2)), document.Calendars["default"].Rules[2].Yearly);
        Assert.Equal([1, -1], document.Calendars["default"].Rules[3].Nth);
        Assert.Equal(30, document.Lamps["lamp-1"].Minimum);
        var o = Assert.Single(document.Lamps["lamp-1"].Overrides);
        Assert.Equal(("o1", 40, 5, "bóng đá", "lan"), (o.Id, o.Level, o.Priority, o.Reason, o.By));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 20, 0, 0, 500, TimeSpan.FromHours(7)), o.Expires);
        Assert.Equal([new(0, 80), new(20_000, 88.5), new(50_000, 100)], document.Lamps["lamp-2"].Clo!.Points);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 1, 0, 0, TimeSpan.Zero), document.Lamps["lamp-2"].Installed);
        Assert.Equal((null, null), (document.Lamps["lamp-1"].Clo, document.Lamps["lamp-1"].Installed));
        Assert.Equal(4.5, document.Thresholds["water-1"]["flood.II"]);
        Assert.Equal(TimeSpan.FromSeconds(30.5), document.Zones["zone-cho"].Coincidence);
        var eleven = new DateTimeOffset(2026, 11, 22, 11, 0, 0, TimeSpan.Zero);
        Assert.Equal((eleven.AddTicks(1), eleven.AddMinutes(30)), (document.Zones["zone-cho"].Acknowledged, document.Zones["zone-cho"].ResetAt));
        Assert.Equal(eleven.AddTicks(1_234_567), Assert.Single(document.Alone).Value.Acknowledged);
        Assert.Equal("water-1", Assert.Single(document.Thresholds).Key);

        var written = document.Write();
        Assert.Equal(written, DesiredDocument.Read(written).Write());
        Assert.DoesNotContain("newer", Encoding.UTF8.GetString(written), StringComparison.Ordinal);
    }

    [Fact]
    public void A_lamp_has_its_own_place_else_the_gateways_and_the_default_calendar()
    {
        var document = Read(Whole);
        Assert.Equal(19.8, document.Plan("lamp-1", 1, 2).Place.Latitude);
        Assert.Equal(1, document.Plan("lamp-2", 1, 2).Place.Latitude);
        Assert.Equal("usual", document.Plan("a lamp that is not named").NightOf(new DateOnly(2026, 11, 24)).Programme!.Id);
        Assert.Null(Read("""{"version":1}""").Plan("lamp-1").Calendar);
    }

    [Fact]
    public void The_form_of_older_servers_is_read()
    {
        var document = Read("""{"version":3,"timeZone":"Asia/Ho_Chi_Minh","holidays":[],"programmes":[],"calendars":[],"lamps":[],"overrides":[],"thresholds":{"water-1":{"II":4}}}""");
        Assert.Equal(4, document.Thresholds["water-1"]["II"]);
        Assert.Empty(document.Lamps);
    }

    [Theory]
    [InlineData("""[]""", "document: is no object")]
    [InlineData("""{}""", "version: missing")]
    [InlineData("""{"version":-1}""", "version: is no whole number")]
    [InlineData("""{"version":1.5}""", "version: is no whole number")]
    [InlineData("""{"version":1,"version":2}""", "document: no JSON")]
    [InlineData("""{"version":1,"timeZone":"Mars/Olympus"}""", "timeZone: 'Mars/Olympus' is no time zone")]
    [InlineData("""{"version":1,"timeZone":"../../etc/localtime"}""", "timeZone: ")]
    [InlineData("""{"version":1,"timeZone":7}""", "timeZone: is no text")]
    [InlineData("""{"version":1,"holidays":{"tet":["2027-02-30"]}}""", "holidays.tet[0]: is no date")]
    [InlineData("""{"version":1,"holidays":{"Tết":[]}}""", "holidays: 'Tết' is no identifier")]
    [InlineData("""{"version":1,"programmes":{"p":{}}}""", "programmes.p: points: 1 to 48")]
    [InlineData("""{"version":1,"programmes":{"p":{"points":[{"at":"25:00","level":1}]}}}""", "programmes.p.points[0].at: write")]
    [InlineData("""{"version":1,"programmes":{"p":{"points":[{"at":"22:00"}]}}}""", "programmes.p.points[0].level: missing")]
    [InlineData("""{"version":1,"programmes":{"p":{"points":[{"at":"22:00","level":101}]}}}""", "programmes.p.points[0].level: is no number from 0 to 100")]
    [InlineData("""{"version":1,"programmes":{"p":{"points":[{"at":"22:00","level":1e999}]}}}""", "programmes.p.points[0].level: is no number")]
    [InlineData("""{"version":1,"programmes":{"p":{"points":[{"at":"22:00","level":1},{"at":"21:00","level":1}]}}}""", "programmes.p: points[1].at: 21:00 comes before")]
    [InlineData("""{"version":1,"calendars":{"c":{"default":"p"}}}""", "calendars.c.default: there is no programme 'p'")]
    [InlineData("""{"version":1,"calendars":{"c":{"rules":[{"weekdays":["so"]}]}}}""", "calendars.c.rules[0].programme: missing; calendars.c.rules[0].weekdays[0]: is no weekday")]
    [InlineData("""{"version":1,"calendars":{"c":{"rules":[{"programme":"p","nth":[0]}]}}}""", "calendars.c.rules[0].nth[0]")]
    [InlineData("""{"version":1,"calendars":{"c":{"rules":[{"programme":"p","from":"2026-02-01","to":"2026-01-01"}]}}}""", "calendars.c.rules[0].to: 2026-01-01 is before")]
    [InlineData("""{"version":1,"calendars":{"c":{"rules":[{"programme":"p","holidays":"tet"}]}}}""", "calendars.c.rules[0].holidays: there is no list 'tet'")]
    [InlineData("""{"version":1,"lamps":{"l":{"calendar":"c"}}}""", "lamps.l.calendar: there is no calendar 'c'")]
    [InlineData("""{"version":1,"lamps":{"l":7}}""", "lamps.l")]
    [InlineData("""{"version":1,"lamps":{"l":{"overrides":[{"level":1,"start":"2026-11-22T18:00:00Z"}]}}}""", "lamps.l.overrides[0].id: missing")]
    [InlineData("""{"version":1,"lamps":{"l":{"overrides":[{"id":"o","level":1,"start":"2026-11-22T18:00:00"}]}}}""", "lamps.l.overrides[0].start: is no time with offset")]
    [InlineData("""{"version":1,"lamps":{"l":{"overrides":[{"id":"o","level":1,"priority":1001,"start":"2026-11-22T18:00:00Z"}]}}}""", "lamps.l.overrides[0].priority")]
    [InlineData("""{"version":1,"lamps":{"l":{"clo":7}}}""", "lamps.l.clo: is no list")]
    [InlineData("""{"version":1,"lamps":{"l":{"clo":[[0,80],[5]]}}}""", "lamps.l.clo[1]: is no [hours, percent]")]
    [InlineData("""{"version":1,"lamps":{"l":{"clo":[[0,80],[5,"90"]]}}}""", "lamps.l.clo[1]: is no [hours, percent]")]
    [InlineData("""{"version":1,"lamps":{"l":{"clo":[[0,80],[0,90]]}}}""", "lamps.l.clo: [1]: 0 hours does not come after")]
    [InlineData("""{"version":1,"lamps":{"l":{"clo":[[0,5]]}}}""", "lamps.l.clo: [0]: 5 is not 10 to 100 percent")]
    [InlineData("""{"version":1,"lamps":{"l":{"installed":"2026-03-01"}}}""", "lamps.l.installed: is no time with offset")]
    [InlineData("""{"version":1,"devices":{"d":{"thresholds":{"x":"1"}}}}""", "devices.d.thresholds.x: is no number")]
    [InlineData("""{"version":1,"zones":{"z":{"coincidenceSeconds":0}}}""", "zones.z.coincidenceSeconds: is no number from 1 to 3600")]
    [InlineData("""{"version":1,"timeZone":"\ud800"}""", "document: no JSON")]
    public void A_fault_is_named_with_its_path(string json, string expected)
    {
        var refused = Assert.Throws<DesiredException>(() => Read(json));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_and_sizes_are_bounded()
    {
        var many = "{\"version\":1,\"lamps\":{" + string.Join(',', Enumerable.Range(0, 500).Select(n => $"\"l{n}\":{{\"minimum\":-1}}")) + "}}";
        Assert.Equal(21, Assert.Throws<DesiredException>(() => Read(many)).Faults.Count);
        var large = Assert.Throws<DesiredException>(() => DesiredDocument.Read(new byte[DesiredDocument.LargestBytes + 1]));
        Assert.Contains("at most 1048576", large.Message, StringComparison.Ordinal);
        var lamps = "{\"version\":1,\"lamps\":{" + string.Join(',', Enumerable.Range(0, 10_001).Select(n => $"\"l{n}\":{{}}")) + "}}";
        Assert.Contains("10001 of them; at most 10000", Assert.Throws<DesiredException>(() => Read(lamps)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cut_anywhere_it_is_refused()
    {
        var bytes = Encoding.UTF8.GetBytes(Whole);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<DesiredException>(() => DesiredDocument.Read(bytes.AsMemory(0, length)));
        }
    }

    [Fact]
    public void Damaged_anywhere_it_is_read_or_refused() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2_000),
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var bytes = Encoding.UTF8.GetBytes(Whole);
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                var document = DesiredDocument.Read(bytes);
                City.Lighting.Level(document.Plan("lamp-1"), new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
                Assert.Equal(document.Write(), DesiredDocument.Read(document.Write()).Write());
            }
            catch (DesiredException)
            {
                // Refused.
            }
        }));

    private static DesiredDocument Read(string json) => DesiredDocument.Read(Encoding.UTF8.GetBytes(json));
}
