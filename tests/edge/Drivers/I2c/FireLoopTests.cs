using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.I2c;

namespace SmartCity.Edge.Tests.Drivers.I2c;

public sealed class FireLoopTests
{
    // The defaults: 3.3 V over 1 kΩ, 4.7 kΩ at the end, 1 kΩ a detector, five of them.
    private static readonly FireLoopBorders Borders = new(3.3, 1_000, 4_700, 1_000, 5);

    [Fact]
    public void Borders_lie_half_way_between_the_voltages_of_the_resistors()
    {
        Assert.Equal(2.7211, Borders.Normal, 4);
        Assert.Equal(1.4913, Borders.OneAlarm, 4);
        Assert.Equal(0.5312, Borders.ManyAlarms, 4);
        Assert.Equal((3.0105, 2.1062, 0.2656), (Math.Round(Borders.OpenBorder, 4), Math.Round(Borders.AlarmBorder, 4), Math.Round(Borders.ShortBorder, 4)));
    }

    [Theory]
    [InlineData(3.3, LoopState.Open)]
    [InlineData(3.1, LoopState.Open)]
    [InlineData(3.01, null)] // on a border
    [InlineData(2.95, LoopState.Normal)]
    [InlineData(2.72, LoopState.Normal)]
    [InlineData(2.2, LoopState.Normal)]
    [InlineData(2.1, null)]
    [InlineData(2.0, LoopState.Alarm)]
    [InlineData(1.49, LoopState.Alarm)]
    [InlineData(0.53, LoopState.Alarm)] // five detectors at once
    [InlineData(0.27, null)]
    [InlineData(0.2, LoopState.Short)]
    [InlineData(0, LoopState.Short)]
    [InlineData(-0.2, LoopState.Short)] // ground a little higher than the converter's
    public void A_voltage_is_a_state(double volts, object? state)
    {
        Assert.Equal((LoopState?)state, Borders.At(volts, out var impossible));
        Assert.False(impossible);
    }

    [Theory]
    [InlineData(3.7)]
    [InlineData(-0.4)]
    public void What_the_loop_cannot_have_is_no_state(double volts)
    {
        Assert.Null(Borders.At(volts, out var impossible));
        Assert.True(impossible);
        var bench = new DriverBench(new ConverterScript(0x48) { Volts = _ => volts });
        Assert.Equal(DeviceFault.Range, bench.FaultOf(bench.Started("fire-loop")).Fault);
    }

    [Fact]
    public void States_come_in_one_order_whatever_the_resistors() =>
        Prop.ForAll(
            Gen.Choose(100, 10_000).ToArbitrary(), Gen.Choose(1_000, 20_000).ToArbitrary(), Gen.Choose(100, 5_000).ToArbitrary(),
            (series, eol, alarm) =>
            {
                var borders = new FireLoopBorders(24, series, eol, alarm, 3);
                LoopState[] order = [LoopState.Short, LoopState.Alarm, LoopState.Normal, LoopState.Open];
                var at = 0;
                for (var volts = 0.0; volts <= 24; volts += 0.01)
                {
                    if (borders.At(volts, out _) is { } state)
                    {
                        var next = Array.IndexOf(order, state);
                        if (next < at)
                        {
                            return false;
                        }

                        at = next;
                    }
                }

                return at == 3 && borders.At(borders.Normal, out _) == LoopState.Normal && borders.At(borders.OneAlarm, out _) == LoopState.Alarm
                    && borders.At(borders.ManyAlarms, out _) == LoopState.Alarm;
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(2.72, 1.49, 1)]
    [InlineData(2.72, 3.3, 2)]
    [InlineData(2.72, 0, 3)]
    [InlineData(1.49, 2.72, 0)]
    [InlineData(1.49, 3.3, 2)]
    [InlineData(0, 1.49, 1)]
    [InlineData(3.3, 1.49, 1)]
    public void A_change_is_told_by_the_first_measurement_after_two_equal_conversions(double before, double after, int state)
    {
        var chip = new ConverterScript(0x48) { Volts = _ => before };
        var bench = new DriverBench(chip);
        var driver = bench.Started("fire-loop");
        bench.Measure(driver);
        chip.Volts = _ => after;
        var (count, start) = (chip.Conversions, bench.Time.GetTimestamp());
        Assert.Equal(state, bench.Measure(driver)["loop_state"]);
        Assert.Equal(2, chip.Conversions - count);
        Assert.InRange(bench.Time.GetElapsedTime(start).TotalMilliseconds, 2, 40);
        count = chip.Conversions;
        Assert.Equal(state, bench.Measure(driver)["loop_state"]);
        Assert.Equal(1, chip.Conversions - count); // nothing changed: one is enough
    }

    [Fact]
    public void One_odd_conversion_is_no_alarm()
    {
        var chip = new ConverterScript(0x48) { Volts = _ => 2.72 };
        var bench = new DriverBench(chip);
        var driver = bench.Started("fire-loop");
        bench.Measure(driver);
        var first = chip.Conversions + 1;
        chip.Volts = _ => chip.Conversions == first ? 1.49 : 2.72;
        Assert.Equal(0, bench.Measure(driver)["loop_state"]);
    }

    [Theory]
    [InlineData(2.72, 2.1, 0)]
    [InlineData(1.49, 2.1, 1)]
    [InlineData(1.49, 0.27, 1)]
    [InlineData(0, 0.27, 3)]
    [InlineData(3.3, 3.01, 2)]
    public void On_a_border_the_former_state_stays(double before, double border, int state)
    {
        var chip = new ConverterScript(0x48) { Volts = _ => before };
        var bench = new DriverBench(chip);
        var driver = bench.Started("fire-loop");
        bench.Measure(driver);
        chip.Volts = _ => border;
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(state, bench.Measure(driver)["loop_state"]);
        }

        // After a new start there is no former state, and none is made up.
        bench.Start(driver);
        Assert.Equal(DeviceFault.Range, bench.FaultOf(driver).Fault);
    }

    [Fact]
    public void A_loop_that_flickers_for_a_second_is_a_fault()
    {
        var chip = new ConverterScript(0x48) { Volts = _ => 2.72 };
        var bench = new DriverBench(chip);
        var driver = bench.Started("fire-loop");
        bench.Measure(driver);
        chip.Volts = _ => chip.Conversions % 2 == 0 ? 1.49 : 3.3;
        for (var i = 1; i < 10; i++)
        {
            Assert.Equal(0, bench.Measure(driver)["loop_state"]);
        }

        Assert.Equal(DeviceFault.Range, bench.FaultOf(driver).Fault);
        chip.Volts = _ => 1.49;
        Assert.Equal(1, bench.Measure(driver)["loop_state"]);
    }

    [Fact]
    public void A_loop_on_24_V_has_a_divider()
    {
        // 24 V over 2.2 kΩ, 6.8 kΩ at the end, 680 Ω a detector; a divider of 10.
        var chip = new ConverterScript(0x48);
        var bench = new DriverBench(chip);
        var driver = bench.Started(
            "fire-loop", ("supply", "24"), ("series", "2200"), ("eol", "6800"), ("alarm", "680"), ("detectors", "2"), ("ratio", "10"));
        foreach (var (ohms, state) in new[] { (6_800.0, 0), (618.2, 1), (323.8, 1), (1e9, 2), (1, 3) })
        {
            chip.Volts = _ => 2.4 * ohms / (2_200 + ohms);
            Assert.Equal(state, bench.Measure(driver)["loop_state"]);
        }
    }
}
