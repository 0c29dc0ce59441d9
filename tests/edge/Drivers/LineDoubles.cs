using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Drivers;

/// <summary>A serial port that plays recorded bytes. What <see cref="Arrived"/> holds has come before the driver looks; every item of
/// <see cref="Coming"/> comes by one read each, a moment later; after them there is silence.</summary>
internal sealed class ScriptedPort(SerialSettings settings, JumpTime time) : SerialPort
{
    public List<byte> Arrived { get; } = [];

    public Queue<byte[]> Coming { get; } = new();

    public List<byte[]> Written { get; } = [];

    /// <summary>What the far end sends when it is asked, one item a read.</summary>
    public Func<byte[], IEnumerable<byte[]>>? Answer { get; set; }

    /// <summary>Time between two items.</summary>
    public TimeSpan Pace { get; set; } = TimeSpan.FromMilliseconds(1);

    public bool Gone { get; set; }

    public bool Disposed { get; private set; }

    public int Reads { get; private set; }

    public override SerialSettings Settings => settings;

    public override ValueTask<int> ReadAsync(Memory<byte> into, TimeSpan patience, CancellationToken cancel)
    {
        Check();
        Reads++;
        if (Arrived.Count == 0)
        {
            if (!Coming.TryDequeue(out var next) || next.Length == 0)
            {
                time.Advance(patience);
                return new(0);
            }

            time.Advance(Pace);
            Arrived.AddRange(next);
        }

        var count = Math.Min(into.Length, Arrived.Count);
        Arrived.GetRange(0, count).ToArray().CopyTo(into);
        Arrived.RemoveRange(0, count);
        return new(count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        Check();
        Written.Add(bytes.ToArray());
        foreach (var item in Answer?.Invoke(bytes.ToArray()) ?? [])
        {
            Coming.Enqueue(item);
        }

        return ValueTask.CompletedTask;
    }

    public override void DiscardInput() => Arrived.Clear();

    protected override void Dispose(bool disposing)
    {
        Disposed = true;
        base.Dispose(disposing);
    }

    private void Check()
    {
        if (Gone || Disposed)
        {
            throw new BusException(BusFault.Missing, $"{settings.Path} is gone");
        }
    }
}

/// <summary>A GPIO line whose changes a test tells.</summary>
internal sealed class ScriptedLine(GpioSettings settings) : GpioLine
{
    private Action<GpioEdge>? _edge;
    private uint _sequence;

    public bool Level { get; set; } = settings.Direction == GpioDirection.Output && settings.Initial;

    /// <summary>An output that is shorted: it reads as it likes.</summary>
    public bool? Shorted { get; set; }

    public bool Disposed { get; private set; }

    public override GpioSettings Settings => settings;

    public override bool Read() => Shorted ?? Level;

    public override void Write(bool level) => Level = level;

    public override void Watch(Action<GpioEdge> edge) => _edge = edge;

    /// <summary>The kernel tells a change; <paramref name="dropped"/> others before it were lost.</summary>
    public void Tell(bool level, long stamp, uint dropped = 0)
    {
        Level = level;
        _sequence += dropped + 1;
        _edge?.Invoke(new GpioEdge(level, stamp, _sequence));
    }

    protected override void Dispose(bool disposing) => Disposed = true;
}

/// <summary>A 1-Wire device that gives what a test says.</summary>
internal sealed class ScriptedOneWire(Func<byte[]> pad) : OneWireDevice
{
    public override string Id => "28-000000000001";

    public override ValueTask<byte[]> ReadScratchpadAsync(CancellationToken cancel) => new(pad());
}

/// <summary>A PWM channel in memory.</summary>
internal sealed class ScriptedPwm(int frequency) : PwmChannel
{
    public double? Held { get; set; }

    public double Duty { get; set; }

    public override int Frequency => frequency;

    public override double DutyCycle
    {
        get => Held ?? Duty;
        set => Duty = value;
    }
}

/// <summary>A board with one part of each bus.</summary>
internal sealed class ScriptedBoard(JumpTime time) : Board
{
    public List<ScriptedPort> Ports { get; } = [];

    public List<ScriptedLine> Lines { get; } = [];

    public Func<byte[]> Scratchpad { get; set; } = () => [];

    public ScriptedPwm Pwm { get; } = new(1000);

    /// <summary>Ports that cannot be opened.</summary>
    public bool Unplugged { get; set; }

    /// <summary>Told of each new port and line before the driver has it.</summary>
    public Action<ScriptedPort>? Opening { get; set; }

    public Action<ScriptedLine>? OpeningLine { get; set; }

    public ScriptedPort Port => Ports[^1];

    public ScriptedLine Line => Lines[^1];

    public override I2cDevice OpenI2c(int bus, int address) => throw new BusException(BusFault.Missing, "no I²C here");

    public override SpiDevice OpenSpi(SpiSettings settings) => throw new BusException(BusFault.Missing, "no SPI here");

    public override GpioLine OpenGpio(GpioSettings settings)
    {
        Lines.Add(new ScriptedLine(settings));
        OpeningLine?.Invoke(Line);
        return Line;
    }

    public override PwmChannel OpenPwm(int chip, int channel, int frequency) => Pwm;

    public override OneWireDevice OpenOneWire(string id) => new ScriptedOneWire(() => Scratchpad());

    protected override SerialPort CreateSerial(SerialSettings settings)
    {
        if (Unplugged)
        {
            throw new BusException(BusFault.Missing, $"{settings.Path} is not there");
        }

        Ports.Add(new ScriptedPort(settings, time));
        Opening?.Invoke(Port);
        return Port;
    }
}

/// <summary>Makes drivers from settings, and measures.</summary>
internal static class Parts
{
    public static T Make<T>(string driver, DriverContext context, params (string Name, string Value)[] settings)
        where T : Driver
    {
        var faults = new List<string>();
        var made = Make(driver, context, faults, settings);
        Assert.Empty(faults);
        return Assert.IsType<T>(made);
    }

    /// <summary>Faults of the settings.</summary>
    public static List<string> Faults(string driver, DriverContext context, params (string Name, string Value)[] settings)
    {
        var faults = new List<string>();
        Make(driver, context, faults, settings);
        return faults;
    }

    public static async Task<Dictionary<string, double>> MeasureAsync(this Driver driver)
    {
        var into = new Measurement();
        await driver.MeasureAsync(into, TestContext.Current.CancellationToken);
        return Values(into);
    }

    public static async Task<DriverException> FaultAsync(this Driver driver, DeviceFault fault)
    {
        var into = new Measurement();
        var thrown = await Assert.ThrowsAsync<DriverException>(async () => await driver.MeasureAsync(into, TestContext.Current.CancellationToken));
        Assert.Equal(fault, thrown.Fault);
        Assert.Equal(0, into.Values.Length);
        return thrown;
    }

    public static Dictionary<string, double> Values(Measurement measured)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var value in measured.Values)
        {
            values.Add(value.Name, value.Number);
        }

        return values;
    }

    private static Driver Make(string driver, DriverContext context, List<string> faults, (string Name, string Value)[] settings)
    {
        var part = new PartSettings("part", settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal), faults);
        var entry = DriverCatalog.All[driver];
        var made = entry.Create(part, context);
        part.CheckUnknown();

        // The schema that editors get must not forget a setting, nor have one that there is not.
        Assert.All(settings, s => Assert.True(entry.Settings.ContainsKey(s.Name) || faults.Exists(f => f.Contains(s.Name, StringComparison.Ordinal)), s.Name));
        return made;
    }
}
