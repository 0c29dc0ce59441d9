using SmartCity.Edge;
using SmartCity.Edge.Fire;
using SmartCity.Edge.Tests;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Run;
using SmartCity.Simulators.Scenarios;

namespace SmartCity.Simulators.Tests;

/// <summary>A fire with the server dead: the siren is the gateway's own business.</summary>
public sealed class SirenTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_siren_sounds_without_a_server_by_a_button_and_by_two_detectors()
    {
        var home = Directory.CreateTempSubdirectory("city-siren");
        try
        {
            var options = new RunOptions
            {
                City = new CityOptions { Devices = 800, DevicesPerGateway = 40 },
                Servers = [new ServerEndpoint("127.0.0.1", 1, Tls: false)], // nobody listens there
                Data = home.FullName,
                Rate = 0,
            };
            using var stop = new CancellationTokenSource();
            await using var city = CityRun.Start(options, TimeProvider.System, _ => { });
            var living = city.RunAsync(stop.Token);
            var fire = city.Gateways.SelectMany(g => g.Devices).Where(d => d.Kind.Name is KindNames.CallPoint or KindNames.FireDetector).ToList();
            await Wait.UntilAsync(
                () => fire.TrueForAll(d => city.Gateways.Any(g => g.Runtime.Find(d.Plan.Id)?.MeasuredAt is not null)), "every fire device was measured", 120);

            var buttons = new List<double>();
            var detectors = new List<double>();
            foreach (var gateway in city.Gateways.Where(g => g.Siren is not null))
            {
                // One drill a siren, by button and by detectors in turn: a siren that sounds proves nothing the second time.
                var zone = gateway.Devices.First(d => d.Plan.Zone is not null).Plan.Zone;
                var button = gateway.Devices.FirstOrDefault(d => d.Plan.Zone == zone && d.Kind.Name == KindNames.CallPoint);
                var pair = gateway.Devices.Where(d => d.Plan.Zone == zone && d.Kind.Name == KindNames.FireDetector).Take(2).ToList();
                var byButton = button is not null && (pair.Count < 2 || buttons.Count <= detectors.Count);
                if (!byButton && pair.Count < 2)
                {
                    continue;
                }

                if (!byButton)
                {
                    city.Board.Set(pair[0].Plan.Id, "loop_state", 1);
                    await Wait.UntilAsync(() => gateway.Runtime.Fire.Zones[zone!] == ZoneStage.PreAlarm, $"{zone} is in pre-alarm");
                    Assert.False(gateway.Siren!.Level, "one detector is a pre-alarm");
                }

                var trigger = byButton ? button! : pair[1];
                var watch = SirenWatch.For(city, trigger.Plan.Id);
                Assert.NotNull(watch);
                city.Board.Set(trigger.Plan.Id, byButton ? "pressed" : "loop_state", 1);
                city.Touch(trigger.Plan.Id);
                var sounded = await watch.SoundsAsync(TimeSpan.FromSeconds(10), stop.Token);
                Assert.True(sounded is not null, $"{trigger.Plan.Id}: the siren stayed silent");
                (byButton ? buttons : detectors).Add(sounded.Value.TotalMilliseconds);
            }

            Assert.NotEmpty(buttons);
            Assert.NotEmpty(detectors);
            output.WriteLine($"contact to siren, server dead: {Words(buttons)}");
            output.WriteLine($"second detector's loop to siren, server dead: {Words(detectors)}");
            await stop.CancelAsync();
            await living;
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    private static string Words(List<double> milliseconds)
    {
        milliseconds.Sort();
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{milliseconds.Count} drills, median {milliseconds[milliseconds.Count / 2]:0.0} ms, longest {milliseconds[^1]:0.0} ms");
    }
}
