using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers.I2c;

/// <summary>A driver over a scripted chip.</summary>
internal sealed class DriverBench(params ScriptedI2c[] chips)
{
    public FakeTime Time { get; } = new();

    public string? State { get; set; }

    public ScriptBoard Board { get; } = new(chips);

    public Driver Make(string name, params (string Name, string Value)[] settings)
    {
        var driver = Make(name, out var faults, settings);
        Assert.Empty(faults);
        return driver;
    }

    public Driver Make(string name, out List<string> faults, params (string Name, string Value)[] settings)
    {
        faults = [];
        var part = new PartSettings("part", settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal), faults);
        var driver = DriverCatalog.All[name].Create(part, new DriverContext(Board, Time, State));
        part.CheckUnknown();
        return driver;
    }

    public Driver Started(string name, params (string Name, string Value)[] settings)
    {
        var driver = Make(name, settings);
        Start(driver);
        return driver;
    }

    public TimeSpan Start(Driver driver) => Pump.Run(Time, () => driver.StartAsync(default));

    public Dictionary<string, double> Measure(Driver driver)
    {
        var into = new Measurement();
        Pump.Run(Time, () => driver.MeasureAsync(into, default));
        return into.Values.ToArray().ToDictionary(v => v.Name, v => v.Number, StringComparer.Ordinal);
    }

    /// <summary>The fault that a measurement gives; it must give no value with it.</summary>
    public (DeviceFault Fault, string Words) FaultOf(Driver driver)
    {
        var into = new Measurement();
        var fault = Assert.Throws<DriverException>(() => Pump.Run(Time, () => driver.MeasureAsync(into, default)));
        Assert.Equal(0, into.Values.Length);
        return (fault.Fault, fault.Message);
    }

    public (DeviceFault Fault, string Words) StartFaultOf(Driver driver)
    {
        var fault = Assert.Throws<DriverException>(() => Start(driver));
        return (fault.Fault, fault.Message);
    }

    /// <summary>Cuts start and measurement after each byte in turn: the bus's fault comes out, never a value.</summary>
    public void CutEverywhere(ScriptedI2c chip, Driver driver)
    {
        chip.Bytes = 0;
        Start(driver);
        Measure(driver);
        var all = chip.Bytes;
        Assert.InRange(all, 4, 2_000);
        for (var cut = 0; cut < all; cut++)
        {
            (chip.Bytes, chip.CutAfter) = (0, cut);
            var into = new Measurement();
            var fault = Assert.ThrowsAny<Exception>(() => Pump.Run(Time, async () =>
            {
                await driver.StartAsync(default);
                await driver.MeasureAsync(into, default);
            }));
            Assert.True(fault is BusException, $"cut after {cut} of {all}: {fault}");
            Assert.Equal(0, into.Values.Length);
        }

        chip.CutAfter = null;
        Start(driver);
        Assert.NotEmpty(Measure(driver));
        chip.Absent = true;
        Assert.Equal(BusFault.NoAnswer, Assert.Throws<BusException>(() => Measure(driver)).Fault);
        Assert.Equal(BusFault.NoAnswer, Assert.Throws<BusException>(() => Start(driver)).Fault);
        chip.Absent = false;
    }
}

/// <summary>A board of scripted chips.</summary>
internal sealed class ScriptBoard(params ScriptedI2c[] chips) : Board
{
    public int Opened { get; private set; }

    public override I2cDevice OpenI2c(int bus, int address)
    {
        Opened++;
        return chips.FirstOrDefault(c => c.Address == address)
            ?? throw new BusException(BusFault.Missing, $"no chip 0x{address:x2} in this test");
    }

    public override SpiDevice OpenSpi(SpiSettings settings) => throw new NotSupportedException();

    public override GpioLine OpenGpio(GpioSettings settings) => throw new NotSupportedException();

    public override PwmChannel OpenPwm(int chip, int channel, int frequency) => throw new NotSupportedException();

    public override OneWireDevice OpenOneWire(string id) => throw new NotSupportedException();

    protected override SerialPort CreateSerial(SerialSettings settings) => throw new NotSupportedException();
}
