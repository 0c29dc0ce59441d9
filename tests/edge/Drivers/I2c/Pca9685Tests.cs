using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.I2c;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers.I2c;

public sealed class Pca9685Tests
{
    [Theory]
    [InlineData(200, 0x1E)] // the datasheet's example, and the value after power-up (section 7.3.5)
    [InlineData(24, 253)]
    [InlineData(1_526, 3)]
    [InlineData(1_000, 5)]
    public void A_frequency_is_a_prescaler(double hertz, byte prescale) => Assert.Equal(prescale, Pca9685.PrescaleOf(hertz));

    [Theory]
    [InlineData(0, "00000010")]
    [InlineData(4_096, "00100000")]
    [InlineData(1, "00000100")]
    [InlineData(2_048, "00000008")]
    [InlineData(4_095, "0000FF0F")]
    public void Steps_are_four_registers(int steps, string bytes)
    {
        var registers = new byte[4];
        Pca9685.Encode(steps, registers);
        Assert.Equal(bytes, Convert.ToHexString(registers));
        Assert.Equal(steps, Pca9685.Decode(registers));
    }

    [Theory]
    [InlineData("00100010", 0)] // always off goes before always on (table 7)
    [InlineData("99013204", 665)]
    [InlineData("CC04B301", 3_303)] // off before on: over the end of the period
    public void Registers_of_another_program_are_understood(string bytes, int steps) =>
        Assert.Equal(steps, Pca9685.Decode(Convert.FromHexString(bytes)));

    [Fact]
    public void Every_step_comes_back() =>
        Prop.ForAll(Gen.Choose(0, Pca9685.Steps).ToArbitrary(), steps =>
        {
            var registers = new byte[4];
            Pca9685.Encode(steps, registers);
            return Pca9685.Decode(registers) == steps;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void It_is_set_up_asleep_and_woken_before_it_restarts()
    {
        var chip = new RegisterScript(0x40);
        chip.Registers[0] = 0x11;
        var log = new List<string>();
        chip.Written = (register, value) =>
        {
            log.Add($"{register:X2}={value:X2}");
            if (register == 0 && value == 0x30)
            {
                chip.Registers[0] |= 0x80; // outputs were running
            }
        };
        var bench = new DriverBench(chip);
        var took = bench.Start(bench.Make("pca9685", ("channel", "3")));
        Assert.Equal(["00=30", "FE=05", "01=04", "00=20", "00=A0"], log);
        Assert.InRange(took.TotalMilliseconds, 1, 3); // 500 µs for the oscillator
    }

    [Fact]
    public void A_running_chip_is_left_running()
    {
        var chip = Running();
        chip.Written = (_, _) => Assert.Fail("written");
        var bench = new DriverBench(chip);
        bench.Started("pca9685", ("channel", "0"));
    }

    [Fact]
    public async Task Feedback_is_what_the_registers_say()
    {
        var chip = Running();
        var driver = (OutputDriver)new DriverBench(chip).Started("pca9685", ("channel", "2"));
        await driver.SetAsync(50, default);
        Assert.Equal("00000008", Convert.ToHexString(chip.Registers.AsSpan(6 + 8, 4)));
        Assert.Equal(50, await driver.FeedbackAsync(default));
        chip.Put(6 + 8, 0, 0, 0, 4);
        Assert.Equal(25, await driver.FeedbackAsync(default));
        foreach (var wrong in new[] { -0.1, 100.1, double.NaN })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await driver.SetAsync(wrong, default));
        }
    }

    [Fact]
    public async Task An_output_that_does_not_follow_is_a_fault()
    {
        var chip = Running();
        var driver = (OutputDriver)new DriverBench(chip).Started("pca9685", ("channel", "0"));
        chip.Written = (register, _) =>
        {
            if (register >= 6)
            {
                chip.Registers[register] = 0;
            }
        };
        Assert.Equal(DeviceFault.Frame, (await Assert.ThrowsAsync<DriverException>(async () => await driver.SetAsync(50, default))).Fault);
        chip.Written = (register, _) => chip.Registers[0] = (byte)(register >= 6 ? 0x11 : chip.Registers[0]);
        chip.Reading = register => chip.Registers[9] = (byte)(register == 6 ? 0x10 : chip.Registers[9]);
        Assert.Equal(DeviceFault.Reset, (await Assert.ThrowsAsync<DriverException>(async () => await driver.SetAsync(50, default))).Fault);
    }

    [Fact]
    public async Task Feedback_of_a_chip_that_lost_its_settings_is_what_its_pins_do()
    {
        var chip = Running();
        var bench = new DriverBench(chip);
        var driver = (OutputDriver)bench.Started("pca9685", ("channel", "0"));
        await driver.SetAsync(100, default);
        chip.Registers[0] = 0x11;
        Assert.Equal(0, await driver.FeedbackAsync(default));
        chip = Running();
        chip.Registers[1] = 0x14;
        bench = new DriverBench(chip);
        driver = (OutputDriver)bench.Started("pca9685", ("channel", "0"), ("invert", "true"));
        chip.Registers[0] = 0x11;
        Assert.Equal(100, await driver.FeedbackAsync(default));
    }

    [Fact]
    public void A_chip_that_takes_no_settings_is_another()
    {
        var chip = new RegisterScript(0x40);
        chip.Written = (register, _) => chip.Registers[register] = 0;
        var bench = new DriverBench(chip);
        Assert.Equal(DeviceFault.WrongChip, bench.StartFaultOf(bench.Make("pca9685", ("channel", "0"))).Fault);
    }

    [Fact]
    public void Lamps_of_one_chip_share_its_frequency()
    {
        var bench = new DriverBench(Running());
        bench.Started("pca9685", ("channel", "0"));
        bench.Started("pca9685", ("channel", "1"));
        Assert.Equal(DeviceFault.Unavailable, bench.StartFaultOf(bench.Make("pca9685", ("channel", "2"), ("frequency", "500"))).Fault);
        bench.Make("pca9685", out var faults, ("channel", "16"), ("address", "0x70"), ("frequency", "5"));
        Assert.Equal(3, faults.Count);
    }

    [Fact]
    public void A_cut_at_any_byte_is_a_fault_of_the_bus()
    {
        var chip = new RegisterScript(0x40);
        var bench = new DriverBench(chip);
        var driver = (OutputDriver)bench.Make("pca9685", ("channel", "5"));
        ValueTask Work() => Together(driver);
        Pump.Run(bench.Time, Work);
        for (var cut = 0; ; cut++)
        {
            chip.Registers[0] = 0x11;
            (chip.Bytes, chip.CutAfter) = (0, cut);
            try
            {
                Pump.Run(bench.Time, Work);
                Assert.InRange(cut, 30, 200);
                break;
            }
            catch (BusException fault)
            {
                Assert.Equal(BusFault.Broken, fault.Fault);
            }
        }
    }

    private static async ValueTask Together(OutputDriver driver)
    {
        await driver.StartAsync(default);
        await driver.SetAsync(30, default);
        Assert.Equal(30, await driver.FeedbackAsync(default), 0.05);
    }

    private static RegisterScript Running()
    {
        var chip = new RegisterScript(0x40);
        chip.Registers[0] = 0x20;
        chip.Registers[1] = 0x04;
        chip.Registers[0xFE] = 5;
        return chip;
    }
}
