using SmartCity.Edge.Buses;

namespace SmartCity.Simulators.Chips;

/// <summary>State of a simulated PWM output.</summary>
internal sealed class SimPwm
{
    /// <summary>Part of a period that is high, 0 … 1.</summary>
    public double DutyCycle { get; set; }
}

internal sealed class SimI2cDevice(int bus, int address, SimI2cChip? chip) : I2cDevice
{
    public override int Bus => bus;

    public override int Address => address;

    public override void Read(Span<byte> into)
    {
        var there = There(into.Length);
        lock (there)
        {
            there.Read(into);
        }
    }

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        var there = There(bytes.Length);
        lock (there)
        {
            there.Write(bytes);
        }
    }

    public override void WriteRead(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        var there = There(bytes.Length + into.Length);
        lock (there)
        {
            there.Write(bytes);
            there.Read(into);
        }
    }

    private SimI2cChip There(int bytes)
    {
        if (chip is null or { Absent: true })
        {
            throw new BusException(BusFault.NoAnswer, $"i2c-{bus} 0x{address:x2}: nothing answers");
        }

        if (chip.BreaksAfter is { } limit && bytes > limit)
        {
            throw new BusException(BusFault.Broken, $"i2c-{bus} 0x{address:x2}: the chip stopped acknowledging after {limit} bytes");
        }

        return chip;
    }
}

internal sealed class SimGpioLine : GpioLine
{
    private readonly SimLine _line;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private Action<GpioEdge>? _edge;
    private uint _sequence;

    public SimGpioLine(GpioSettings settings, SimLine line, TimeProvider time)
    {
        Settings = settings;
        _line = line;
        _time = time;
        if (settings.Direction == GpioDirection.Output)
        {
            Write(settings.Initial);
        }
        else
        {
            line.Changed += OnChanged;
        }
    }

    public override GpioSettings Settings { get; }

    public override bool Read() => _line.Level ^ Settings.ActiveLow;

    public override void Write(bool level) => _line.Level = level ^ Settings.ActiveLow;

    public override void Watch(Action<GpioEdge> edge) => _edge = edge;

    protected override void Dispose(bool disposing)
    {
        _line.Changed -= OnChanged;
        _edge = null;
    }

    private void OnChanged(bool level)
    {
        lock (_gate)
        {
            _edge?.Invoke(new GpioEdge(level ^ Settings.ActiveLow, _time.GetTimestamp(), ++_sequence));
        }
    }
}

internal sealed class SimPwmChannel(SimPwm pwm, int frequency) : PwmChannel
{
    public override int Frequency => frequency;

    public override double DutyCycle
    {
        get => pwm.DutyCycle;
        set => pwm.DutyCycle = value;
    }
}

internal sealed class SimOneWireDevice(string id, SimOneWireChip? chip, TimeProvider time) : OneWireDevice
{
    // Conversion at 12 bits (DS18B20 datasheet, table 2).
    private static readonly TimeSpan Conversion = TimeSpan.FromMilliseconds(750);

    public override string Id => id;

    public override async ValueTask<byte[]> ReadScratchpadAsync(CancellationToken cancel)
    {
        if (chip is null or { Absent: true })
        {
            throw new BusException(BusFault.NoAnswer, $"1-Wire {id}: it is not on the bus");
        }

        await Task.Delay(Conversion, time, cancel);
        return chip.Scratchpad();
    }
}
