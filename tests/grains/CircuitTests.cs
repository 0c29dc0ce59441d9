using System.Globalization;
using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;
using static SmartCity.Grains.Tests.TestCity;

namespace SmartCity.Grains.Tests;

/// <summary>What has one cause for all lamps of a gateway is one alert, and what has not is the lamp's own.</summary>
public sealed class CircuitTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);

    private const int Lamps = 12;

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_dead_cabinet_is_one_alert_and_not_one_for_each_lamp(bool cabinet, bool mute)
    {
        var city = Town(cabinet);
        await MinutesAsync(city, 10, cabinet, _ => 100);
        Assert.Empty(city.Book.Changes);
        await MinutesAsync(city, 60, cabinet, _ => mute ? double.NaN : 0, volts: 0);
        var raised = Assert.Single(city.Book.Changes);
        Assert.Equal(("power", Severity.Major, AlertChangeKind.Raised), (raised.Kind, raised.Severity, raised.What));
        Assert.Contains("supply lost", raised.Detail, StringComparison.Ordinal);
        if (!cabinet)
        {
            Assert.Contains("12 of 12 lamps of gateway gw", raised.Detail, StringComparison.Ordinal);
        }

        await MinutesAsync(city, 30, cabinet, _ => 100);
        Assert.Equal(["Raised", "Cleared"], city.Book.Changes.Select(c => c.What.ToString()));
        Assert.Single(city.Book.Changes.Select(c => c.AlertId).Distinct());
    }

    [Fact]
    public async Task A_lamp_that_stays_dark_when_the_supply_is_back_is_its_own_alert_from_then()
    {
        var city = Town(cabinet: true);
        await MinutesAsync(city, 5, true, _ => 100);
        await MinutesAsync(city, 40, true, _ => 0, volts: 0);
        var back = city.Now;
        await MinutesAsync(city, 40, true, i => i == 3 ? 0 : 100);
        var lamp = city.Book.Changes.Single(c => c.Rule == "lamp-failure");
        Assert.Equal(("lamp-03", AlertChangeKind.Raised), (lamp.Device, lamp.What));
        Assert.InRange(lamp.MeasuredAt, back, back + (120 * Second));
        Assert.Contains("asked 100 %, takes 0 W of 100 W; 230 V at the lamp", lamp.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_lamps_that_die_among_twelve_are_two_lamps_and_four_without_voltage_are_a_branch()
    {
        var city = Town(cabinet: true);
        await MinutesAsync(city, 5, true, _ => 100);
        await MinutesAsync(city, 40, true, i => i < 2 ? 0 : 100);
        Assert.Equal(["lamp-00", "lamp-01"], city.Book.Changes.Select(c => c.Device!).Order(StringComparer.Ordinal));
        Assert.All(city.Book.Changes, c => Assert.Equal("lamp-failure", c.Rule));

        city = Town(cabinet: true);
        await MinutesAsync(city, 5, true, _ => 100);
        await MinutesAsync(city, 40, true, i => i % 3 == 1 ? 0 : 100, lampVolts: i => i % 3 == 1 ? 0 : 230);
        var branch = Assert.Single(city.Book.Changes);
        Assert.Equal(("circuit-supply-loss", "cabinet"), (branch.Rule, branch.Device));
        Assert.Contains("4 of 12 lamps of gateway gw without power, first lamp-01; cabinet cabinet last had 230 V", branch.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interruption_of_seconds_is_nothing()
    {
        var city = Town(cabinet: true);
        await MinutesAsync(city, 5, true, _ => 100);
        await MinutesAsync(city, 1, true, _ => 0, volts: 0); // every one of them caught it
        await MinutesAsync(city, 30, true, _ => 100);
        Assert.Empty(city.Book.Changes);
    }

    [Fact]
    public async Task A_silent_gateway_is_one_alert_and_a_silent_lamp_among_speaking_ones_is_its_own()
    {
        foreach (var crash in new[] { false, true })
        {
            var city = Town(cabinet: true);
            await MinutesAsync(city, 10, true, _ => 100);
            for (var i = 0; i < 60; i++)
            {
                await city.TickAsync(Minute / 3);
                if (crash && i == 30)
                {
                    await city.RestartAsync();
                }
            }

            var silent = Assert.Single(city.Book.Changes);
            Assert.Equal(("silence", "gateway-silence", Severity.Major), (silent.Kind, silent.Rule, silent.Severity));
            Assert.Contains("none of 13 devices of gateway gw is heard", silent.Detail, StringComparison.Ordinal);

            // It is back, all but one.
            await MinutesAsync(city, 20, true, i => i == 7 ? double.NegativeInfinity : 100);
            Assert.Equal(
                ["gateway-silence Cleared cabinet", "silence Raised lamp-07"],
                city.Book.Changes.Skip(1).Select(c => $"{c.Rule} {c.What} {c.Device}"));
        }
    }

    [Fact]
    public async Task A_lamp_alone_at_its_gateway_is_judged_as_before()
    {
        var city = new TestCity(Lane.Telemetry);
        city.Directory.Add(new DeviceInfo("lamp-00", "streetlight", null, "gw"));
        await city.SendAsync(Line("streetlight", "lamp-00", "dim_percent=0,power_w=0.4", city.Now));
        for (var i = 0; i < 20; i++)
        {
            await city.TickAsync(Minute);
        }

        Assert.Equal("silence", Assert.Single(city.Book.Changes).Rule);
    }

    [Fact]
    public async Task A_circuit_that_is_killed_at_any_moment_tells_the_same_story()
    {
        var said = 0;
        for (var seed = 0; seed < Stories.Circuits; seed++)
        {
            var peace = await StoryAsync(seed, crashes: false);
            var war = await StoryAsync(seed, crashes: true);
            Assert.True(peace.SequenceEqual(war, StringComparer.Ordinal), $"seed {seed}: lost {string.Join(' ', peace.Except(war))}; invented {string.Join(' ', war.Except(peace))}");
            said += peace.Length;
        }

        Assert.True(said > 5 * Stories.Circuits, $"{said} changes say little");
    }

    private static async Task<string[]> StoryAsync(int seed, bool crashes)
    {
        var random = new Random(seed);
        var fate = new Random(seed + 1);
        var city = Town(cabinet: seed % 2 == 0, new HostOptions { SnapshotInterval = TimeSpan.FromMinutes(1 + (seed % 7)), SnapshotChunk = 4 });
        var (supply, heard, dead) = (true, true, new HashSet<int>());
        for (var minute = 0; minute < 240; minute++)
        {
            supply = random.Next(supply ? 50 : 15) == 0 ? !supply : supply;
            heard = random.Next(heard ? 60 : 12) == 0 ? !heard : heard;
            if (random.Next(25) == 0 && random.Next(Lamps) is var lamp && !dead.Remove(lamp))
            {
                dead.Add(lamp);
            }

            for (var third = 0; third < 3; third++)
            {
                if (heard)
                {
                    city.Append(Lines(city.Now, seed % 2 == 0, i => !supply || dead.Contains(i) ? 0 : 100, supply ? 230 : 0, _ => supply ? 230 : 0, third));
                }

                if (crashes && fate.Next(20) == 0)
                {
                    city.Book.Failures.Clear();
                    await city.RestartAsync();
                }
                else if (crashes)
                {
                    city.Book.Failures.Enqueue((TestBook.Failure)fate.Next(3));
                }

                city.Read();
                await city.CommitAsync();
                await city.TickAsync(Minute / 3);
            }
        }

        // Not who was silent: a host that has just begun gives everybody time, whatever it did before.
        return [.. city.Book.Story.Where(s => !s.StartsWith("silence|", StringComparison.Ordinal))];
    }

    private static TestCity Town(bool cabinet, HostOptions? options = null)
    {
        var city = new TestCity(Lane.Telemetry, options);
        for (var i = 0; i < Lamps; i++)
        {
            city.Directory.Add(new DeviceInfo($"lamp-{i:00}", "streetlight", null, "gw"));
        }

        if (cabinet)
        {
            city.Directory.Add(new DeviceInfo("cabinet", "power_cabinet", null, "gw"));
        }

        return city;
    }

    /// <summary>Every lamp reports once a minute, a third of them each twenty seconds. NaN: its meter does not answer; −∞: it is not heard.</summary>
    private static async Task MinutesAsync(TestCity city, int minutes, bool cabinet, Func<int, double> watts, double volts = 230, Func<int, double>? lampVolts = null)
    {
        for (var third = 0; third < 3 * minutes; third++)
        {
            await city.SendAsync(Lines(city.Now, cabinet, watts, volts, lampVolts ?? (_ => volts), third % 3));
            await city.TickAsync(Minute / 3);
        }
    }

    private static string Lines(long at, bool cabinet, Func<int, double> watts, double volts, Func<int, double> lampVolts, int third)
    {
        var lines = new StringBuilder();
        for (var i = third; i < Lamps; i += 3)
        {
            var power = watts(i);
            lines.Append(double.IsNegativeInfinity(power) ? "" : Line("streetlight", $"lamp-{i:00}", double.IsNaN(power)
                ? "dim_percent=100,fault_code=1i"
                : string.Create(CultureInfo.InvariantCulture, $"dim_percent=100,power_w={power},voltage_v={lampVolts(i)},fault_code=0i"), at));
        }

        return lines.Append(cabinet && third == 0 ? Line("power_cabinet", "cabinet", string.Create(CultureInfo.InvariantCulture, $"voltage_v={volts}"), at) : "").ToString();
    }
}
