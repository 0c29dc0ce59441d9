using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.I2c;

namespace SmartCity.Edge.Tests.Drivers.I2c;

public sealed class Bme280Tests
{
    // Parameters of the worked example in Bosch's BMP280 datasheet (section 3.12), as bytes; humidity of a chip on a desk.
    private const string First = "706B436718FC7D8E43D6D00B270B8C00F9FF8C3CF8C67017004B";
    private const string Second = "7201001329031E";

    [Fact]
    public void The_worked_example_comes_out()
    {
        var calibration = Parse(First, Second)!;
        Assert.Equal((27_504, 26_435, -1_000, 36_477, -14_600, 6_000), ((int)calibration.T1, (int)calibration.T2, (int)calibration.T3, (int)calibration.P1, (int)calibration.P8, (int)calibration.P9));
        Assert.Equal(2_508, calibration.Temperature(519_888, out var fine));
        Assert.Equal(128_422, fine);
        Assert.Equal(100_653.27, calibration.Pressure(415_148, fine) / 256.0, 0.02);
    }

    [Theory]
    [InlineData("13", "29", "03", 0x139, 0x032)]
    [InlineData("80", "00", "80", -2_048, -2_048)]
    [InlineData("FF", "FF", "FF", -1, -1)]
    [InlineData("7F", "FF", "7F", 2_047, 2_047)]
    public void Humidity_parameters_of_twelve_bits_have_a_sign(string e4, string e5, string e6, int h4, int h5)
    {
        var calibration = Parse(First, "720100" + e4 + e5 + e6 + "1E")!;
        Assert.Equal((h4, h5, 30), (calibration.H4, calibration.H5, calibration.H6));
    }

    [Fact]
    public void Whole_numbers_and_the_floating_point_formulas_of_the_appendix_agree()
    {
        var c = new Bme280Calibration(27_504, 26_435, -1_000, 36_477, -10_685, 3_024, 2_855, 140, -7, 15_500, -14_600, 6_000, 75, 370, 0, 313, 50, 30);
        Prop.ForAll(
            Gen.Choose(350_000, 700_000).ToArbitrary(), Gen.Choose(200_000, 700_000).ToArbitrary(), Gen.Choose(15_000, 50_000).ToArbitrary(),
            (rawT, rawP, rawH) =>
            {
                var celsius = c.Temperature(rawT, out var fine) / 100.0;
                return Math.Abs(celsius - Slow.Temperature(c, rawT)) <= 0.01
                    && Math.Abs((c.Pressure(rawP, fine) / 256.0) - Slow.Pressure(c, rawP, fine)) <= 0.2
                    && Math.Abs((c.Humidity(rawH, fine) / 1_024.0) - Slow.Humidity(c, rawH, fine)) <= 0.02;
            }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("1", 9.3)]
    [InlineData("4", 30)]
    [InlineData("16", 112.8)]
    public void It_measures_in_forced_mode_and_waits_its_longest_time(string oversampling, double longest)
    {
        var chip = Chip();
        var bench = new DriverBench(chip);
        var driver = bench.Started("bme280", ("oversampling", oversampling));
        var before = bench.Time.GetTimestamp();
        var values = bench.Measure(driver);
        Assert.Equal(25.08, values["temperature_celsius"], 1e-9);
        Assert.Equal(1_006.5327, values["pressure_hpa"], 1e-3);
        Assert.InRange(values["relative_humidity_percent"], 20, 80);
        Assert.InRange(bench.Time.GetElapsedTime(before).TotalMilliseconds, longest, longest + 2);
        Assert.Equal(1, chip.Registers[0xF4] & 3); // registers that only remember, as i2c-stub's, never leave forced mode
    }

    [Fact]
    public void It_waits_while_the_status_says_measuring_but_not_for_ever()
    {
        var chip = Chip();
        var bench = new DriverBench(chip);
        var driver = bench.Started("bme280");
        var looks = 0;
        chip.Reading = r => chip.Registers[0xF3] = (byte)(r == 0xF3 && ++looks < 5 ? 0x08 : 0);
        Assert.NotEmpty(bench.Measure(driver));
        chip.Reading = _ => chip.Registers[0xF3] = 0x08;
        Assert.Equal(DeviceFault.Frame, bench.FaultOf(driver).Fault);
    }

    [Theory]
    [InlineData(0x58, "BMP280")]
    [InlineData(0x61, "0x61")]
    [InlineData(0x00, "0x00")]
    [InlineData(0xFF, "0xff")]
    public void Another_chip_is_said_to_be_one(byte id, string says)
    {
        var chip = Chip();
        chip.Registers[0xD0] = id;
        var bench = new DriverBench(chip);
        var (fault, words) = bench.StartFaultOf(bench.Make("bme280"));
        Assert.Equal(DeviceFault.WrongChip, fault);
        Assert.Contains(says, words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0xFF)]
    public void A_blank_calibration_is_a_fault(byte all)
    {
        var chip = Chip();
        chip.Registers.AsSpan(0x88, 26).Fill(all);
        var bench = new DriverBench(chip);
        Assert.Equal(DeviceFault.Frame, bench.StartFaultOf(bench.Make("bme280")).Fault);
        chip.Put(0x88, Convert.FromHexString(First));
        chip.Registers.AsSpan(0xE1, 7).Fill(all);
        Assert.Equal(DeviceFault.Frame, bench.StartFaultOf(bench.Make("bme280")).Fault);
    }

    [Theory]
    [InlineData(0xF7, "800000")] // skipped
    [InlineData(0xFA, "800000")]
    [InlineData(0xFD, "8000")]
    [InlineData(0xF7, "000000")] // a converter at its end
    [InlineData(0xFA, "FFFFF0")]
    [InlineData(0xFD, "FFFF")]
    [InlineData(0xFD, "0000")]
    [InlineData(0xFA, "C35000")] // 800,000: far above 85 °C
    [InlineData(0xF7, "F00000")] // far below 300 hPa
    public void What_cannot_be_is_no_value(int register, string bytes)
    {
        var chip = Chip();
        var bench = new DriverBench(chip);
        var driver = bench.Started("bme280");
        chip.Put(register, Convert.FromHexString(bytes));
        Assert.Equal(DeviceFault.Range, bench.FaultOf(driver).Fault);
    }

    [Theory]
    [InlineData(0xF2, 0xF2)] // before the measurement
    [InlineData(0xF2, 0xF7)] // while the data are read
    [InlineData(0xF4, 0xF2)]
    [InlineData(0xF4, 0xF7)]
    public void A_brown_out_is_seen_whenever_it_comes_and_the_next_start_mends_it(byte lost, byte when)
    {
        var chip = Chip();
        var bench = new DriverBench(chip);
        var driver = bench.Started("bme280");
        chip.Reading = register =>
        {
            if (register == when)
            {
                chip.Registers[lost] = 0;
            }
        };
        Assert.Equal(DeviceFault.Reset, bench.FaultOf(driver).Fault);
        chip.Reading = null;
        bench.Start(driver);
        Assert.NotEmpty(bench.Measure(driver));
    }

    [Fact]
    public void It_stands_still_for_an_hour_and_is_stuck_over_restarts_until_it_moves()
    {
        var chip = Chip();
        var bench = new DriverBench(chip);
        var driver = bench.Started("bme280");
        for (var minute = 0; minute < 60; minute += 10)
        {
            Assert.NotEmpty(bench.Measure(driver));
            bench.Time.Advance(TimeSpan.FromMinutes(10));
        }

        bench.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(DeviceFault.Stuck, bench.FaultOf(driver).Fault);
        bench.Start(driver);
        Assert.Equal(DeviceFault.Stuck, bench.FaultOf(driver).Fault);
        chip.Registers[0xFC] = 0x10;
        Assert.NotEmpty(bench.Measure(driver));
    }

    [Fact]
    public void A_cut_at_any_byte_is_a_fault_of_the_bus()
    {
        var chip = Chip();
        var bench = new DriverBench(chip);
        bench.CutEverywhere(chip, bench.Make("bme280", ("stuckAfter", "0s")));
    }

    [Fact]
    public void Settings_are_checked()
    {
        var bench = new DriverBench();
        bench.Make("bme280", out var faults, ("address", "0x40"), ("oversampling", "3"), ("adress", "1"));
        Assert.Equal(3, faults.Count);
        Assert.Contains("0x76, 0x77", faults[0], StringComparison.Ordinal);
    }

    private static Bme280Calibration? Parse(string first, string second) =>
        Bme280Calibration.Parse(Convert.FromHexString(first), Convert.FromHexString(second));

    /// <summary>Registers with the worked example's calibration and raw values.</summary>
    private static RegisterScript Chip()
    {
        var chip = new RegisterScript(0x76);
        chip.Registers[0xD0] = 0x60;
        chip.Put(0x88, Convert.FromHexString(First));
        chip.Put(0xE1, Convert.FromHexString(Second));
        chip.Put(0xF7, 0x65, 0x5A, 0xC0, 0x7E, 0xED, 0x00, 0x6E, 0x00); // 415,148, 519,888, 28,160
        return chip;
    }

    /// <summary>The formulas in floating point (BST-BME280-DS002, appendix A, section 8.1).</summary>
    private static class Slow
    {
        public static double Temperature(Bme280Calibration c, double raw)
        {
            var linear = ((raw / 16_384) - (c.T1 / 1_024.0)) * c.T2;
            var offset = (raw / 131_072) - (c.T1 / 8_192.0);
            return (linear + (offset * offset * c.T3)) / 5_120;
        }

        public static double Pressure(Bme280Calibration c, double raw, double fine)
        {
            var t = (fine / 2) - 64_000;
            var offset = (((t * t * c.P6 / 32_768) + (t * c.P5 * 2)) / 4) + (c.P4 * 65_536.0);
            var scale = (1 + (((c.P3 * t * t / 524_288) + (c.P2 * t)) / 524_288 / 32_768)) * c.P1;
            var p = (1_048_576 - raw - (offset / 4_096)) * 6_250 / scale;
            return p + (((c.P9 * p * p / 2_147_483_648.0) + (p * c.P8 / 32_768) + c.P7) / 16);
        }

        public static double Humidity(Bme280Calibration c, double raw, double fine)
        {
            var t = fine - 76_800;
            var h = (raw - ((c.H4 * 64.0) + (c.H5 / 16_384.0 * t)))
                * (c.H2 / 65_536.0 * (1 + (c.H6 / 67_108_864.0 * t * (1 + (c.H3 / 67_108_864.0 * t)))));
            return Math.Clamp(h * (1 - (c.H1 * h / 524_288.0)), 0, 100);
        }
    }
}
