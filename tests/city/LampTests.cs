namespace SmartCity.City.Tests;

/// <summary>What a lamp's own readings say of it: docs/decisions/lamp-truth.md.</summary>
public sealed class LampTests
{
    private const double Evening = 19 * 3600;

    [Fact]
    public void A_dead_lamp_stands_through_the_day_is_said_once_a_night_and_ends_when_it_burns()
    {
        var lamp = Lamp();
        Minutes(lamp, Evening, 30, 100, 0);
        Minutes(lamp, Evening + (11 * 3600), 600, 0, 0);
        Minutes(lamp, Evening + (24 * 3600), 60, 100, 0);
        Assert.Equal(["Raised raised", "Updated again"], lamp.Story.Select(s => string.Join(' ', s.Split(' ')[..2])));
        Assert.False(lamp.Changes[1].AutoResolve); // who has filed it hears of it
        Assert.Equal("lamp failure: asked on, no power; asked 100 %, takes 0 W of 100 W; 228 V at the lamp", lamp.Changes[0].Detail);
        Minutes(lamp, Evening + (48 * 3600), 5, 100, 100);
        Assert.Equal((AlertChangeKind.Cleared, true), (lamp.Changes[^1].What, lamp.Changes[^1].AutoResolve));
        Assert.Single(lamp.Changes.Select(c => c.AlertId).Distinct());
    }

    [Fact]
    public void A_lamp_that_goes_off_and_on_by_itself_cycles_and_is_not_dead()
    {
        var lamp = Lamp();
        for (var i = 0; i < 240; i++)
        {
            Read(lamp, Evening + (i * 60), 100, i % 10 >= 6 ? 0 : 100); // six minutes on, four off
        }

        Assert.Equal("lamp-cycling", Assert.Single(lamp.Changes).Rule);
        Minutes(lamp, Evening + (4 * 3600), 90, 100, 100);
        Assert.Equal(AlertChangeKind.Cleared, lamp.Changes[^1].What);
        Assert.Equal(2, lamp.Changes.Count);
    }

    [Fact]
    public void A_lamp_without_voltage_has_no_supply_and_is_not_dead()
    {
        var lamp = Lamp();
        Minutes(lamp, Evening, 5, 100, 100);
        for (var i = 5; i < 60; i++)
        {
            lamp.Read(Evening + (i * 60), ("dim_percent", 100), ("power_w", 0), ("voltage_v", 0), ("current_a", 0), ("power_factor", 0));
        }

        Assert.Equal("lamp-supply-loss", Assert.Single(lamp.Changes).Rule);
    }

    [Fact]
    public void A_meter_whose_power_is_not_its_voltage_times_its_current_is_not_believed()
    {
        foreach (var (dim, power, amperes) in new[] { (100.0, 0.0, 0.46), (100, 50, 0.46), (0, 95, 0.001) })
        {
            var lamp = Lamp();
            for (var i = 0; i < 60; i++)
            {
                lamp.Read(Evening + (i * 60), ("dim_percent", dim), ("power_w", power + (i % 3 * 0.1)), ("voltage_v", 228 + (i % 5 * 0.1)), ("current_a", amperes), ("power_factor", 0.95));
            }

            var meter = Assert.Single(lamp.Changes);
            Assert.Equal("lamp-meter", meter.Rule);
            Assert.Contains("A × 0.95 = ", meter.Detail, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0, 1.6, "lamp-meter")] // W, Wh a minute: nothing is taken, but counted
    [InlineData(0, 0, "lamp-failure")]
    [InlineData(100, 0, "lamp-meter")]
    [InlineData(100, 1.67, "")]
    [InlineData(45, 1.67, "lamp-meter")] // of the wrong scale, and no dimming failure
    [InlineData(45, 0.75, "lamp-dimming")]
    public void Power_is_weighed_against_the_energy_counter(double power, double wattHours, string said)
    {
        var lamp = Lamp();
        for (var i = 0; i < 120; i++)
        {
            lamp.Read(
                Evening + (i * 60), ("dim_percent", 100), ("power_w", power + (power > 0 ? i % 3 * 0.1 : 0)), ("voltage_v", 228 + (i % 5 * 0.1)),
                ("energy_kwh", Math.Floor(5000 + (i * wattHours)) / 1000));
        }

        Assert.Equal(said, string.Join(' ', lamp.Changes.Select(c => c.Rule)));
    }

    [Fact]
    public void A_meter_that_stands_still_while_the_level_changes_says_nothing_of_the_lamp()
    {
        // It stops at night at 100 %; the lamp is dimmed, and told to be dark.
        var lamp = Lamp();
        Minutes(lamp, Evening, 30, 100, 100);
        for (var i = 30; i < 240; i++)
        {
            lamp.Read(Evening + (i * 60), ("dim_percent", i < 60 ? 100 : i < 150 ? 40 : 0), ("power_w", 99.7), ("voltage_v", 228.3), ("current_a", 0.458), ("power_factor", 0.95));
        }

        Assert.Equal("lamp-meter", Assert.Single(lamp.Changes).Rule);

        // It stops by day at nothing; at dusk the voltage, too, is what it was at noon.
        lamp = Lamp();
        for (var i = -600; i < 60; i++)
        {
            lamp.Read(Evening + (i * 60), ("dim_percent", i < 0 ? 0 : 100), ("power_w", 0.4), ("voltage_v", 228.3), ("current_a", 0.002), ("power_factor", 0.6));
        }

        Assert.Equal("lamp-meter", Assert.Single(lamp.Changes).Rule);
    }

    [Fact]
    public void A_lamp_that_does_not_dim_is_acquitted_only_where_it_would_be_seen()
    {
        var lamp = Lamp();
        for (var night = 0; night < 3; night++)
        {
            Minutes(lamp, Evening + (night * 86_400), 120, 100, 100);
            Minutes(lamp, Evening + (night * 86_400) + 7200, 120, 50, 100);
        }

        Assert.Equal("lamp-dimming", Assert.Single(lamp.Changes).Rule);
        Minutes(lamp, Evening + (4 * 86_400), 10, 50, 52);
        Assert.Equal(AlertChangeKind.Cleared, lamp.Changes[^1].What);
    }

    [Fact]
    public void A_meter_that_stops_answering_leaves_no_power_behind()
    {
        var lamp = Lamp();
        Minutes(lamp, Evening, 10, 100, 100);
        for (var i = 10; i < 14; i++)
        {
            lamp.Read(Evening + (i * 60), ("dim_percent", 0), ("fault_code", 1)).Tick(Evening + (i * 60) + 30);
        }

        Assert.DoesNotContain(lamp.Changes, c => c.Rule == "lamp-unexpected-on");
    }

    [Fact]
    public void A_stuck_relay_is_acquitted_by_darkness_only_while_there_is_voltage()
    {
        var lamp = Lamp();
        Minutes(lamp, Evening, 30, 0, 100);
        for (var i = 30; i < 60; i++)
        {
            lamp.Read(Evening + (i * 60), ("dim_percent", 0), ("power_w", 0), ("voltage_v", 0));
        }

        Assert.Equal(["lamp-unexpected-on Raised", "lamp-supply-loss Raised"], lamp.Changes.Select(c => $"{c.Rule} {c.What}"));
        Minutes(lamp, Evening + 3600, 10, 0, 0);
        Assert.Equal(["lamp-supply-loss Cleared", "lamp-unexpected-on Cleared"], lamp.Changes.Skip(2).Select(c => $"{c.Rule} {c.What}"));
    }

    private static void Minutes(Bench lamp, double from, int minutes, double dim, double power)
    {
        for (var i = 0; i < minutes; i++)
        {
            Read(lamp, from + (i * 60), dim, power);
        }
    }

    // The last digit of a real meter is never at rest.
    private static void Read(Bench lamp, double at, double dim, double power)
    {
        var noise = (int)(at / 60) % 5;
        lamp.Read(
            at, ("dim_percent", dim), ("power_w", power > 0 ? power + (noise * 0.1) : 0), ("voltage_v", 228 + (noise * 0.1)),
            ("current_a", power / 217), ("power_factor", power > 0 ? 0.95 : 0));
    }

    private static Bench Lamp()
    {
        var kind = KindCatalog.BuiltIn.Find("streetlight")!;
        return new Bench(kind, new DeviceContext(kind, "lamp-1", null, true, null));
    }
}
