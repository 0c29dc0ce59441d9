using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.I2c;

namespace SmartCity.Edge.Tests.Drivers.I2c;

public sealed class Mq2Tests : IDisposable
{
    private const double Supply = 5;
    private const double Load = 5_000;
    private readonly string _state = Directory.CreateTempSubdirectory("mq2").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Theory]
    [InlineData(9.83, 0)] // clean air
    [InlineData(1.63, 0)] // 200 ppm is where the curve begins
    [InlineData(1.6, 205)]
    [InlineData(1.0, 558)]
    [InlineData(0.535, 2_111)] // a tenth of propane's lower explosive limit
    [InlineData(0.26, 9_808)]
    [InlineData(0.1, 10_000)]
    public void The_curve_of_LPG(double ratio, double ppm) => Assert.Equal(ppm, Mq2.Ppm(ratio), Math.Max(1, ppm * 0.01));

    [Fact]
    public void It_burns_in_once_warms_up_each_time_and_learns_clean_air()
    {
        var chip = new ConverterScript(0x48) { Volts = _ => Volts(49_150) };
        var bench = new DriverBench(chip) { State = _state };
        var driver = bench.Started("mq2");
        var burning = bench.Time.GetTimestamp();
        while (bench.FaultOf(driver).Words.Contains("burning", StringComparison.Ordinal))
        {
            bench.Time.Advance(TimeSpan.FromMinutes(4));
        }

        Assert.InRange(bench.Time.GetElapsedTime(burning).TotalHours, 24, 24.1);
        for (var i = 2; i < 10; i++)
        {
            Assert.Contains($"{i} of 10", bench.FaultOf(driver).Words, StringComparison.Ordinal);
        }

        Assert.Equal(0, bench.Measure(driver)["combustible_ppm"]);
        chip.Volts = _ => Volts(5_000);
        Assert.InRange(bench.Measure(driver)["combustible_ppm"], 540, 575);

        // The next run of the program: warm-up only, and what was learnt stays.
        bench = new DriverBench(chip) { State = _state };
        driver = bench.Started("mq2");
        Assert.Contains("power-on", bench.FaultOf(driver).Words, StringComparison.Ordinal);
        bench.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.InRange(bench.Measure(driver)["combustible_ppm"], 540, 575);
    }

    [Fact]
    public void A_burn_in_goes_on_where_it_was_broken_off()
    {
        var chip = new ConverterScript(0x48) { Volts = _ => Volts(49_150) };
        var bench = new DriverBench(chip) { State = _state };
        var driver = bench.Started("mq2");
        for (var minute = 0; minute < 720; minute += 4)
        {
            bench.FaultOf(driver);
            bench.Time.Advance(TimeSpan.FromMinutes(4));
        }

        bench = new DriverBench(chip) { State = _state };
        Assert.Matches("another 12\\.[0-2] h", bench.FaultOf(bench.Started("mq2")).Words);

        // Time in which nobody looked does not count as heated beyond five minutes.
        driver = bench.Started("mq2");
        bench.FaultOf(driver);
        bench.Time.Advance(TimeSpan.FromHours(30));
        Assert.Equal(DeviceFault.WarmingUp, bench.FaultOf(driver).Fault);
    }

    [Theory]
    [InlineData(0, DeviceFault.OpenCircuit)]
    [InlineData(0.02, DeviceFault.OpenCircuit)]
    [InlineData(4.95, DeviceFault.ShortCircuit)]
    [InlineData(7, DeviceFault.ShortCircuit)]
    public void A_sensor_without_supply_or_with_a_short_gives_nothing_and_has_to_warm_up_again(double volts, object fault)
    {
        var chip = new ConverterScript(0x48) { Volts = _ => Volts(20_000) };
        var bench = new DriverBench(chip);
        var driver = bench.Started("mq2", ("burnIn", "0s"), ("r0", "5000"));
        Assert.Equal(DeviceFault.WarmingUp, bench.FaultOf(driver).Fault);
        bench.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(0, bench.Measure(driver)["combustible_ppm"]);
        chip.Volts = _ => volts;
        Assert.Equal((DeviceFault)fault, bench.FaultOf(driver).Fault);
        chip.Volts = _ => Volts(20_000);
        Assert.Equal(DeviceFault.WarmingUp, bench.FaultOf(driver).Fault);
        bench.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.NotEmpty(bench.Measure(driver));
    }

    [Fact]
    public void Air_that_cannot_be_clean_is_not_learnt()
    {
        var bench = new DriverBench(new ConverterScript(0x48) { Volts = _ => Volts(1_000) });
        var driver = bench.Started("mq2", ("burnIn", "0s"), ("warmUp", "0s"));
        for (var i = 1; i < 10; i++)
        {
            Assert.Equal(DeviceFault.WarmingUp, bench.FaultOf(driver).Fault);
        }

        Assert.Equal(DeviceFault.Range, bench.FaultOf(driver).Fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("86400")]
    [InlineData("-1 5000")]
    [InlineData("1e99 5000")]
    public void A_memory_that_cannot_be_read_is_a_new_sensor(string text)
    {
        File.WriteAllText(Path.Combine(_state, "mq2-1-48-0.state"), text);
        var bench = new DriverBench(new ConverterScript(0x48) { Volts = _ => Volts(20_000) }) { State = _state };
        Assert.Contains("24.0 h", bench.FaultOf(bench.Started("mq2")).Words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_takes_nothing_does_not_stop_it()
    {
        File.WriteAllText(Path.Combine(_state, "file"), "");
        var bench = new DriverBench(new ConverterScript(0x48) { Volts = _ => Volts(49_150) }) { State = Path.Combine(_state, "file") };
        var driver = bench.Started("mq2", ("burnIn", "0s"), ("warmUp", "0s"));
        for (var i = 1; i < 10; i++)
        {
            bench.FaultOf(driver);
        }

        Assert.Equal(0, bench.Measure(driver)["combustible_ppm"]);
    }

    /// <summary>Volts at the load for a resistance of the sensor.</summary>
    private static double Volts(double resistance) => Supply * Load / (Load + resistance);
}
