using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Tests.Lights;

/// <summary>What a hasty program or a hostile one sends to the lighting book: refused in words that name the field, and nothing changed.</summary>
public sealed class LightRefusalTests
{
    private const string Root = "/api/v1/lighting";

    [Theory]
    [InlineData("PUT", "groups/g", """{"members":[null]}""", "members")]
    [InlineData("PUT", "programmes/p", """{"points":[{"at":"sunset","level":1e400}]}""", "points[0].level")]
    [InlineData("PUT", "programmes/p", """{"points":[{"at":"sunset","level":1},{"at":"sunrise","level":0,"rampSeconds":1e400}]}""", "points[1].rampSeconds")]
    [InlineData("PUT", "programmes/p", """{"points":[{"level":1}]}""", "points[0].at")]
    [InlineData("POST", "preview", """{"programme":{"points":[{"at":"sunset","level":-1e400}]},"date":"2027-01-01"}""", "points[0].level")]
    [InlineData("PUT", "calendars/c", """{"rules":[{"weekdays":["sat"]}]}""", "rules[0].programme")]
    [InlineData("PUT", "luminaires", """{"scope":"city","clo":[[0,80],[1e400,90]]}""", "clo")]
    [InlineData("PUT", "luminaires", """{"scope":"city","lifeHours":1e400}""", "lifeHours")]
    [InlineData("POST", "lamps/a/override", """{"level":60,"reason":"\u202e% 001"}""", "reason")]
    [InlineData("POST", "lamps/a/override", """{"level":60,"reason":"\u200b"}""", "reason")]
    public async Task It_is_the_senders_fault_and_the_answer_names_the_field(string method, string path, string body, string field)
    {
        await using var city = await LampCity.StartAsync();
        var lan = await city.Rig.SignInAsync("lighting", "lan");
        var before = city.Lighting.Current.Term;
        using var answer = await lan.SendAsync(new HttpMethod(method), $"{Root}/{path}", body);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Equal(field, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("field").GetString());
        Assert.Equal(before, city.Lighting.Current.Term);
    }

    [Fact]
    public async Task A_ward_with_a_slash_in_its_name_can_be_lit()
    {
        await using var city = await LampCity.StartAsync();
        var lan = await city.Rig.SignInAsync("lighting", "lan");
        await city.Rig.Book.Registry.PutAsync(new RegistryEdits { Streets = [new() { Id = "s-1", Ward = "Phường 3/2" }] }, "an", CancellationToken.None);
        using var answer = await lan.PostAsync($"{Root}/wards/{Uri.EscapeDataString("Phường 3/2")}/override", """{"level":100,"reason":"sương mù"}""");
        Assert.Equal(201, (int)answer.StatusCode);
        Assert.Equal(new LightTarget(LightScope.Ward, "Phường 3/2"), Assert.Single(city.Lighting.Current.Orders.Values).Target);
    }
}
