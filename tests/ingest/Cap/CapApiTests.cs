using System.Net.Http.Headers;
using System.Xml.Linq;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Api;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Cap;

/// <summary>Feed and documents over HTTP.</summary>
public sealed class CapApiTests
{
    private static readonly XNamespace Atom = "http://www.w3.org/2005/Atom";

    [Fact]
    public async Task Every_link_of_the_feed_leads_to_a_valid_document()
    {
        await using var rig = await ApiRig.StartAsync();
        var person = await rig.SignInAsync("viewer");
        await rig.RaiseAsync(BookRig.Change("fire1"), BookRig.Change("lamp1", kind: "lamp"), BookRig.Change("flood1", kind: "flood", severity: Severity.Major));
        await rig.RaiseAsync(BookRig.Change("flood1", "cleared", AlertChangeKind.Cleared, "flood", Severity.Major, autoResolve: true));
        var feed = await FeedAsync(person, "/cap/v1/feed.atom");
        var links = feed.Elements(Atom + "entry").Select(e => e.Element(Atom + "link")!.Attribute("href")!.Value).ToList();
        Assert.Equal(["alerts/flood1.2.xml", "alerts/flood1.1.xml", "alerts/fire1.1.xml"], links);
        foreach (var link in links)
        {
            using var answer = await person.GetAsync("/cap/v1/" + link);
            Assert.Equal("application/cap+xml", answer.Content.Headers.ContentType!.MediaType);
            Assert.Empty(CapRig.Faults(await answer.Content.ReadAsByteArrayAsync()));
        }

        using var latest = await person.GetAsync("/cap/v1/alerts/flood1.xml");
        Assert.Contains("AllClear", await latest.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody.xml")]
    [InlineData("fire1.2.xml")]
    [InlineData("fire1.x.xml")]
    [InlineData("fire1..xml")]
    [InlineData("lamp1.xml")]
    [InlineData("lamp1.1.xml")]
    public async Task What_is_not_there_is_not_found(string name)
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("fire1"), BookRig.Change("lamp1", kind: "lamp"));
        using var answer = await (await rig.SignInAsync("viewer")).GetAsync("/cap/v1/alerts/" + name);
        Assert.Equal(404, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Who_has_the_newest_is_told_so_and_who_has_not_gets_it()
    {
        await using var rig = await ApiRig.StartAsync();
        var person = await rig.SignInAsync("viewer");
        await rig.RaiseAsync(BookRig.Change("fire1"));
        foreach (var path in (string[])["/cap/v1/feed.atom", "/cap/v1/alerts/fire1.xml"])
        {
            using var first = await person.GetAsync(path);
            Assert.Equal(304, await AskAsync(person, path, first.Headers.ETag!));
            await rig.RaiseAsync(BookRig.Change("lamp" + path.Length, kind: "lamp"));
            Assert.Equal(304, await AskAsync(person, path, first.Headers.ETag!));
            await rig.RaiseAsync(BookRig.Change("fire1", "cleared" + path.Length, path.EndsWith("atom", StringComparison.Ordinal) ? AlertChangeKind.Cleared : AlertChangeKind.Updated));
            Assert.Equal(200, await AskAsync(person, path, first.Headers.ETag!));
        }
    }

    [Fact]
    public async Task Pages_follow_one_another_without_gap_or_repeat_and_end()
    {
        await using var rig = await ApiRig.StartAsync();
        var person = await rig.SignInAsync("viewer");
        await rig.RaiseAsync([.. Enumerable.Range(0, 25).Select(i => BookRig.Change($"fire{i:00}"))]);
        var seen = new List<string>();
        for (var address = "feed.atom?limit=10"; address is not null;)
        {
            var feed = await FeedAsync(person, "/cap/v1/" + address);
            seen.AddRange(feed.Elements(Atom + "entry").Select(e => e.Element(Atom + "id")!.Value));
            address = feed.Elements(Atom + "link").SingleOrDefault(l => l.Attribute("rel")!.Value == "next")?.Attribute("href")!.Value;
        }

        Assert.Equal(Enumerable.Range(0, 25).Reverse().Select(i => $"urn:smartcity:cap:smartcity.invalid:fire{i:00}.1"), seen);
    }

    [Fact]
    public async Task A_zone_with_a_boundary_is_the_area_of_its_messages()
    {
        await using var rig = await ApiRig.StartAsync();
        using var geometry = System.Text.Json.JsonDocument.Parse("""{"type":"Polygon","coordinates":[[[105.7,19.8],[105.8,19.8],[105.8,19.9],[105.7,19.8]]]}""");
        await rig.Book.Registry.PutAsync(
            new RegistryEdits { Zones = [new() { Id = "z-1", Name = "Chợ", Ward = "Hạc Thành", Boundary = ZoneBoundary.Read(geometry.RootElement) }] }, "test", CancellationToken.None);
        await rig.RaiseAsync(BookRig.Change("fire1"));
        using var answer = await (await rig.SignInAsync("viewer")).GetAsync("/cap/v1/alerts/fire1.xml");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("<polygon>19.8,105.7 19.8,105.8 19.9,105.8 19.8,105.7</polygon>", text, StringComparison.Ordinal);
        Assert.Contains("<areaDesc>Chợ, Hạc Thành</areaDesc>", text, StringComparison.Ordinal);
        Assert.Empty(CapRig.Faults(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public async Task A_feed_is_in_one_language_and_an_empty_one_is_a_feed()
    {
        await using var rig = await ApiRig.StartAsync();
        var person = await rig.SignInAsync("viewer");
        Assert.Empty((await FeedAsync(person, "/cap/v1/feed.atom")).Elements(Atom + "entry"));
        Assert.Equal("The city's danger warnings (CAP 1.2)", (await FeedAsync(person, "/cap/v1/feed.atom?lang=en")).Element(Atom + "title")!.Value);
        using var answer = await person.GetAsync("/cap/v1/feed.atom?lang=fr");
        Assert.Equal(400, (int)answer.StatusCode);
    }

    private static async Task<XElement> FeedAsync(Person person, string path)
    {
        using var answer = await person.GetAsync(path);
        Assert.Equal((200, "application/atom+xml"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        return XElement.Parse(await answer.Content.ReadAsStringAsync());
    }

    private static async Task<int> AskAsync(Person person, string path, EntityTagHeaderValue tag)
    {
        using var request = person.Request(HttpMethod.Get, path);
        request.Headers.IfNoneMatch.Add(tag);
        using var answer = await person.Rig.Client.SendAsync(request);
        return (int)answer.StatusCode;
    }
}
