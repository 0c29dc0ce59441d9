using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Mqtt;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Lights;

public sealed class LightingBookTests
{
    private const string Evening = """{"points":[{"at":"sunset","level":100},{"at":"23:00","level":60},{"at":"sunrise","level":0}]}""";
    private const string Dim = """{"points":[{"at":"sunset","level":40},{"at":"sunrise","level":0}]}""";

    [Fact]
    public async Task A_gateways_document_says_what_its_own_lamps_need_and_no_more()
    {
        await using var rig = await LampsAsync();
        var desired = Documents(rig.Book);
        var before = desired.Make("gw-1").Version;
        await PutAsync(rig, LightKind.Programme, "evening", Evening);
        await PutAsync(rig, LightKind.Programme, "dim", Dim);
        await PutAsync(rig, LightKind.Holidays, "tet", """["2027-02-06"]""");
        await PutAsync(rig, LightKind.Calendar, "streets", """{"default":"evening","rules":[{"programme":"dim","holidays":"tet"}]}""");
        await PutAsync(rig, LightKind.Calendar, "parks", """{"default":"dim","rules":[]}""");
        await PutAsync(rig, LightKind.Setting, "street/s-1", """{"calendar":"streets","minimum":30}""");

        var document = DesiredDocument.Read(desired.Make("gw-1").Payload);
        Assert.True(document.Version > before);
        Assert.Equal(["streets"], document.Calendars.Keys);
        Assert.Equal(["dim", "evening"], document.Programmes.Keys.Order());
        Assert.Equal(["tet"], document.Holidays.Keys);
        Assert.Equal(("streets", 30.0), (document.Lamps["a"].Calendar, document.Lamps["a"].Minimum));
        Assert.Null(document.Lamps["c"].Calendar);
        Assert.Empty(DesiredDocument.Read(desired.Make("gw-2").Payload).Programmes);

        // Server and gateway answer the same from it.
        var directory = rig.Book.Lighting.Directory;
        var moment = new DateTimeOffset(2027, 2, 6, 22, 0, 0, TimeSpan.FromHours(7));
        Assert.Equal(40, City.Lighting.Level(directory.Plan(directory.Find("a")!), moment).Percent);
        Assert.Equal(40, City.Lighting.Level(document.Plan("a"), moment).Percent);
    }

    [Fact]
    public async Task The_curve_of_constant_light_output_comes_from_the_nearest_place_that_has_one()
    {
        await using var rig = await LampsAsync();
        var desired = Documents(rig.Book);
        var before = desired.Make("gw-1").Version;
        await PutAsync(rig, LightKind.Setting, "city", """{"clo":[[0,80],[50000,100]],"lifeHours":60000}""");
        await PutAsync(rig, LightKind.Setting, "lamp/b", """{"clo":[[0,70]],"lifeHours":90000,"installed":"2026-05-01T08:00:00+07:00"}""");
        var document = DesiredDocument.Read(desired.Make("gw-1").Payload);
        Assert.True(document.Version > before);
        Assert.Equal(90, document.Lamps["a"].Clo!.At(25_000));
        Assert.Null(document.Lamps["a"].Installed);
        Assert.Equal(70, document.Lamps["b"].Clo!.At(25_000));
        Assert.Equal(new DateTimeOffset(2026, 5, 1, 1, 0, 0, TimeSpan.Zero), document.Lamps["b"].Installed);
        var directory = rig.Book.Lighting.Directory;
        Assert.Equal([60_000, 90_000], new[] { "a", "b" }.Select(l => directory.LifeHours(directory.Find(l)!)!.Value));
    }

    [Theory]
    [InlineData("city", """{"clo":[]}""", "1 to 32")]
    [InlineData("city", """{"clo":[[0]]}""", "[hours, percent]")]
    [InlineData("street/s-1", """{"clo":[[0,80],[0,90]]}""", "does not come after")]
    [InlineData("street/s-1", """{"lifeHours":3}""", "1000")]
    [InlineData("street/s-1", """{"installed":"2026-05-01T08:00:00+07:00"}""", "of a lamp")]
    public async Task A_luminaire_that_cannot_be_is_refused(string place, string setting, string why)
    {
        await using var rig = await LampsAsync();
        var refused = await Assert.ThrowsAsync<LightingException>(() => PutAsync(rig, LightKind.Setting, place, setting));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_order_that_no_packet_could_carry_is_refused_and_leaves_nothing_behind()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Gateways = [new() { Id = "gw-1" }],
                Devices = [.. Enumerable.Range(0, 800).Select(n => new DeviceEdit { Id = $"lamp-{n:000}", Kind = "streetlight", Gateway = "gw-1", Lat = 19.80712, Lon = 105.77634 })],
            },
            "an",
            CancellationToken.None);
        var desired = Documents(rig.Book);
        rig.Book.Lighting.Refuses = desired.Refuses;
        Assert.Null(desired.Look("gw-1").Fault);
        var taken = 0;
        var thrown = await Assert.ThrowsAsync<LightingException>(async () =>
        {
            while (taken < 10)
            {
                await OrderAsync(rig, LightTarget.City, taken);
                taken++;
            }
        });
        Assert.StartsWith("gateway gw-1: the document has ", thrown.Message, StringComparison.Ordinal);
        Assert.InRange(taken, 1, 4);
        Assert.Equal(taken, rig.Book.Lighting.Current.Orders.Count);
        Assert.Null(desired.Look("gw-1").Fault);
        await OrderAsync(rig, new LightTarget(LightScope.Lamp, "lamp-000"), 1);
        await using var again = await rig.AgainAsync();
        Assert.Equal(taken + 1, again.Lighting.Current.Orders.Count);
    }

    [Theory]
    [InlineData("city", "a b c d")]
    [InlineData("ward/Hàm Rồng", "c")]
    [InlineData("street/s-1", "a b")]
    [InlineData("lamp/d", "d")]
    [InlineData("group/both", "a b d")]
    [InlineData("group/inner", "d")]
    public async Task An_order_is_about_the_lamps_of_its_place(string place, string lamps)
    {
        await using var rig = await LampsAsync();
        await PutAsync(rig, LightKind.Group, "inner", """["lamp/d","lamp/nobody"]""");
        await PutAsync(rig, LightKind.Group, "both", """["group/inner","street/s-1"]""");
        Assert.True(LightTarget.TryParse(place, out var target));
        Assert.Equal(place, target.ToString());
        var order = await OrderAsync(rig, target, 40);
        var directory = rig.Book.Lighting.Directory;
        Assert.Equal(lamps.Split(' '), directory.Of(target).Select(l => l.Id));
        Assert.Equal(lamps.Split(' '), directory.Lamps.Where(l => directory.OverridesOf(l.Id).Any(o => o.Id == order.Id)).Select(l => l.Id));
        Assert.Equal(["both", "inner"], directory.Find("d")!.Groups);
    }

    [Fact]
    public async Task The_nearest_calendar_holds_and_the_greatest_minimum()
    {
        await using var rig = await LampsAsync();
        foreach (var calendar in new[] { "default", "of-city", "of-ward", "of-street", "of-group", "of-group-2", "of-lamp" })
        {
            await PutAsync(rig, LightKind.Calendar, calendar, """{"default":null,"rules":[]}""");
        }

        Assert.Equal("default", Calendar(rig, "a"));
        await PutAsync(rig, LightKind.Setting, "city", """{"calendar":"of-city","minimum":20}""");
        Assert.Equal("of-city", Calendar(rig, "a"));
        await PutAsync(rig, LightKind.Setting, "ward/Hạc Thành", """{"calendar":"of-ward"}""");
        Assert.Equal("of-ward", Calendar(rig, "a"));
        await PutAsync(rig, LightKind.Setting, "street/s-1", """{"calendar":"of-street","minimum":10}""");
        Assert.Equal("of-street", Calendar(rig, "a"));
        await PutAsync(rig, LightKind.Group, "z", """["lamp/a"]""");
        await PutAsync(rig, LightKind.Group, "y", """["lamp/a"]""");
        await PutAsync(rig, LightKind.Setting, "group/y", """{"calendar":"of-group"}""");
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await PutAsync(rig, LightKind.Setting, "group/z", """{"calendar":"of-group-2"}""");
        Assert.Equal("of-group-2", Calendar(rig, "a"));
        await PutAsync(rig, LightKind.Setting, "lamp/a", """{"calendar":"of-lamp"}""");
        Assert.Equal("of-lamp", Calendar(rig, "a"));
        Assert.Equal(20, rig.Book.Lighting.Directory.Desired(rig.Book.Lighting.Directory.Find("a")!).Minimum);
        Assert.Equal("of-street", Calendar(rig, "b"));
    }

    [Fact]
    public async Task An_order_leaves_the_documents_when_it_is_released_and_when_its_time_is_over()
    {
        await using var rig = await LampsAsync();
        var desired = Documents(rig.Book);
        var lighting = rig.Book.Lighting;
        var changes = 0;
        lighting.Changed += () => changes++;
        var ends = rig.Time.GetUtcNow().AddMinutes(10);
        var first = await OrderAsync(rig, LightTarget.City, 40, ends);
        var second = await OrderAsync(rig, new LightTarget(LightScope.Street, "s-1"), 80);
        Assert.Equal([first.Id, second.Id], Overrides("a"));
        var version = desired.Make("gw-1").Version;
        await lighting.TickAsync(CancellationToken.None);
        Assert.Equal((2, version), (changes, desired.Make("gw-1").Version));

        rig.Time.Advance(TimeSpan.FromMinutes(10));
        await lighting.TickAsync(CancellationToken.None);
        Assert.Equal([second.Id], Overrides("a"));
        Assert.True(desired.Make("gw-1").Version > version);
        Assert.Equal((ends, null), ((await lighting.FindAsync(first.Sequence, CancellationToken.None))!.EndedAt!.Value, (await lighting.FindAsync(first.Sequence, CancellationToken.None))!.EndedBy));

        var released = await lighting.ReleaseAsync(second.Sequence, "lan", CancellationToken.None);
        Assert.Equal(("lan", rig.Time.GetUtcNow()), (released!.EndedBy, released.EndedAt!.Value));
        Assert.Empty(Overrides("a"));
        rig.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("lan", (await lighting.ReleaseAsync(second.Sequence, "binh", CancellationToken.None))!.EndedBy);
        Assert.Null(await lighting.ReleaseAsync(77, "binh", CancellationToken.None));

        // A server that starts again says the same, under the same version.
        var now = desired.Make("gw-1");
        await using var again = await rig.AgainAsync();
        Assert.Equal(now.Payload, Documents(again).Make("gw-1").Payload);

        IEnumerable<string> Overrides(string lamp) => DesiredDocument.Read(desired.Make("gw-1").Payload).Lamps[lamp].Overrides.Select(o => o.Id);
    }

    [Fact]
    public async Task Another_process_changes_are_seen_and_kept()
    {
        await using var rig = await LampsAsync();
        await using var other = await rig.AgainAsync();
        await other.Lighting.PutAsync(LightKind.Programme, "evening", null, Evening, null, "an", CancellationToken.None);
        await PutAsync(rig, LightKind.Calendar, "streets", """{"default":"evening","rules":[]}""");
        Assert.NotNull(rig.Book.Lighting.Current.Find(LightKind.Programme, "evening"));
        Assert.Equal(2, rig.Book.Lighting.Current.Term);
    }

    [Theory]
    [InlineData("Programme", "x", """{"points":[]}""", "1 to 48")]
    [InlineData("Programme", "x", """{"points":[{"at":"25:00","level":1}]}""", "22:30")]
    [InlineData("Programme", "evening", null, "there is no programme 'evening'")]
    [InlineData("Programme", "x", null, "no programme \"x\"")]
    [InlineData("Calendar", "x", """{"default":"morning","rules":[]}""", "morning")]
    [InlineData("Calendar", "streets", null, "street/s-1 has the calendar")]
    [InlineData("Holidays", "x", """["6 February"]""", "is no date")]
    [InlineData("Setting", "city", """{"calendar":"x"}""", "none of that name")]
    [InlineData("Setting", "city", """{"minimum":101}""", "0 and 100")]
    [InlineData("Group", "g", """["g"]""", "no member")]
    [InlineData("Group", "g", """["group/g"]""", "hold itself")]
    [InlineData("Group", "inner", """["group/outer"]""", "hold itself")]
    [InlineData("Group", "inner", null, "\"outer\" holds this one")]
    [InlineData("Group", "g", """["group/none"]""", "no group")]
    [InlineData("Group", "g", """{"a":1}""", "JSON")]
    public async Task What_makes_no_sense_is_refused_and_changes_nothing(string kind, string id, string? body, string says)
    {
        await using var rig = await LampsAsync();
        await PutAsync(rig, LightKind.Programme, "evening", Evening);
        await PutAsync(rig, LightKind.Calendar, "streets", """{"default":"evening","rules":[]}""");
        await PutAsync(rig, LightKind.Setting, "street/s-1", """{"calendar":"streets"}""");
        await PutAsync(rig, LightKind.Group, "inner", """["lamp/a"]""");
        await PutAsync(rig, LightKind.Group, "outer", """["group/inner"]""");
        var before = rig.Book.Lighting.Current;
        var thrown = await Assert.ThrowsAsync<LightingException>(() => rig.Book.Lighting.PutAsync(Enum.Parse<LightKind>(kind), id, null, body, null, "an", CancellationToken.None));
        Assert.Contains(says, thrown.Message, StringComparison.Ordinal);
        Assert.Same(before, rig.Book.Lighting.Current);
    }

    [Fact]
    public async Task Who_saw_an_older_revision_hears_who_was_first()
    {
        await using var rig = await LampsAsync();
        var lighting = rig.Book.Lighting;
        Assert.Null(await lighting.PutAsync(LightKind.Programme, "p", "Tối", Evening, 0, "an", CancellationToken.None));
        Assert.Equal(new LightConflict(1, "an"), await lighting.PutAsync(LightKind.Programme, "p", "Tối", Dim, 0, "binh", CancellationToken.None));
        Assert.Null(await lighting.PutAsync(LightKind.Programme, "p", "Tối", Dim, 1, "binh", CancellationToken.None));
        Assert.Null(await lighting.PutAsync(LightKind.Programme, "p", null, null, 2, "binh", CancellationToken.None));
        Assert.Null(lighting.Current.Find(LightKind.Programme, "p"));
        Assert.Null(await lighting.PutAsync(LightKind.Programme, "p", null, Dim, 0, "an", CancellationToken.None));
        Assert.Equal(4, lighting.Current.Term);
    }

    [Fact]
    public async Task There_is_a_limit_to_the_orders_of_a_lamp_and_no_order_for_nobody()
    {
        await using var rig = await LampsAsync();
        for (var i = 0; i < LightingRules.MostOrdersOfALamp; i++)
        {
            await OrderAsync(rig, new LightTarget(LightScope.Lamp, "a"), i);
        }

        Assert.Contains("lamp a has 24 orders", (await Assert.ThrowsAsync<LightingException>(() => OrderAsync(rig, LightTarget.City, 1))).Message, StringComparison.Ordinal);
        await OrderAsync(rig, new LightTarget(LightScope.Lamp, "b"), 1);
        Assert.Contains("no lamp in street/none", (await Assert.ThrowsAsync<LightingException>(() => OrderAsync(rig, new LightTarget(LightScope.Street, "none"), 1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_room_kept_for_everything_on_is_for_the_city_alone()
    {
        await using var rig = await LampsAsync();
        var lamp = new LightTarget(LightScope.Lamp, "a");
        for (var i = 0; i < LightingRules.MostOrdersOfALamp; i++)
        {
            await OrderAsync(rig, lamp, 100);
        }

        var full = await Assert.ThrowsAsync<LightingException>(() => OrderAsync(rig, lamp, 100, priority: LightOverride.EverythingOn));
        Assert.Contains("24 orders", full.Message, StringComparison.Ordinal);
        Assert.Equal(LightTarget.City, (await OrderAsync(rig, LightTarget.City, 100, priority: LightOverride.EverythingOn)).Target);
    }

    [Fact]
    public async Task A_ward_is_one_ward_however_its_letters_are_written()
    {
        await using var rig = await LampsAsync();
        await rig.Book.Registry.PutAsync(
            new RegistryEdits { Streets = [new() { Id = "s-2", Ward = "Hàm Rồng".Normalize(System.Text.NormalizationForm.FormD) }] }, "an", CancellationToken.None);
        foreach (var form in new[] { System.Text.NormalizationForm.FormC, System.Text.NormalizationForm.FormD })
        {
            Assert.True(LightTarget.TryParse("ward/" + "Hàm Rồng".Normalize(form), out var ward));
            Assert.Equal(["c"], rig.Book.Lighting.Directory.Of(ward).Select(l => l.Id));
        }
    }

    [Fact]
    public async Task Groups_in_groups_have_a_limit_together()
    {
        await using var rig = await LampsAsync();
        await rig.Book.Registry.PutAsync(
            new RegistryEdits { Devices = [.. Enumerable.Range(0, 4_000).Select(i => new DeviceEdit { Id = $"many-{i:D4}", Kind = "streetlight", Gateway = "gw-2", Street = "s-1" })] }, "an", CancellationToken.None);
        var groups = 0;
        LightingException? refused = null;
        while (refused is null && groups < 40)
        {
            try
            {
                await PutAsync(rig, LightKind.Group, $"g-{groups:D2}", groups == 0 ? """["street/s-1"]""" : $"""["group/g-{groups - 1:D2}"]""");
                groups++;
            }
            catch (LightingException e)
            {
                refused = e;
            }
        }

        Assert.Equal(24, groups); // of 4,002 lamps each
        Assert.Contains("100000 at most", refused!.Message, StringComparison.Ordinal);
        Assert.Equal(4_002, rig.Book.Lighting.Directory.Of(new LightTarget(LightScope.Group, "g-23")).Count());
    }

    private static string? Calendar(BookRig rig, string lamp) => rig.Book.Lighting.Directory.CalendarOf(rig.Book.Lighting.Directory.Find(lamp)!)?.Calendar;

    private static async Task PutAsync(BookRig rig, LightKind kind, string id, string body) =>
        Assert.Null(await rig.Book.Lighting.PutAsync(kind, id, null, body, null, "an", CancellationToken.None));

    private static Task<LightOrder> OrderAsync(BookRig rig, LightTarget target, double level, DateTimeOffset? expires = null, int priority = 100) =>
        rig.Book.Lighting.OrderAsync(target, level, priority, rig.Time.GetUtcNow(), expires, "trận đấu", "lan", CancellationToken.None);

    private static DesiredDocuments Documents(CityBook book) => new(book.Registry, book.ZoneActs, () => RunningTests.None, book.Lighting, KindCatalog.BuiltIn, "Asia/Ho_Chi_Minh");

    // a and b in street s-1 of one ward, c in s-2 of another by its gateway's street, d nowhere.
    private static async Task<BookRig> LampsAsync()
    {
        var rig = await BookRig.OpenAsync();
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Streets = [new() { Id = "s-1", Name = "Lê Lợi", Ward = "Hạc Thành" }, new() { Id = "s-2", Ward = "Hàm Rồng" }],
                Gateways = [new() { Id = "gw-1", Street = "s-2" }, new() { Id = "gw-2" }],
                Devices =
                [
                    new() { Id = "a", Kind = "streetlight", Gateway = "gw-1", Street = "s-1", Lat = 19.8, Lon = 105.77 },
                    new() { Id = "b", Kind = "streetlight", Gateway = "gw-1", Street = "s-1", Lat = 19.8, Lon = 105.77 },
                    new() { Id = "c", Kind = "streetlight", Gateway = "gw-1", Lat = 19.81, Lon = 105.77 },
                    new() { Id = "d", Kind = "streetlight", Gateway = "gw-2" },
                    new() { Id = "air", Kind = "environment_station", Gateway = "gw-2", Street = "s-1" },
                ],
            },
            "an",
            CancellationToken.None);
        return rig;
    }
}
