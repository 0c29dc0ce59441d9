using System.Globalization;
using System.Text;
using SmartCity.Telemetry;
using static SmartCity.Grains.Tests.TestCity;

namespace SmartCity.Grains.Tests;

/// <summary>One lamp in forty says "nothing" in every register: is it the lamp or its meter? The cabinet's meter knows, when it has learnt what the others take.</summary>
public sealed class BalanceTests
{
    private const int Lamps = 40;

    [Theory]
    [InlineData(true, true, "lamp-meter")]
    [InlineData(true, false, "lamp-meter")]
    [InlineData(false, true, "lamp-failure")]
    [InlineData(false, false, "lamp-failure")]
    public async Task The_cabinet_tells_a_dead_meter_from_a_dead_lamp(bool burns, bool atDusk, string said)
    {
        var random = new Random(1);
        var city = new TestCity(Lane.Telemetry, new HostOptions { SnapshotInterval = TimeSpan.FromMinutes(5) });
        city.Directory.Add(new DeviceInfo("cabinet", "power_cabinet", null, "gw"));
        for (var i = 0; i < Lamps; i++)
        {
            city.Directory.Add(new DeviceInfo($"lamp-{i:00}", "streetlight", null, "gw"));
        }

        await MinutesAsync(20, 0, broken: false);
        await MinutesAsync(60, 100, broken: false);
        if (atDusk)
        {
            await MinutesAsync(30, 0, broken: true);
            await city.RestartAsync();
        }

        await MinutesAsync(60, 100, broken: true);
        var alert = Assert.Single(city.Book.Changes);
        Assert.Equal((said, "lamp-07"), (alert.Rule, alert.Device));
        if (burns)
        {
            Assert.Contains("the cabinet measures the power that the lamp's meter does not", alert.Detail, StringComparison.Ordinal);
        }

        async Task MinutesAsync(int minutes, double level, bool broken)
        {
            for (var minute = 0; minute < minutes; minute++)
            {
                var (lines, all) = (new StringBuilder(), 0.0);
                for (var i = 0; i < Lamps; i++)
                {
                    var dark = broken && i == 7;
                    var watts = level > 0 ? 100 * (1 + (0.02 * Math.Sin(i))) : 0.4;
                    all += dark && !burns ? 0 : watts;
                    var said = dark ? 0 : watts * (1 + (0.005 * Math.Cos(i)) + (0.005 * Noise()));
                    lines.Append(Line("streetlight", $"lamp-{i:00}", Text($"dim_percent={level:0},power_w={said:F1},voltage_v={228 + Noise():F1}"), city.Now));
                }

                // The cables take one percent, the cabinet 30 W, and its meter is of class 0.5.
                lines.Append(Line("power_cabinet", "cabinet", Text($"voltage_v=229,power_w={(30 + (all * 1.01)) * (1 + (0.005 * Noise())):F1}"), city.Now));
                await city.SendAsync(lines.ToString());
                await city.TickAsync(TimeSpan.FromSeconds(60));
            }
        }

        double Noise() => (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2;

        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
