using System.Text.Json;
using SmartCity.Edge;
using SmartCity.Ingest.Book;
using SmartCity.Simulators.Lights;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Lighting;

/// <summary>
/// An operator's orders, from the API to the measured power and back: a real server, five gateways of the real program over TLS with their own certificates, and
/// lamps that obey nothing but the gateways' outputs. <c>benchmarks/lighting.sh</c> is the same at the size of a city.
/// </summary>
public sealed class CityLightTests(ITestOutputHelper output)
{
    private static readonly CityOptions Size = new() { Devices = 110, DevicesPerGateway = 22 };
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Orders_are_confirmed_by_power_who_was_away_follows_what_holds_and_a_release_gives_the_lamps_back_to_their_programme()
    {
        var stop = TestContext.Current.CancellationToken;
        var plan = CityGenerator.Generate(Size);
        await using var town = await Town.StartAsync(Registry(plan), tls: true, null, "--one-time-login");
        using var person = await CityOperator.SignInAsync(town.Server.Http, await CodeAsync(town.Server), stop);
        Assert.True(await LightingSetup.PutAsync(person, plan, stop));
        Assert.False(await LightingSetup.PutAsync(person, plan, stop), "what is there is not said again");

        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var city = CityRun.Start(Options(town), TimeProvider.System, output.WriteLine);
        var living = city.RunAsync(end.Token);
        var run = new LightingRun(city, person);
        await run.ReadyAsync(Patience, stop);
        Assert.Equal((plan.Devices.Count(d => d.Kind == KindNames.Streetlight), 5), (run.Lamps, city.Gateways.Count));
        await run.UntilAsync(() => Task.FromResult(FollowProgramme(city) == run.Lamps), "the city's programme is in force", Patience, stop);

        // Everybody is there. (Levels above the main roads' minimum of 50 %, or the night would lift them.)
        var (first, all) = await run.OrderAsync("55 %", 55, null, 100, Patience, stop);
        output.WriteLine(LightingTable.Line(all));
        Assert.Equal(run.Lamps, all.Points[^1].Confirmed);
        Assert.Equal(run.Lamps, run.There(55));
        Assert.Empty(all.Missing);

        // One gateway has lost its link: it knows of no order that comes now.
        var away = city.Gateways[1];
        var lamps = away.Devices.Count(d => d.Lamp is not null);
        city.Faults.Plant(CityFaults.Away, away.Gateway.Name);
        var (second, others) = await run.OrderAsync("80 %", 80, null, 100, Patience, stop);
        output.WriteLine(LightingTable.Line(others));
        Assert.Equal(run.Lamps - lamps, others.Lamps);
        Assert.Equal(others.Lamps, others.Points[^1].Confirmed);
        Assert.Equal(lamps, (await person.GetAsync($"/api/v1/lighting/overrides/{second}", stop)).GetProperty("progress").GetProperty("away").GetInt32());

        var (third, _) = await run.OrderAsync("90 % for a while", 90, Life, 200, TimeSpan.Zero, stop);
        await run.UntilAsync(async () => await StateAsync(person, third, stop) == "expired" && run.There(80) == others.Lamps, "it has expired", Patience, stop);
        Assert.Equal(lamps, run.There(55, [away]));

        // It is back, and follows what holds: never what has expired.
        var followed = 0;
        city.Faults.Mend(away.Gateway.Name);
        await run.UntilAsync(
            async () =>
            {
                followed = Math.Max(followed, run.There(90, [away]));
                return await run.ConfirmedAsync(second, stop) == run.Lamps;
            },
            "the lamps of the gateway that was away follow",
            Patience,
            stop);
        Assert.Equal(0, followed);
        Assert.Equal(run.Lamps, run.There(80));

        // Released, each lamp has the level of its programme for this moment, not the one from before.
        await run.ReleaseAsync(first, stop);
        await run.ReleaseAsync(second, stop);
        await run.UntilAsync(() => Task.FromResult(FollowProgramme(city) == run.Lamps), "the programme is in force again", Patience, stop);
        await run.UntilAsync(async () => await run.ConfirmedAsync(stop) == run.Lamps, "and confirmed by power", Patience, stop);
        await end.CancelAsync();
        await living;
    }

    /// <summary>Lamps that give the light their programme asks for now.</summary>
    private static int FollowProgramme(CityRun city)
    {
        var now = DateTimeOffset.UtcNow;
        return city.Gateways.Sum(g =>
        {
            var document = g.Gateway.Desired.Document;
            var status = g.Runtime.Lamps!.Status.ToDictionary(s => s.Lamp, StringComparer.Ordinal);
            return g.Devices.Count(d =>
                d.Lamp is { } lamp && document is { Calendars.Count: > 0 } && status[d.Plan.Id].ReasonName == "programme"
                && Math.Abs(SmartCity.City.Lighting.Level(document.Plan(d.Plan.Id, d.Plan.At.Lat, d.Plan.At.Lon), now).Percent - lamp.Now().Percent) < 2);
        });
    }

    private static async Task<string?> StateAsync(CityOperator person, string order, CancellationToken stop) =>
        (await person.GetAsync($"/api/v1/lighting/overrides/{order}", stop)).GetProperty("state").GetString();

    private static RegistryEdits Registry(CityPlan plan)
    {
        using var file = new MemoryStream();
        RegistryFile.Of(plan).Write(file);
        return JsonSerializer.Deserialize<RegistryEdits>(file.ToArray(), BookJson.Strict)!;
    }

    private static RunOptions Options(Town town) => new()
    {
        City = Size,
        Servers = [new ServerEndpoint("127.0.0.1", town.Server.MqttsPort, Tls: true)],
        Data = Path.Combine(town.Folder, "gateways"),
        Certificates = town.Folder,
        Rate = 0,
        Links = true,
    };

    private static async Task<string> CodeAsync(ServerProcess server)
    {
        await Until.TrueAsync(() => Task.FromResult(server.Log.Contains("#code=", StringComparison.Ordinal)), () => "a one-time login");
        return CityOperator.CodeOf(server.Log[server.Log.LastIndexOf("#code=", StringComparison.Ordinal)..].Split('\n')[0]);
    }
}
