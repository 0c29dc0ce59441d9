using SmartCity.Simulators.Wiring;
using SmartCity.TestSupport;

namespace SmartCity.Simulators.Tests.Lamps;

/// <summary>A lamp does what its output, its supply and its faults make of it.</summary>
public sealed class SimLampTests
{
    private readonly FakeTime _time = new(DateTimeOffset.UnixEpoch);
    private readonly SimLamp _lamp;
    private double _level;
    private double _volts = 230;

    public SimLampTests() => _lamp = new SimLamp(100, () => _level, () => _volts, _time).Since(10, 20, 30);

    [Fact]
    public void It_draws_what_its_level_says_and_counts_energy_hours_and_switch_ons()
    {
        Assert.Equal(SimLamp.Standby, _lamp.Now().Watts);
        _level = 100;
        Assert.Equal(100, _lamp.Now().Watts, 6);
        _time.Advance(TimeSpan.FromHours(2));
        _level = 50;
        Assert.Equal(53, _lamp.Now().Watts, 6);
        _time.Advance(TimeSpan.FromHours(2));
        var state = _lamp.Now();
        Assert.Equal(53, state.Watts, 6);
        Assert.Equal(10 + 0.2 + 0.106, state.EnergyKwh, 6);
        Assert.Equal(24, state.BurningHours, 6);
        Assert.Equal(31, state.SwitchOns);
        Assert.Equal(53 / (230 * state.Factor), state.Amperes, 6);
    }

    [Fact]
    public void Without_a_supply_it_is_dark_and_counts_nothing_and_comes_back_with_it()
    {
        _level = 80;
        _ = _lamp.Now();
        _volts = 0;
        var dark = _lamp.Now();
        Assert.Equal((0, 0, 0), (dark.Percent, dark.Watts, dark.Amperes));
        _time.Advance(TimeSpan.FromHours(3));
        Assert.Equal(dark.EnergyKwh, _lamp.Now().EnergyKwh);
        Assert.Equal(dark.BurningHours, _lamp.Now().BurningHours);
        _volts = 230;
        Assert.Equal((80, dark.SwitchOns + 1), (_lamp.Now().Percent, _lamp.Now().SwitchOns));
    }

    [Fact]
    public void It_grows_warm_while_it_burns_and_cools_when_it_does_not()
    {
        _level = 100;
        _ = _lamp.Now();
        var last = 0.0;
        for (var minute = 0; minute < 90; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            var warmth = _lamp.Now().Warmth;
            Assert.InRange(warmth, last, last + 2);
            last = warmth;
        }

        Assert.InRange(last, 20, 25);
        _level = 0;
        _ = _lamp.Now();
        _time.Advance(TimeSpan.FromHours(2));
        Assert.InRange(_lamp.Now().Warmth, 0, 0.5);
    }

    [Theory]
    [InlineData(LampFault.Dead, 100, 0)]
    [InlineData(LampFault.Dead, 0, 0)]
    [InlineData(LampFault.StuckOn, 0, 100)]
    [InlineData(LampFault.StuckOn, 40, 100)]
    [InlineData(LampFault.NoDimming, 40, 100)]
    [InlineData(LampFault.NoDimming, 0, SimLamp.Standby)]
    [InlineData(LampFault.LyingMeter, 50, 53)]
    [InlineData(LampFault.Silent, 50, 53)]
    public void Each_fault_has_its_own_power(object fault, double level, double watts)
    {
        _lamp.Fault = (LampFault)fault;
        _level = level;
        Assert.Equal(watts, _lamp.Now().Watts, 6);
        _lamp.Fault = LampFault.None;
        Assert.Equal(level > 0 ? 6 + (0.94 * level) : SimLamp.Standby, _lamp.Now().Watts, 6);
    }

    [Fact]
    public void A_cycling_lamp_goes_out_and_comes_back_as_long_as_it_is_asked_on()
    {
        _lamp.Fault = LampFault.Cycling;
        var before = _lamp.Now().SwitchOns;
        _level = 100;
        var dark = 0;
        for (var minute = 0; minute < 60; minute++)
        {
            dark += _lamp.Now().Percent > 0 ? 0 : 1;
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(20, dark);
        Assert.Equal(before + 10, _lamp.Now().SwitchOns - (_lamp.Now().Percent > 0 ? 1 : 0));
        _level = 0;
        Assert.Equal(0, _lamp.Now().Percent);
    }
}
