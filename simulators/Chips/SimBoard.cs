using SmartCity.Edge.Buses;

namespace SmartCity.Simulators.Chips;

/// <summary>A board of simulated chips. What is not added is not there, and the drivers hear so in the kernel's words.</summary>
internal sealed class SimBoard(TimeProvider time) : Board
{
    private readonly Dictionary<(int Bus, int Address), SimI2cChip> _i2c = [];
    private readonly Dictionary<string, SimUart> _uarts = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Chip, int Line), SimLine> _lines = [];
    private readonly Dictionary<string, SimOneWireChip> _oneWire = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Chip, int Channel), SimPwm> _pwm = [];

    /// <summary>Adds a chip.</summary>
    public SimBoard Add(int bus, int address, SimI2cChip chip)
    {
        _i2c.Add((bus, address), chip);
        return this;
    }

    /// <summary>Adds what is at the end of a serial line.</summary>
    public SimBoard Add(string path, SimUart uart)
    {
        _uarts.Add(path, uart);
        return this;
    }

    /// <summary>Adds a 1-Wire device.</summary>
    public SimBoard Add(string id, SimOneWireChip chip)
    {
        _oneWire.Add(id, chip);
        return this;
    }

    /// <summary>A GPIO line; there as soon as it is asked for here.</summary>
    public SimLine Line(string chip, int line)
    {
        if (!_lines.TryGetValue((chip, line), out var found))
        {
            _lines.Add((chip, line), found = new SimLine());
        }

        return found;
    }

    /// <summary>A PWM channel; there as soon as it is asked for here.</summary>
    public SimPwm Pwm(int chip, int channel)
    {
        if (!_pwm.TryGetValue((chip, channel), out var found))
        {
            _pwm.Add((chip, channel), found = new SimPwm());
        }

        return found;
    }

    /// <inheritdoc/>
    public override I2cDevice OpenI2c(int bus, int address) => new SimI2cDevice(bus, address, _i2c.GetValueOrDefault((bus, address)));

    /// <inheritdoc/>
    public override SpiDevice OpenSpi(SpiSettings settings) =>
        throw new BusException(BusFault.Missing, $"/dev/spidev{settings.Bus}.{settings.ChipSelect} is not on this board");

    /// <inheritdoc/>
    public override GpioLine OpenGpio(GpioSettings settings) =>
        _lines.TryGetValue((settings.Chip, settings.Line), out var line)
            ? new SimGpioLine(settings, line, time)
            : throw new BusException(BusFault.Missing, $"{settings.Chip} has no line {settings.Line}");

    /// <inheritdoc/>
    public override PwmChannel OpenPwm(int chip, int channel, int frequency) =>
        _pwm.TryGetValue((chip, channel), out var pwm)
            ? new SimPwmChannel(pwm, frequency)
            : throw new BusException(BusFault.Missing, $"pwmchip{chip} has no channel {channel}");

    /// <inheritdoc/>
    public override OneWireDevice OpenOneWire(string id) => new SimOneWireDevice(id, _oneWire.GetValueOrDefault(id), time);

    /// <inheritdoc/>
    protected override SerialPort CreateSerial(SerialSettings settings) =>
        _uarts.TryGetValue(settings.Path, out var uart)
            ? new SimSerialPort(settings, uart, time)
            : throw new BusException(BusFault.Missing, $"{settings.Path} is not there");
}
