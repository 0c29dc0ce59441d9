using FsCheck;
using FsCheck.Fluent;
using SmartCity.City;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Simulators.Chips;
using SmartCity.Simulators.Chips.Lines;
using SmartCity.TestSupport;

namespace SmartCity.Simulators.Tests.Chips;

/// <summary>The gateway's own drivers over simulated lines: what is put in comes out, within the sensor's resolution, and so do faults.</summary>
public sealed class LineChipTests
{
    private static readonly Config Hundred = Config.QuickThrowOnFailure.WithMaxTest(100);

    private readonly JumpTime _time = new();
    private readonly SimBoard _board;

    public LineChipTests() => _board = new SimBoard(_time);

    [Theory]
    [InlineData("pms5003", 1.0)]
    [InlineData("sds011", 0.1)]
    public void A_dust_sensor_gives_back_its_air_once_it_is_warm(string name, double step)
    {
        var air = (Pm25: 12.0, Pm10: 30.0);
        _board.Add("/dev/ttyAMA1", Dust(name, () => air));
        var driver = Warm(name, ("port", "/dev/ttyAMA1"));
        Prop.ForAll(Between(0, 999), Between(0, 999), (fine, coarse) =>
        {
            air = (fine, coarse);
            var values = Measure(driver);
            Assert.Equal(fine, values["pm2_5_ug_m3"], step / 2 + 1e-9);
            Assert.Equal(coarse, values["pm10_ug_m3"], step / 2 + 1e-9);
        }).Check(Hundred);
    }

    [Theory]
    [InlineData("pms5003")]
    [InlineData("sds011")]
    public void Faults_of_a_dust_sensor_come_out_as_faults_and_go_with_them(string name)
    {
        var air = (Pm25: 12.0, Pm10: 30.0);
        var chip = Dust(name, () => air);
        _board.Add("/dev/ttyAMA1", chip);
        var driver = Warm(name, ("port", "/dev/ttyAMA1"), ("stuckAfter", "1m"));

        chip.Fault = SimFault.BadChecksum;
        Assert.Equal(DeviceFault.Checksum, FaultOf(driver));
        chip.Fault = SimFault.BrokenFrame;
        Assert.Contains(FaultOf(driver), new[] { DeviceFault.Frame, DeviceFault.Checksum });
        chip.Fault = SimFault.Stuck;
        for (var i = 0; i < 7; i++)
        {
            Measure(driver);
            _time.Advance(TimeSpan.FromSeconds(9));
        }

        Assert.Equal(DeviceFault.Stuck, FaultOf(driver));
        chip.Fault = SimFault.None;
        air = (13, 31);
        Measure(driver);

        chip.Absent = true;
        Assert.Equal(DeviceFault.NoAnswer, FaultOf(driver));
        chip.Absent = false;
        Start(driver);
        Assert.Equal(DeviceFault.WarmingUp, FaultOf(driver)); // it may have been without supply
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(13, Measure(driver)["pm2_5_ug_m3"]);
    }

    [Fact]
    public void A_PMS5003_whose_fan_stands_still_gives_no_number()
    {
        var chip = new SimPms5003(_time, () => (5, 6));
        _board.Add("/dev/ttyAMA1", chip);
        var driver = Warm("pms5003", ("port", "/dev/ttyAMA1"));
        chip.Blind = true;
        Assert.Equal(DeviceFault.Stuck, FaultOf(driver));
    }

    [Fact]
    public void A_still_but_living_sensor_in_even_air_is_not_stuck()
    {
        _board.Add("/dev/ttyAMA1", new SimPms5003(_time, () => (5, 6)));
        var driver = Warm("pms5003", ("port", "/dev/ttyAMA1"));
        for (var minute = 0; minute < 120; minute++)
        {
            Measure(driver);
            _time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public void A_level_comes_back_to_the_millimetre()
    {
        var level = 1.0;
        _board.Add("/dev/ttyAMA2", new SimA02yyuw(_time, () => 6 - level));
        var driver = Make("a02yyuw", ("port", "/dev/ttyAMA2"), ("mount", "6"));
        Start(driver);
        Prop.ForAll(Between(1.5, 5.97), metres =>
        {
            level = metres;
            Assert.Equal(metres, Measure(driver)["water_level_m"], 0.0005001);
        }).Check(Hundred);
        level = 0.9;
        Assert.Equal(DeviceFault.Range, FaultOf(driver));
        level = 5.98;
        Assert.Equal(DeviceFault.Range, FaultOf(driver));
    }

    [Fact]
    public void Faults_of_an_ultrasonic_sensor_come_out_as_faults()
    {
        var chip = new SimA02yyuw(_time, () => 2);
        _board.Add("/dev/ttyAMA2", chip);
        var driver = Make("a02yyuw", ("port", "/dev/ttyAMA2"), ("mount", "6"));
        Start(driver);
        chip.Fault = SimFault.BadChecksum;
        Assert.Equal(DeviceFault.Checksum, FaultOf(driver));
        chip.Fault = SimFault.BrokenFrame;
        Assert.NotEqual(DeviceFault.None, FaultOf(driver));
        chip.Fault = SimFault.None;
        chip.Absent = true;
        Assert.Equal(DeviceFault.NoAnswer, FaultOf(driver));
        chip.Absent = false;
        Assert.Equal(4, Measure(driver)["water_level_m"]);
    }

    [Fact]
    public void Meters_and_units_on_one_line_give_back_what_each_of_them_measures()
    {
        var power = new SimPower(230, 0.435, 98.7, 1234.567, 50, 0.98);
        var wind = 3.5;
        var line = new SimModbusSlaves { Echoes = true }
            .Add(new SimPzem(1, () => power))
            .Add(new SimPzem(2, () => power with { Volts = 231 }))
            .Add(new SimRegisters(9).Add(0, "u16", () => wind, 0.1).Add(1, "i16", () => -12.3, 0.1).Add(2, "f32-low", () => 42.5).Add(4, "u32", () => 70_000, 1, 5));
        _board.Add("/dev/ttyUSB0", line);
        var first = Make("pzem004t", ("port", "/dev/ttyUSB0"), ("unit", "1"));
        var second = Make("pzem004t", ("port", "/dev/ttyUSB0"), ("unit", "2"));
        var vane = Make(
            "modbus", ("port", "/dev/ttyUSB0"), ("unit", "9"), ("registers", "wind_speed_m_s=0:u16:0.1,t=1:i16:0.1,noise_db=2:f32-low,n=4:u32:1:5"));
        Start(first);
        Start(second);
        Start(vane);
        Prop.ForAll(Between(80, 260), Between(0, 23_000), Between(0, 9_999), (volts, watts, energy) =>
        {
            power = new SimPower(volts, watts / 230, watts, energy, 50.1, 0.93);
            var values = Measure(first);
            Assert.Equal(volts, values["voltage_v"], 0.051);
            Assert.Equal(watts / 230, values["current_a"], 0.00051);
            Assert.Equal(watts, values["power_w"], 0.051);
            Assert.Equal(energy, values["energy_kwh"], 0.00051);
            Assert.Equal(50.1, values["frequency_hz"], 1e-9);
            Assert.Equal(0.93, values["power_factor"], 1e-9);
            Assert.Equal(231, Measure(second)["voltage_v"]);
            wind = volts / 10;
            var air = Measure(vane);
            Assert.Equal(wind, air["wind_speed_m_s"], 0.051);
            Assert.Equal(-12.3, air["t"], 1e-9);
            Assert.Equal(42.5, air["noise_db"]);
            Assert.Equal(70_000, air["n"]);
        }).Check(Hundred);
    }

    [Fact]
    public void Faults_of_a_meter_come_out_as_faults_and_leave_its_neighbours_alone()
    {
        var power = new SimPower(230, 0.435, 98.7, 1234.567, 50, 0.98);
        var sick = new SimPzem(1, () => power);
        _board.Add("/dev/ttyUSB0", new SimModbusSlaves().Add(sick).Add(new SimPzem(2, () => power)));
        var driver = Make("pzem004t", ("port", "/dev/ttyUSB0"), ("unit", "1"), ("stuckAfter", "1m"));
        var neighbour = Make("pzem004t", ("port", "/dev/ttyUSB0"), ("unit", "2"));
        Start(driver);
        Start(neighbour);
        var table = new (Action Set, DeviceFault Fault)[]
        {
            (() => sick.Absent = true, DeviceFault.NoAnswer),
            (() => sick.Fault = SimFault.BadChecksum, DeviceFault.Checksum),
            (() => sick.Fault = SimFault.BrokenFrame, DeviceFault.Frame),
            (() => sick.Exception = 4, DeviceFault.Range),
            (() => sick.Exception = 2, DeviceFault.WrongChip),
            (() => power = power with { Volts = 300 }, DeviceFault.Range),
        };
        foreach (var (set, fault) in table)
        {
            Measure(driver);
            set();
            Assert.Equal(fault, FaultOf(driver));
            if (power.Volts < 300)
            {
                Assert.Equal(230, Measure(neighbour)["voltage_v"]);
            }

            (sick.Absent, sick.Fault, sick.Exception) = (false, SimFault.None, 0);
            power = power with { Volts = 230 };
        }

        Measure(driver);
        sick.Fault = SimFault.Stuck;
        power = power with { Watts = 5_000 };
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(98.7, Measure(driver)["power_w"]); // what a stuck meter says, for as long as one may
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(DeviceFault.Stuck, FaultOf(driver));
    }

    [Theory]
    [InlineData(12, 0.03126)]
    [InlineData(9, 0.50001)]
    public void A_thermometer_gives_back_its_temperature(int bits, double tolerance)
    {
        var celsius = 20.0;
        var chip = new SimDs18b20(() => celsius) { Resolution = bits };
        _board.Add("28-000000000001", chip);
        var driver = Make("ds18b20", ("id", "28-000000000001"));
        Start(driver);
        Prop.ForAll(Between(-55, 84), t =>
        {
            celsius = t;
            Assert.Equal(t, Measure(driver)["temperature_celsius"], tolerance);
        }).Check(Hundred);
    }

    [Fact]
    public void Faults_of_a_thermometer_come_out_as_faults()
    {
        var celsius = 20.0;
        var chip = new SimDs18b20(() => celsius);
        _board.Add("28-000000000001", chip);
        var driver = Make("ds18b20", ("id", "28-000000000001"), ("stuckAfter", "1m"));
        Start(driver);
        Measure(driver);
        chip.PoweredUp = true;
        Assert.Equal(DeviceFault.Reset, FaultOf(driver));
        chip.PoweredUp = false;
        chip.Fault = SimFault.BadChecksum;
        Assert.Equal(DeviceFault.Checksum, FaultOf(driver));
        chip.Fault = SimFault.BrokenFrame;
        Assert.Equal(DeviceFault.Checksum, FaultOf(driver));
        chip.Fault = SimFault.None;
        chip.Absent = true;
        Assert.Equal(BusFault.NoAnswer, Assert.Throws<BusException>(() => Measure(driver)).Fault);
        chip.Absent = false;
        celsius = 21;
        for (var i = 0; i < 6; i++)
        {
            Measure(driver);
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(DeviceFault.Stuck, FaultOf(driver));
    }

    [Theory]
    [InlineData(12, true)]
    [InlineData(2, false)]
    public void A_fast_rise_at_a_thermometer_is_heat_by_the_city_s_own_rule(double perMinute, bool heat)
    {
        var began = _time.GetTimestamp();
        _board.Add("28-000000000001", new SimDs18b20(() => 30 + (perMinute * _time.GetElapsedTime(began).TotalMinutes)));
        var driver = Make("ds18b20", ("id", "28-000000000001"));
        Start(driver);
        var kind = KindCatalog.BuiltIn.Find("fire_detector")!;
        var (logic, state, sink, device) = (new DeviceLogic(kind), new DeviceState(kind), new ChangeSink(), new DeviceContext(kind, "fire-01"));
        for (var second = 0; second < 100; second += 5)
        {
            var values = new double[kind.Metrics.Count];
            Array.Fill(values, double.NaN);
            values[kind.IndexOf("temperature_celsius")] = Measure(driver)["temperature_celsius"];
            var now = _time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;
            logic.Apply(device, state, new ReadingView(now, now, values), sink);
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(heat, sink.Signals.Any(s => s is { Rule: "heat-rise", On: true }));
    }

    [Fact]
    public async Task A_call_point_s_press_and_release_between_two_polls_are_two_readings()
    {
        var line = _board.Line("gpiochip0", 5);
        line.Level = true; // open, pulled up
        await using var contact = Make("contact", ("line", "5"), ("activeLow", "true"));
        Start(contact);
        var asked = 0;
        contact.Attention = _ => asked++;
        Assert.Equal(0, Measure(contact)["pressed"]);
        line.Level = false;
        line.Level = true;
        Assert.Equal(2, asked);
        Assert.Equal((1.0, 0.0, 0.0), (Measure(contact)["pressed"], Measure(contact)["pressed"], Measure(contact)["pressed"]));
    }

    [Fact]
    public async Task A_bucket_s_tips_are_its_rain()
    {
        var time = new FakeTime();
        var board = new SimBoard(time);
        var bucket = board.Line("gpiochip0", 6);
        await using var gauge = Make(board, time, "rain-gauge", ("line", "6"), ("mm", "0.5"));
        Start(gauge);
        for (var i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            bucket.Level = true;
            bucket.Level = false;
        }

        Assert.Equal(new() { ["rain_total_mm"] = 5, ["rain_mm_h"] = 30 }, Measure(gauge));
    }

    [Fact]
    public async Task A_relay_and_a_dimmer_drive_what_hangs_on_them()
    {
        var siren = _board.Line("gpiochip0", 17);
        siren.Level = true;
        var lamp = _board.Pwm(0, 1);
        await using var relay = (OutputDriver)Make("relay", ("line", "17"));
        await using var pwm = (OutputDriver)Make("pwm", ("pwm", "0"), ("channel", "1"), ("min", "10"), ("max", "100"));
        Start(relay);
        Start(pwm);
        Assert.False(siren.Level);
        await relay.SetAsync(100, default);
        await pwm.SetAsync(50, default);
        Assert.True(siren.Level);
        Assert.Equal(0.55, lamp.DutyCycle, 1e-9);
        Assert.Equal((100.0, 50.0), (await relay.FeedbackAsync(default), await pwm.FeedbackAsync(default)));
    }

    [Fact]
    public void Two_units_with_one_address_are_refused() =>
        Assert.Throws<ArgumentException>(() => new SimModbusSlaves().Add(new SimRegisters(1)).Add(new SimRegisters(1)));

    private static Arbitrary<double> Between(double least, double most) =>
        Gen.Choose(0, 1_000_000).Select(n => least + ((most - least) * n / 1_000_000)).ToArbitrary();

    private static Driver Make(SimBoard board, TimeProvider time, string name, params (string Name, string Value)[] settings)
    {
        var faults = new List<string>();
        var part = new PartSettings(name, settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal), faults);
        var driver = DriverCatalog.All[name].Create(part, new DriverContext(board, time));
        part.CheckUnknown();
        Assert.Empty(faults);
        return driver;
    }

    private static void Start(Driver driver) => driver.StartAsync(default).AsTask().GetAwaiter().GetResult();

    private static Dictionary<string, double> Measure(Driver driver)
    {
        var into = new Measurement();
        driver.MeasureAsync(into, default).AsTask().GetAwaiter().GetResult();
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var value in into.Values)
        {
            values.Add(value.Name, value.Number);
        }

        return values;
    }

    private static DeviceFault FaultOf(Driver driver) => Assert.Throws<DriverException>(() => Measure(driver)).Fault;

    private Driver Make(string name, params (string Name, string Value)[] settings) => Make(_board, _time, name, settings);

    private SimStream Dust(string name, Func<(double Pm25, double Pm10)> air) => name == "sds011" ? new SimSds011(_time, air) : new SimPms5003(_time, air);

    private Driver Warm(string name, params (string Name, string Value)[] settings)
    {
        var driver = Make(name, settings);
        Start(driver);
        Assert.Equal(DeviceFault.WarmingUp, FaultOf(driver));
        _time.Advance(TimeSpan.FromSeconds(30));
        return driver;
    }
}
