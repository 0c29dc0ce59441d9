using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.I2c;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers.I2c;

public sealed class Ads1115Tests
{
    [Theory]
    [InlineData(0, 0xC383)] // channel 0 against ground, ±4.096 V, single shot, 128 a second, no comparator
    [InlineData(3, 0xF383)]
    public void Every_conversion_writes_the_whole_configuration(int channel, ushort config)
    {
        var chip = new ConverterScript(0x48) { Volts = _ => 1.2 };
        var bench = new DriverBench(chip);
        var driver = bench.Started("ads1115-level", ("channel", $"{channel}"), ("span", "10"));
        bench.Measure(driver);
        Assert.Equal(config, chip.Config);
    }

    [Theory]
    [InlineData(0.1, 5)]
    [InlineData(0.256, 5)]
    [InlineData(0.257, 4)]
    [InlineData(2.2, 1)]
    [InlineData(5, 0)]
    [InlineData(99, 0)]
    public void The_finest_scale_that_reaches_is_taken(double volts, int scale) => Assert.Equal((Ads1115Scale)scale, Ads1115.ScaleFor(volts));

    [Theory]
    [InlineData(4, 0)]
    [InlineData(20, 10)]
    [InlineData(12, 5)]
    [InlineData(3.61, -0.24375)]
    [InlineData(20.99, 10.61875)]
    public void A_probe_s_current_is_a_level(double milliamperes, double metres)
    {
        var chip = new ConverterScript(0x48) { Volts = _ => milliamperes * 0.1 };
        var bench = new DriverBench(chip);
        Assert.Equal(metres, bench.Measure(bench.Started("ads1115-level", ("span", "10")))["water_level_m"], 0.001);
        Assert.Equal(
            2 + ((milliamperes - 4) / 16 * 4) - 0.7,
            bench.Measure(bench.Started("ads1115-level", ("span", "6"), ("zero", "2"), ("offset", "-0.7")))["water_level_m"], 0.001);
    }

    [Theory]
    [InlineData(0, DeviceFault.OpenCircuit)]
    [InlineData(-1, DeviceFault.OpenCircuit)]
    [InlineData(3.59, DeviceFault.OpenCircuit)]
    [InlineData(21.01, DeviceFault.ShortCircuit)]
    [InlineData(60, DeviceFault.ShortCircuit)]
    public void A_current_beyond_NE_43_is_a_broken_wire(double milliamperes, object fault)
    {
        var bench = new DriverBench(new ConverterScript(0x48) { Volts = _ => milliamperes * 0.1 });
        Assert.Equal((DeviceFault)fault, bench.FaultOf(bench.Started("ads1115-level", ("span", "10"))).Fault);
    }

    [Fact]
    public void A_chip_that_lost_its_configuration_or_is_another_is_not_believed()
    {
        var chip = new ConverterScript(0x48) { Volts = _ => 1.2 };
        var bench = new DriverBench(chip);
        var driver = bench.Started("ads1115-level", ("span", "10"));
        chip.ReadsAs = _ => 0x8583;
        Assert.Equal(DeviceFault.Reset, bench.FaultOf(driver).Fault);

        // It falls over after the result was seen to be ready, and before it was read.
        var reads = 0;
        chip.ReadsAs = c => ++reads % 2 == 0 ? (ushort)0x8583 : c;
        Assert.Equal(DeviceFault.Reset, bench.FaultOf(driver).Fault);
        chip.ReadsAs = _ => 0xFFFF;
        Assert.Equal(DeviceFault.WrongChip, bench.FaultOf(driver).Fault);
        Assert.Equal(DeviceFault.WrongChip, bench.StartFaultOf(driver).Fault);
        chip.ReadsAs = c => (ushort)(c & 0x7FFF);
        Assert.Equal(DeviceFault.Frame, bench.FaultOf(driver).Fault);
        chip.ReadsAs = null;
        bench.Start(driver);
        Assert.NotEmpty(bench.Measure(driver));
    }

    [Fact]
    public void A_cut_at_any_byte_is_a_fault_of_the_bus()
    {
        var chip = new ConverterScript(0x4B) { Volts = _ => 1.2 };
        var bench = new DriverBench(chip);
        bench.CutEverywhere(chip, bench.Make("ads1115-level", ("address", "0x4b"), ("span", "10")));
        bench.CutEverywhere(chip, bench.Make("ads1115-volt", ("address", "0x4b")));
        bench.CutEverywhere(chip, bench.Make("mq2", ("address", "0x4b"), ("burnIn", "0s"), ("warmUp", "0s"), ("r0", "5000")));
        chip.Volts = _ => 2.7;
        bench.CutEverywhere(chip, bench.Make("fire-loop", ("address", "0x4b")));
    }

    [Theory]
    [InlineData(1.5, 8, 12)]
    [InlineData(0.065, 8, 0.52)]
    public void A_battery_stands_behind_a_divider(double pin, double ratio, double volts)
    {
        var bench = new DriverBench(new ConverterScript(0x48) { Volts = c => c == 2 ? pin : 0 });
        var settings = new[] { ("channel", "2"), ("ratio", $"{ratio}") };
        Assert.Equal(volts, bench.Measure(bench.Started("ads1115-volt", settings))["battery_volt"], 0.01);
        Assert.Equal(volts, bench.Measure(bench.Started("ads1115-volt", [.. settings, ("metric", "voltage_v")]))["voltage_v"], 0.01);
    }

    [Theory]
    [InlineData(0, DeviceFault.OpenCircuit)]
    [InlineData(0.05, DeviceFault.OpenCircuit)]
    [InlineData(7.6, DeviceFault.Range)]
    [InlineData(5.9, DeviceFault.Range)]
    public void A_battery_without_a_voltage_is_a_cut_wire(double pin, object fault)
    {
        var bench = new DriverBench(new ConverterScript(0x48) { Volts = _ => pin });
        Assert.Equal((DeviceFault)fault, bench.FaultOf(bench.Started("ads1115-volt", ("ratio", "8"), ("maximum", "40"))).Fault);
    }

    [Fact]
    public async Task One_chip_is_one_object_whoever_asks_and_is_closed_by_the_last()
    {
        var bench = new DriverBench(new ConverterScript(0x48), new ConverterScript(0x49));
        var context = new DriverContext(bench.Board, bench.Time);
        var one = Ads1115.Take(context, new I2cPlace(1, 0x48));
        Assert.Same(one, Ads1115.Take(context, new I2cPlace(1, 0x48)));
        Assert.NotSame(one, Ads1115.Take(context, new I2cPlace(1, 0x49)));
        Assert.NotSame(one, Ads1115.Take(new DriverContext(new ScriptBoard(), bench.Time), new I2cPlace(1, 0x48)));
        var refused = Assert.Throws<DriverException>(() => Pca9685.Take(context, new I2cPlace(1, 0x48)));
        Assert.Equal(DeviceFault.Unavailable, refused.Fault);
        one.Give();
        Assert.Same(one, Ads1115.Take(context, new I2cPlace(1, 0x48)));
        one.Give();
        one.Give();
        Assert.NotSame(one, Ads1115.Take(context, new I2cPlace(1, 0x48)));

        // A driver that was never started gives back nothing.
        var driver = bench.Make("ads1115-volt");
        await driver.DisposeAsync();
        await driver.DisposeAsync();
    }

    [Fact]
    public void Conversions_of_several_drivers_are_never_mixed()
    {
        var chip = new ConverterScript(0x48) { Volts = c => c == 0 ? 1.2 : 2.7 };
        var bench = new DriverBench(chip);
        var level = bench.Started("ads1115-level", ("channel", "0"), ("span", "10"));
        var loop = bench.Started("fire-loop", ("channel", "1"));
        Measurement[] into = [new(), new()];
        for (var i = 0; i < 20; i++)
        {
            var (volts, state) = i % 2 == 0 ? (2.7, 0) : (1.5, 1);
            chip.Volts = c => c == 0 ? 1.2 : volts;
            chip.Channels.Clear();
            Pump.Run(bench.Time, async () => await Task.WhenAll(level.MeasureAsync(into[0], default).AsTask(), loop.MeasureAsync(into[1], default).AsTask()));
            Assert.Equal(5, into[0].Values[0].Number, 0.001);
            Assert.Equal(state, into[1].Values[0].Number);

            // The two conversions of a change are not torn apart by those of the level.
            Assert.Equal(18, chip.Channels.Count);
            Assert.Equal(1, chip.Channels.LastIndexOf(1) - chip.Channels.IndexOf(1));
        }
    }

    [Theory]
    [InlineData("ads1115-level", "span", "1", "zero", "2")]
    [InlineData("ads1115-level", "shunt", "5", "span", "1")]
    [InlineData("ads1115-level", "channel", "4", "span", "1")]
    [InlineData("ads1115-level", "address", "0x4c", "span", "1")]
    [InlineData("fire-loop", "supply", "24", "ratio", "1")]
    [InlineData("fire-loop", "alarm", "1000000", "eol", "1000")]
    [InlineData("fire-loop", "detectors", "50", "alarm", "100")]
    public void Settings_are_checked(string driver, string first, string one, string second, string two)
    {
        new DriverBench().Make(driver, out var faults, (first, one), (second, two));
        Assert.Single(faults);
    }
}
