using System.Text.Json;
using SmartCity.City;
using SmartCity.City.Tests;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Mqtt;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Lights;

/// <summary>What the server answers of a lamp and what its gateway makes of the document it is sent, at every minute, for random books.</summary>
public sealed class SameAnswerTests
{
    private static readonly DateTimeOffset Start = new(2027, 2, 4, 20, 0, 0, TimeSpan.Zero); // two days before Tết

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Server_and_gateway_say_the_same_of_every_lamp(int seed)
    {
        var random = new Random(seed);
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Streets = [new() { Id = "s-1", Ward = "Hạc Thành" }, new() { Id = "s-2", Ward = "Hàm Rồng" }],
                Gateways = [new() { Id = "gw-1", Street = "s-2" }, new() { Id = "gw-2" }],
                Devices = [.. Enumerable.Range(0, 8).Select(n => new DeviceEdit
                {
                    Id = $"l-{n}", Kind = "streetlight", Gateway = n < 5 ? "gw-1" : "gw-2", Street = n % 3 == 0 ? null : $"s-{n % 3}", Lat = 19.8 + (n / 100.0), Lon = 105.77,
                })],
            },
            "an",
            CancellationToken.None);

        // Programmes, calendars and holidays of random documents, whose bodies are those of the book.
        using (var json = JsonDocument.Parse(RandomLighting.Document(seed, 0, Start, 5).Write()))
        {
            foreach (var (kind, name) in new[] { (LightKind.Programme, "programmes"), (LightKind.Holidays, "holidays"), (LightKind.Calendar, "calendars") })
            {
                foreach (var item in json.RootElement.GetProperty(name).EnumerateObject())
                {
                    await PutAsync(rig, kind, item.Name, item.Value.GetRawText());
                }
            }
        }

        await PutAsync(rig, LightKind.Calendar, "plain", """{"default":"p1","rules":[{"programme":"p2","holidays":"tet"}]}""");
        await PutAsync(rig, LightKind.Group, "square", """["lamp/l-1","lamp/l-6","street/s-2"]""");
        string[] places = ["city", "ward/Hạc Thành", "street/s-2", "group/square", "lamp/l-3", "lamp/l-6"];
        foreach (var place in places.Where(_ => random.Next(2) == 0))
        {
            await PutAsync(rig, LightKind.Setting, place, random.Next(3) == 0 ? """{"minimum":35}""" : random.Next(2) == 0 ? """{"calendar":"c","minimum":20}""" : """{"calendar":"plain"}""");
        }

        foreach (var place in places.Concat(places).Where(_ => random.Next(3) > 0))
        {
            Assert.True(LightTarget.TryParse(place, out var target));
            var begin = Start.AddMinutes(random.Next(-500, 3_000));
            await rig.Book.Lighting.OrderAsync(
                target, random.Next(101), random.Next(3) * 100, begin, random.Next(3) == 0 ? null : Later(begin.AddMinutes(random.Next(1, 900)), rig.Time.GetUtcNow()), "r", "an", CancellationToken.None);
        }

        var documents = new DesiredDocuments(rig.Book.Registry, rig.Book.ZoneActs, () => RunningTests.None, rig.Book.Lighting, KindCatalog.BuiltIn, "Asia/Ho_Chi_Minh");
        var directory = rig.Book.Lighting.Directory;
        var reasons = new HashSet<LightReason>();
        foreach (var lamp in directory.Lamps)
        {
            var server = directory.Plan(lamp);
            var gateway = DesiredDocument.Read(documents.Make(lamp.Row.Gateway!).Payload).Plan(lamp.Id);
            for (var minute = 0; minute < 3 * 1440; minute++)
            {
                var instant = Start.AddMinutes(minute);
                var (here, there) = (City.Lighting.Level(server, instant), City.Lighting.Level(gateway, instant));
                Assert.True(
                    (here.Percent, here.Reason, here.Raised, here.Override?.Id, here.Programme?.Id) == (there.Percent, there.Reason, there.Raised, there.Override?.Id, there.Programme?.Id),
                    $"{lamp.Id} {instant:O}: {here} here, {there} there");
                reasons.Add(here.Reason);
            }
        }

        Assert.Contains(LightReason.Override, reasons);
        Assert.True(reasons.Count > 1);
    }

    [Fact]
    public async Task A_lamp_that_nobody_has_placed_stands_at_its_gateway()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.Registry.PutAsync(
            new RegistryEdits
            {
                Gateways = [new() { Id = "gw-1", Lat = 19.8, Lon = 105.77 }, new() { Id = "gw-2" }],
                Devices =
                [
                    new() { Id = "own", Kind = "streetlight", Gateway = "gw-1", Lat = 20.5, Lon = 106 },
                    new() { Id = "none", Kind = "streetlight", Gateway = "gw-1" },
                    new() { Id = "nowhere", Kind = "streetlight", Gateway = "gw-2" },
                ],
            },
            "an",
            CancellationToken.None);
        var directory = rig.Book.Lighting.Directory;
        Assert.Equal([(19.8, 105.77), (double.NaN, double.NaN), (20.5, 106)], directory.Lamps.Select(l => (directory.Desired(l).Latitude, directory.Desired(l).Longitude)));
        Assert.Equal(19.8, directory.Plan(directory.Find("none")!).Place.Latitude);
    }

    [Fact]
    public async Task What_moves_a_lamp_to_another_calendar_or_place_makes_another_version()
    {
        await using var rig = await BookRig.OpenAsync();
        var registry = rig.Book.Registry;
        await registry.PutAsync(
            new RegistryEdits
            {
                Streets = [new() { Id = "s-1", Ward = "Hạc Thành" }, new() { Id = "s-2", Ward = "Hàm Rồng" }],
                Gateways = [new() { Id = "gw-1", Street = "s-1", Lat = 19.8, Lon = 105.77 }],
                Devices = [new() { Id = "lamp", Kind = "streetlight", Gateway = "gw-1" }],
            },
            "an",
            CancellationToken.None);
        await PutAsync(rig, LightKind.Setting, "ward/Hàm Rồng", """{"minimum":30}""");
        await PutAsync(rig, LightKind.Setting, "street/s-1", """{"minimum":20}""");
        var documents = new DesiredDocuments(registry, rig.Book.ZoneActs, () => RunningTests.None, rig.Book.Lighting, KindCatalog.BuiltIn, "Asia/Ho_Chi_Minh");
        var before = documents.Make("gw-1");
        RegistryEdits[] edits =
        [
            new() { Streets = [new() { Id = "s-1", Ward = "Hàm Rồng" }] },
            new() { Gateways = [new() { Id = "gw-1", Street = "s-2", Lat = 19.8, Lon = 105.77 }] },
            new() { Gateways = [new() { Id = "gw-1", Street = "s-2", Lat = 19.9, Lon = 105.77 }] },
        ];
        foreach (var edit in edits)
        {
            await registry.PutAsync(edit, "an", CancellationToken.None);
            var after = documents.MakeIfChanged("gw-1");
            Assert.Equal(edit != edits[1], after is not null);
            Assert.True(after is null || after.Version > before.Version);
            before = after ?? before;
        }
    }

    // An order that is over before it is given is none.
    private static DateTimeOffset Later(DateTimeOffset expires, DateTimeOffset now) => expires > now ? expires : now.AddMinutes(1);

    private static async Task PutAsync(BookRig rig, LightKind kind, string id, string body) =>
        Assert.Null(await rig.Book.Lighting.PutAsync(kind, id, null, body, null, "an", CancellationToken.None));
}
