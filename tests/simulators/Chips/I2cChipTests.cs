using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Simulators.Chips;
using SmartCity.Simulators.Chips.I2c;

namespace SmartCity.Simulators.Tests.Chips;

/// <summary>The gateway's own drivers over the simulated chips: what is put in comes out, within the sensor's resolution, and so do faults.</summary>
public sealed class I2cChipTests
{
    private static readonly Config Hundred = Config.QuickThrowOnFailure.WithMaxTest(100);

    private static Arbitrary<double> Between(double least, double most) =>
        Gen.Choose(0, 1_000_000).Select(n => least + ((most - least) * n / 1_000_000)).ToArbitrary();

    private static Arbitrary<(double A, double B, double C)> Three((double, double) a, (double, double) b, (double, double) c) =>
        (from x in Between(a.Item1, a.Item2).Generator
         from y in Between(b.Item1, b.Item2).Generator
         from z in Between(c.Item1, c.Item2).Generator
         select (x, y, z)).ToArbitrary();

    [Fact]
    public void A_BME280_gives_back_its_air()
    {
        var bench = new ChipBench();
        var air = (Celsius: 20.0, Percent: 50.0, Pressure: 1_000.0);
        bench.Board.Add(1, 0x76, new SimBme280(() => air.Celsius, () => air.Percent, () => air.Pressure, bench.Time));
        var driver = bench.Make("bme280");
        bench.Start(driver);
        Prop.ForAll(Three((-40, 85), (0.5, 99.5), (300, 1_100)), p =>
        {
            air = p;
            var got = bench.Measure(driver);
            return Math.Abs(ChipBench.Value(got, "temperature_celsius") - p.A) <= 0.011
                && Math.Abs(ChipBench.Value(got, "relative_humidity_percent") - p.B) <= 0.05
                && Math.Abs(ChipBench.Value(got, "pressure_hpa") - p.C) <= 0.02;
        }).Check(Hundred);
    }

    [Fact]
    public void An_SHT31_gives_back_its_air()
    {
        var bench = new ChipBench();
        var air = (Celsius: 20.0, Percent: 50.0);
        bench.Board.Add(1, 0x44, new SimSht31(() => air.Celsius, () => air.Percent, bench.Time));
        var driver = bench.Make("sht31");
        bench.Start(driver);
        Prop.ForAll(Between(-40, 125), Between(0, 100), (celsius, percent) =>
        {
            air = (celsius, percent);
            var got = bench.Measure(driver);
            return Math.Abs(ChipBench.Value(got, "temperature_celsius") - celsius) <= 0.0014
                && Math.Abs(ChipBench.Value(got, "relative_humidity_percent") - percent) <= 0.0008;
        }).Check(Hundred);
    }

    [Fact]
    public void An_SCD41_gives_back_its_air_once_a_period()
    {
        var bench = new ChipBench();
        var ppm = 420.0;
        var chip = new SimScd41(() => ppm, () => 25, () => 37, bench.Time);
        bench.Board.Add(1, 0x62, chip);
        var driver = bench.Make("scd41", ("altitude", "12"), ("pressure", "1005"), ("climate", "true"));
        bench.Start(driver);
        Assert.Equal((12, 1_005), (chip.Altitude, chip.Pressure));
        Prop.ForAll(Between(1, 40_000), value =>
        {
            ppm = value;
            var before = bench.Time.GetTimestamp();
            var got = bench.Measure(driver);
            return Math.Abs(ChipBench.Value(got, "co2_ppm") - value) <= 0.5 && Math.Abs(ChipBench.Value(got, "temperature_celsius") - 25) < 0.002
                && bench.Time.GetElapsedTime(before) > TimeSpan.FromSeconds(4.5);
        }).Check(Hundred);
    }

    [Fact]
    public void A_BH1750_gives_back_its_light_from_night_to_noon()
    {
        var bench = new ChipBench();
        var lux = 0.0;
        bench.Board.Add(1, 0x23, new SimBh1750(() => lux, bench.Time));
        var driver = bench.Make("bh1750");
        bench.Start(driver);
        Assert.Equal(0, ChipBench.Value(bench.Measure(driver), "illuminance_lux"));
        Prop.ForAll(Between(0, 121_000), value =>
        {
            lux = value;
            // Half a count (0.83 or 1.85 lx, pages 2 and 11) and half of the last digit that a reading keeps.
            var resolution = (value < 54_000 ? 0.4167 : 0.9275) + 0.0501;
            var measured = ChipBench.Value(bench.Measure(driver), "illuminance_lux");
            return (Math.Abs(measured - value) <= resolution).Label($"{measured} lx measured");
        }).Check(Hundred);
        lux = 125_000;
        Assert.Equal(DeviceFault.Range, bench.FaultOf(driver));
    }

    [Fact]
    public void A_level_probe_gives_back_its_water_and_its_broken_wires()
    {
        var bench = new ChipBench();
        var milliamperes = 4.0;
        bench.Board.Add(1, 0x48, new SimAds1115(c => c == 2 ? milliamperes / 1_000 * 100 : 0, bench.Time));
        var driver = bench.Make("ads1115-level", ("channel", "2"), ("span", "10"), ("offset", "-1.5"));
        bench.Start(driver);
        Prop.ForAll(Between(3.61, 20.99), value =>
        {
            milliamperes = value;
            return Math.Abs(ChipBench.Value(bench.Measure(driver), "water_level_m") - (((value - 4) / 16 * 10) - 1.5)) < 0.001;
        }).Check(Hundred);
        foreach (var (value, fault) in new[] { (0, DeviceFault.OpenCircuit), (3.59, DeviceFault.OpenCircuit), (21.01, DeviceFault.ShortCircuit), (33, DeviceFault.ShortCircuit) })
        {
            milliamperes = value;
            Assert.Equal(fault, bench.FaultOf(driver));
        }
    }

    [Fact]
    public void A_fire_loop_tells_its_states_and_an_alarm_within_40_ms()
    {
        var bench = new ChipBench();
        var resistance = 4_700.0;
        bench.Board.Add(1, 0x48, new SimAds1115(_ => 3.3 * resistance / (1_000 + resistance), bench.Time));
        var driver = bench.Make("fire-loop");
        bench.Start(driver);
        Assert.Equal(0, ChipBench.Value(bench.Measure(driver), "loop_state"));
        foreach (var (ohms, state) in new[] { (824.6, 1), (1e9, 2), (5, 3), (191.8, 1), (4_700, 0) })
        {
            resistance = ohms;
            var before = bench.Time.GetTimestamp();
            Assert.Equal(state, ChipBench.Value(bench.Measure(driver), "loop_state"));
            Assert.InRange(bench.Time.GetElapsedTime(before).TotalMilliseconds, 1, 40);
        }
    }

    [Fact]
    public void Drivers_of_one_converter_take_turns()
    {
        var bench = new ChipBench();
        bench.Board.Add(1, 0x48, new SimAds1115(c => c switch { 0 => 1.2, 1 => 2.72, _ => 1.5 }, bench.Time));
        var level = bench.Make("ads1115-level", ("channel", "0"), ("span", "10"));
        var loop = bench.Make("fire-loop", ("channel", "1"));
        var volt = bench.Make("ads1115-volt", ("channel", "2"), ("ratio", "8"));
        foreach (var driver in new[] { level, loop, volt })
        {
            bench.Start(driver);
        }

        Measurement[] got = [new(), new(), new()];
        SmartCity.TestSupport.Pump.Run(bench.Time, async () => await Task.WhenAll(
            level.MeasureAsync(got[0], default).AsTask(), loop.MeasureAsync(got[1], default).AsTask(), volt.MeasureAsync(got[2], default).AsTask()));
        Assert.Equal(5, ChipBench.Value(got[0], "water_level_m"), 3);
        Assert.Equal(0, ChipBench.Value(got[1], "loop_state"));
        Assert.Equal(12, ChipBench.Value(got[2], "battery_volt"), 2);
    }

    [Fact]
    public async Task A_dimmer_follows_and_comes_back_after_a_brown_out()
    {
        var bench = new ChipBench();
        var chip = new SimPca9685();
        bench.Board.Add(1, 0x40, chip);
        var one = (OutputDriver)bench.Make("pca9685", ("channel", "0"));
        var two = (OutputDriver)bench.Make("pca9685", ("channel", "15"));
        bench.Start(one);
        bench.Start(two);
        Assert.InRange(chip.Frequency, 950, 1_050);
        for (var percent = 0.0; percent <= 100; percent += 0.5)
        {
            await one.SetAsync(percent, default);
            await two.SetAsync(100 - percent, default);
            Assert.Equal(percent / 100, chip.Level(0), 3);
            Assert.Equal(1 - (percent / 100), chip.Level(15), 3);
            Assert.Equal(percent, await one.FeedbackAsync(default), 1);
        }

        await two.SetAsync(40, default);
        chip.BrownOut();
        Assert.Equal(0, await one.FeedbackAsync(default));
        Assert.Equal(DeviceFault.Reset, bench.FaultOf(one));
        Assert.Equal((1, 0.4), (chip.Level(0), Math.Round(chip.Level(15), 3)));
        bench.Measure(one);

        // Another lamp's setting brings back both as well, and a program that starts again leaves them alone.
        chip.BrownOut();
        SmartCity.TestSupport.Pump.Run(bench.Time, () => two.SetAsync(60, default));
        Assert.Equal((1, 0.6), (chip.Level(0), Math.Round(chip.Level(15), 3)));
        await one.DisposeAsync();
        await two.DisposeAsync();
        bench.Start(bench.Make("pca9685", ("channel", "0")));
        Assert.Equal((1, 0.6), (chip.Level(0), Math.Round(chip.Level(15), 3)));
    }

    [Theory]
    [InlineData("bme280")]
    [InlineData("sht31")]
    [InlineData("scd41")]
    [InlineData("bh1750")]
    [InlineData("ads1115-level")]
    public void Faults_of_a_chip_come_through_and_none_gives_a_value(string name)
    {
        var bench = new ChipBench();
        var (address, chip) = Chip(name, bench);
        bench.Board.Add(1, address, chip);
        var driver = name == "ads1115-level" ? bench.Make(name, ("span", "10")) : bench.Make(name);
        bench.Start(driver);
        Assert.NotEqual(0, bench.Measure(driver).Values.Length);

        chip.Absent = true;
        Assert.Equal(BusFault.NoAnswer, Assert.Throws<BusException>(() => bench.Measure(driver)).Fault);
        Assert.Equal(BusFault.NoAnswer, Assert.Throws<BusException>(() => bench.Start(driver)).Fault);
        chip.Absent = false;
        bench.Start(driver);
        Assert.NotEqual(0, bench.Measure(driver).Values.Length);

        chip.BreaksAfter = 0;
        Assert.Equal(BusFault.Broken, Assert.Throws<BusException>(() => bench.Measure(driver)).Fault);
        chip.BreaksAfter = null;

        if (name is "sht31" or "scd41")
        {
            chip.BadCrc = true;
            Assert.Equal(DeviceFault.Checksum, bench.FaultOf(driver));
            chip.BadCrc = false;
        }

        if (name is "bme280" or "sht31" or "scd41")
        {
            chip.BrownOut();
            Assert.Equal(DeviceFault.Reset, bench.FaultOf(driver));
            bench.Start(driver);
            Assert.NotEqual(0, bench.Measure(driver).Values.Length);
        }

        chip.Stuck = true;
        for (var i = 0; i < 30; i++)
        {
            bench.Time.Advance(TimeSpan.FromHours(1));
            try
            {
                bench.Measure(driver);
            }
            catch (DriverException fault) when (fault.Fault == DeviceFault.Stuck)
            {
                return;
            }
        }

        Assert.Fail("not seen as stuck");
    }

    private static (int Address, SimI2cChip Chip) Chip(string name, ChipBench bench) => name switch
    {
        "bme280" => (0x76, new SimBme280(() => 25, () => 60, () => 1_008, bench.Time)),
        "sht31" => (0x44, new SimSht31(() => 25, () => 60, bench.Time)),
        "scd41" => (0x62, new SimScd41(() => 500, () => 25, () => 37, bench.Time)),
        "bh1750" => (0x23, new SimBh1750(() => 1_000, bench.Time)),
        _ => (0x48, new SimAds1115(_ => 1.2, bench.Time)),
    };
}
