using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Tests.Drivers.I2c;

public sealed class Bh1750Tests
{
    private const string Measure = "20";

    [Theory]
    [InlineData("8390", 28_066.67)] // technical note, page 10
    [InlineData("0110", 226.67)]
    [InlineData("0001", 0.8333)]
    public void The_datasheet_s_example_comes_out(string answer, double lux)
    {
        var chip = new CommandScript(0x23).On(Measure, answer);
        var bench = new DriverBench(chip);
        var driver = bench.Started("bh1750");
        var before = bench.Time.GetTimestamp();
        Assert.Equal(lux, bench.Measure(driver)["illuminance_lux"], 0.01);
        Assert.InRange(bench.Time.GetElapsedTime(before).TotalMilliseconds, 180, 190);

        // Power on, measuring time 69 in two parts, clear the old result, measure: one instruction a transfer.
        Assert.Equal(["01", "01", "42", "65", "07", Measure], chip.Commands);
    }

    [Fact]
    public void Darkness_has_to_be_seen_twice()
    {
        var chip = new CommandScript(0x23).On(Measure, "0000", "0005");
        var bench = new DriverBench(chip);
        var driver = bench.Started("bh1750");
        Assert.Equal(5 / 1.2, bench.Measure(driver)["illuminance_lux"], 1e-6);
        chip.On(Measure, "0000");
        Assert.Equal(0, bench.Measure(driver)["illuminance_lux"]);
    }

    [Fact]
    public void Full_sun_is_measured_with_less_sensitivity()
    {
        var chip = new CommandScript(0x23).On(Measure, "FFFF", "D2F0"); // 54,000 counts at 31
        var bench = new DriverBench(chip);
        var driver = bench.Started("bh1750");
        Assert.Equal(54_000 / 1.2 * 69 / 31, bench.Measure(driver)["illuminance_lux"], 0.1);
        Assert.Equal(["40", "7F"], chip.Commands[^4..^2]);
        chip.On(Measure, "FFFF");
        Assert.Equal(DeviceFault.Range, bench.FaultOf(driver).Fault);
        chip.On(Measure, "FFFF", "0000");
        Assert.Equal(DeviceFault.Reset, bench.FaultOf(driver).Fault);
    }

    [Fact]
    public void A_cut_at_any_byte_is_a_fault_of_the_bus()
    {
        var chip = new CommandScript(0x23).On(Measure, "0110");
        var bench = new DriverBench(chip);
        bench.CutEverywhere(chip, bench.Make("bh1750"));
    }

    [Fact]
    public void A_day_without_any_change_is_no_light()
    {
        var chip = new CommandScript(0x23).On(Measure, "0000");
        var bench = new DriverBench(chip);
        var driver = bench.Started("bh1750");
        for (var hour = 0; hour < 24; hour++)
        {
            Assert.NotEmpty(bench.Measure(driver)); // a long night
            bench.Time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(DeviceFault.Stuck, bench.FaultOf(driver).Fault);
    }
}
