using SmartCity.Edge;
using SmartCity.Edge.Tests;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;
using SmartCity.Simulators.Scenarios;

namespace SmartCity.Simulators.Tests;

/// <summary>A fire with the server dead: the siren is the gateway's own business.</summary>
public sealed class SirenTests(ITestOutputHelper output)
{
    private const int Drills = 20;

    [Fact]
    public async Task The_siren_sounds_without_a_server_and_is_silent_again_when_the_contact_is()
    {
        var home = Directory.CreateTempSubdirectory("city-siren");
        try
        {
            var options = new RunOptions
            {
                City = new CityOptions { Devices = 120, DevicesPerGateway = 40 },
                Servers = [new ServerEndpoint("127.0.0.1", 1, Tls: false)], // nobody listens there
                Data = home.FullName,
                Rate = 0,
            };
            using var stop = new CancellationTokenSource();
            await using var city = CityRun.Start(options, TimeProvider.System, _ => { });
            var living = city.RunAsync(stop.Token);
            var button = city.Plan.Devices.First(d => d.Kind == KindNames.CallPoint).Id;
            var unit = city.Gateways.Select(g => g.Runtime.Find(button)).First(u => u is not null)!;
            var siren = city.Gateways.First(g => g.Devices.Any(d => d.Plan.Id == button)).Siren!;
            await Wait.UntilAsync(() => unit.MeasuredAt is not null, "the call point was measured", 60);

            var taken = new List<double>();
            for (var drill = 0; drill < Drills; drill++)
            {
                var watch = SirenWatch.For(city, button);
                Assert.NotNull(watch);
                city.Board.Set(button, "pressed", 1);
                city.Touch(button);
                var sounded = await watch.SoundsAsync(TimeSpan.FromSeconds(10), stop.Token);
                Assert.True(sounded is not null, $"drill {drill}: the siren stayed silent");
                taken.Add(sounded.Value.TotalMilliseconds);
                city.Board.Clear(button, "pressed");
                city.Touch(button);
                await Wait.UntilAsync(() => !siren.Level, $"drill {drill}: the siren ends with the alarm", 30);
            }

            taken.Sort();
            output.WriteLine($"contact to siren, server dead, {Drills} drills: median {taken[Drills / 2]:0.0} ms, longest {taken[^1]:0.0} ms");
            await stop.CancelAsync();
            await living;
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}
