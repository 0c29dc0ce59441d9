using FsCheck;
using FsCheck.Fluent;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Drivers.I2c;

namespace SmartCity.Edge.Tests.Drivers.I2c;

public sealed class SensirionTests
{
    private const string Healthy = "000081"; // a status without flags
    private const string Air = "6667A25EB93C"; // 25 °C, 37 %
    private const string Gas = "01F4336667A25EB93C"; // 500 ppm, 25 °C, 37 % (SCD4x datasheet, read_measurement)
    private const string Ready = "800604";

    [Fact]
    public void A_status_without_flags_has_the_CRC_that_these_tests_say() =>
        Assert.Equal((0x81, 0x04), (Crc8.Of([0, 0]), Crc8.Of([0x80, 0x06])));

    [Fact]
    public void An_SHT31_measures_once_without_stretching_the_clock()
    {
        var chip = Sht31();
        var bench = new DriverBench(chip);
        var driver = bench.Started("sht31");
        Assert.Equal(["30A2", "F32D", "3041", "F32D"], chip.Commands);
        var values = bench.Measure(driver);
        Assert.Equal(25, values["temperature_celsius"], 0.003);
        Assert.Equal(37, values["relative_humidity_percent"], 0.002);
        Assert.Equal("2400", chip.Commands[4]);
    }

    [Theory]
    [InlineData(0, -45)]
    [InlineData(65_535, 130)]
    public void An_SHT31_outside_its_range_gives_nothing(ushort word, double celsius)
    {
        var chip = Sht31();
        var bench = new DriverBench(chip);
        var driver = bench.Started("sht31");
        chip.On("2400", Word(word) + Word(30_000));
        var (fault, words) = bench.FaultOf(driver);
        Assert.Equal(DeviceFault.Range, fault);
        Assert.Contains(celsius.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture), words, StringComparison.Ordinal);
    }

    [Fact]
    public void An_SHT31_that_is_late_is_asked_again_but_not_for_ever()
    {
        var chip = Sht31();
        var bench = new DriverBench(chip);
        var driver = bench.Started("sht31");
        chip.On("2400", "nack", "nack", Air);
        Assert.NotEmpty(bench.Measure(driver));
        chip.On("2400", "nack");
        Assert.Throws<SmartCity.Edge.Buses.BusException>(() => bench.Measure(driver));
    }

    [Theory]
    [InlineData(0x8010, DeviceFault.Reset)] // as after power-up
    [InlineData(0x0010, DeviceFault.Reset)]
    [InlineData(0x2000, DeviceFault.Reset)] // the heater is on: nobody here switches it on
    [InlineData(0x0002, DeviceFault.Frame)]
    [InlineData(0x0001, DeviceFault.Frame)]
    public void An_SHT31_is_believed_only_while_its_status_is_clean(ushort status, object fault)
    {
        var chip = Sht31();
        var bench = new DriverBench(chip);
        var driver = bench.Started("sht31");
        chip.On("F32D", Word(status));
        Assert.Equal((DeviceFault)fault, bench.FaultOf(driver).Fault);
        chip.On("F32D", Word(0x8010), Healthy);
        bench.Start(driver);
        Assert.NotEmpty(bench.Measure(driver));
    }

    [Fact]
    public void An_SHT31_that_cannot_clear_its_reset_does_not_start()
    {
        var chip = Sht31().On("F32D", Word(0x8010));
        var bench = new DriverBench(chip);
        Assert.Equal(DeviceFault.Reset, bench.StartFaultOf(bench.Make("sht31")).Fault);
    }

    [Fact]
    public void An_SCD41_starts_from_whatever_it_was_doing_and_tells_each_measurement_once()
    {
        var chip = Scd41();
        var bench = new DriverBench(chip);
        var driver = bench.Started("scd41", ("altitude", "10"), ("pressure", "1005"), ("temperatureOffset", "5.4"));

        // 5.4 °C is the datasheet's example of the offset: 0x07E6 48.
        Assert.Equal(["3F86", "3682", "241D07E648", "2427000A" + Crc(10), "2322", "21B1", "E00003ED" + Crc(1_005)], chip.Commands);
        chip.On("E4B8", Word(0x8000), Word(0x8000), Ready);
        var before = bench.Time.GetTimestamp();
        var values = bench.Measure(driver);
        Assert.Equal(500, values["co2_ppm"]);
        Assert.False(values.ContainsKey("temperature_celsius"));
        Assert.InRange(bench.Time.GetElapsedTime(before).TotalMilliseconds, 200, 250);
        Assert.Equal(TimeSpan.FromSeconds(5), driver.MinimumInterval);
    }

    [Fact]
    public void An_SCD41_tells_its_climate_when_asked()
    {
        var bench = new DriverBench(Scd41());
        var values = bench.Measure(bench.Started("scd41", ("climate", "true"), ("altitude", "10")));
        Assert.Equal(25, values["temperature_celsius"], 0.003);
        Assert.Equal(37, values["relative_humidity_percent"], 0.002);
    }

    [Fact]
    public void An_SCD41_that_never_gets_ready_was_reset()
    {
        var chip = Scd41();
        var bench = new DriverBench(chip);
        var driver = bench.Started("scd41", ("altitude", "10"));
        chip.On("E4B8", Word(0x8000));
        Assert.Equal(DeviceFault.Reset, bench.FaultOf(driver).Fault);
        Assert.Equal(DeviceFault.Unavailable, bench.FaultOf(driver).Fault); // until it is started again
        chip.On("E4B8", Ready);
        bench.Start(driver);
        Assert.NotEmpty(bench.Measure(driver));
    }

    [Theory]
    [InlineData(0, 0x6667)] // no air is without CO₂
    [InlineData(40_001, 0x6667)]
    [InlineData(500, 0x0000)]
    [InlineData(500, 0xFFFF)]
    public void An_SCD41_outside_its_range_gives_nothing(ushort ppm, ushort temperature)
    {
        var chip = Scd41();
        var bench = new DriverBench(chip);
        var driver = bench.Started("scd41", ("altitude", "10"));
        chip.On("EC05", Word(ppm) + Word(temperature) + Word(30_000));
        Assert.Equal(DeviceFault.Range, bench.FaultOf(driver).Fault);
    }

    [Fact]
    public void An_SCD41_without_a_number_is_none_and_one_that_does_not_keep_its_altitude_is_broken()
    {
        var chip = Scd41().On("3682", Word(0) + Word(0) + Word(0));
        var bench = new DriverBench(chip);
        Assert.Equal(DeviceFault.WrongChip, bench.StartFaultOf(bench.Make("scd41")).Fault);
        chip.On("3682", Word(1) + Word(2) + Word(3));
        Assert.Equal(DeviceFault.Frame, bench.StartFaultOf(bench.Make("scd41", ("altitude", "11"))).Fault);
        bench.Make("scd41", out var faults, ("pressure", "600"));
        Assert.Single(faults);
    }

    [Theory]
    [InlineData("sht31", "2400", Air)]
    [InlineData("scd41", "EC05", Gas)]
    public void One_wrong_bit_anywhere_is_a_wrong_checksum(string name, string command, string answer)
    {
        var chip = name == "sht31" ? Sht31() : Scd41();
        var bench = new DriverBench(chip);
        var driver = bench.Started(name, name == "sht31" ? [] : [("altitude", "10")]);
        for (var bit = 0; bit < answer.Length * 4; bit++)
        {
            var bytes = Convert.FromHexString(answer);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            chip.On(command, Convert.ToHexString(bytes));
            Assert.Equal(DeviceFault.Checksum, bench.FaultOf(driver).Fault);
        }
    }

    [Fact]
    public void A_cut_at_any_byte_is_a_fault_of_the_bus()
    {
        var one = Sht31();
        var bench = new DriverBench(one);
        bench.CutEverywhere(one, bench.Make("sht31"));
        var two = Scd41();
        bench = new DriverBench(two);
        bench.CutEverywhere(two, bench.Make("scd41", ("altitude", "10")));
    }

    [Fact]
    public void Words_and_their_formula_agree_over_the_whole_range() =>
        Prop.ForAll(Gen.Choose(1_873, 63_662).ToArbitrary(), Gen.Choose(0, 65_535).ToArbitrary(), (t, h) =>
        {
            var chip = Sht31();
            var bench = new DriverBench(chip);
            var driver = bench.Started("sht31");
            chip.On("2400", Word((ushort)t) + Word((ushort)h));
            var values = bench.Measure(driver);

            // A measurement carries seven significant digits.
            return Math.Abs(values["temperature_celsius"] - ((t * 175.0 / 65_535) - 45)) <= 5.1e-5
                && Math.Abs(values["relative_humidity_percent"] - (h * 100.0 / 65_535)) <= 5.1e-5;
        }).QuickCheckThrowOnFailure();

    private static string Crc(int word) => Crc8.Of([(byte)(word >> 8), (byte)word]).ToString("X2", System.Globalization.CultureInfo.InvariantCulture);

    private static string Word(ushort word) => word.ToString("X4", System.Globalization.CultureInfo.InvariantCulture) + Crc(word);

    private static CommandScript Sht31() => new CommandScript(0x44).On("F32D", Healthy).On("2400", Air);

    private static CommandScript Scd41() => new CommandScript(0x62)
        .On("3682", "F896319F07C23BBE89").On("2322", Word(10)).On("E4B8", Ready).On("EC05", Gas);
}
