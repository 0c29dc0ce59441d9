using SmartCity.Edge.Drivers.I2c;

namespace SmartCity.Simulators.Chips.I2c;

/// <summary>A simulated PCA9685, register by register (PCA9685 rev. 4, section 7.3): auto-increment, sleep and restart, a prescaler that is only
/// taken while it sleeps, all-outputs registers.</summary>
internal sealed class SimPca9685 : SimI2cChip
{
    private const byte AutoIncrement = 0x20;
    private const byte Sleep = 0x10;
    private const byte Restart = 0x80;
    private readonly byte[] _registers = new byte[256];
    private byte _pointer;

    /// <summary>A chip after power-up: asleep, every output off.</summary>
    public SimPca9685() => BrownOut();

    /// <summary>Hertz of all outputs.</summary>
    public double Frequency => 25e6 / (Pca9685.Steps * (_registers[0xFE] + 1));

    /// <summary>Part of a period in which a pin (0 … 15) is high, 0 … 1: what a lamp's dimming input gets.</summary>
    public double Level(int channel)
    {
        if ((_registers[0] & Sleep) != 0)
        {
            return 0;
        }

        var level = (double)Pca9685.Decode(_registers.AsSpan(6 + (4 * channel), 4)) / Pca9685.Steps;
        return (_registers[1] & 0x10) != 0 ? 1 - level : level;
    }

    /// <inheritdoc/>
    public override void BrownOut()
    {
        Array.Clear(_registers);
        _registers[0] = 0x11; // asleep, answers to the all-call address
        _registers[1] = 0x04;
        for (var channel = 0; channel < Pca9685.Channels; channel++)
        {
            _registers[6 + (4 * channel) + 3] = 0x10;
        }

        _registers[0xFE] = 0x1E;
        _pointer = 0;
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0)
        {
            return;
        }

        _pointer = bytes[0];
        foreach (var value in bytes[1..])
        {
            Set(_pointer, value);
            Advance();
        }
    }

    /// <inheritdoc/>
    public override void Read(Span<byte> into)
    {
        foreach (ref var value in into)
        {
            value = _pointer is >= 0xFA and <= 0xFD ? (byte)0 : _registers[_pointer];
            Advance();
        }
    }

    private void Advance()
    {
        if ((_registers[0] & AutoIncrement) != 0)
        {
            _pointer = _pointer is 69 or 0xFE ? (byte)0 : (byte)(_pointer + 1); // table 4, remark
        }
    }

    private void Set(byte register, byte value)
    {
        switch (register)
        {
            case 0:
                SetMode(value);
                break;
            case 0xFE when (_registers[0] & Sleep) != 0:
                _registers[0xFE] = Math.Max((byte)3, value);
                break;
            case >= 0xFA and <= 0xFD:
                for (var channel = 0; channel < Pca9685.Channels; channel++)
                {
                    Put(6 + (4 * channel) + (register - 0xFA), value);
                }

                break;
            case >= 1 and <= 69:
                Put(register, value);
                break;
        }
    }

    private void Put(int register, byte value)
    {
        if (Stuck)
        {
            return;
        }

        _registers[register] = register >= 6 && register % 2 == 1 ? (byte)(value & 0x1F) : value;
    }

    /// <summary>Falling asleep with an output running sets the restart bit; writing it while awake runs them again and clears it (section 7.3.1.1).</summary>
    private void SetMode(byte value)
    {
        var held = _registers[0] & Restart;
        var fallsAsleep = (_registers[0] & Sleep) == 0 && (value & Sleep) != 0;
        if (fallsAsleep && Enumerable.Range(0, Pca9685.Channels).Any(c => Level(c) is > 0 and < 1))
        {
            held = Restart;
        }
        else if ((value & Restart) != 0 && (value & Sleep) == 0)
        {
            held = 0;
        }

        _registers[0] = (byte)((value & ~Restart) | held);
    }
}
