using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// NXP PCA9685, sixteen PWM outputs of twelve bits (PCA9685 rev. 4), shared by the lamps on it. It keeps what each lamp was told, so that
/// a chip that lost its settings comes back with every lamp as it was. A chip that runs with the right settings is left running: lamps do not
/// go dark because this program starts. Register calls of at most four bytes: it also works on adapters that know SMBus only.
/// </summary>
/// <param name="board">Where it is opened.</param>
/// <param name="place">Where it sits.</param>
/// <param name="time">Clock of the start of its oscillator.</param>
internal sealed class Pca9685(Board board, I2cPlace place, TimeProvider time) : SharedChip(board, place)
{
    /// <summary>Outputs.</summary>
    public const int Channels = 16;

    /// <summary>Steps of a period.</summary>
    public const int Steps = 4_096;

    // Registers: section 7.3, table 4.
    private const byte Mode1 = 0x00;
    private const byte Mode2 = 0x01;
    private const byte FirstOutput = 0x06;
    private const byte Prescale = 0xFE;

    // MODE1: section 7.3.1, table 5.
    private const byte Restart = 0x80;
    private const byte AutoIncrement = 0x20;
    private const byte Sleep = 0x10;

    // MODE2: section 7.3.2, table 6.
    private const byte Inverted = 0x10;
    private const byte TotemPole = 0x04;

    /// <summary>Bit 4 of the high bytes: always on, or always off, which goes before it (section 7.3.3, table 7).</summary>
    private const byte Full = 0x10;

    private const double Oscillator = 25e6; // Hz, section 7.3.5

    private readonly int?[] _told = new int?[Channels];
    private (byte Prescale, byte Mode2)? _settings;

    /// <inheritdoc/>
    public override string Name => "PCA9685";

    /// <summary>The value of the prescaler for a frequency (section 7.3.5, equation 1).</summary>
    public static byte PrescaleOf(double hertz) => (byte)Math.Clamp(Math.Round(Oscillator / (Steps * hertz)) - 1, 3, 255);

    /// <summary>The four registers of an output for so many steps on (section 7.3.3).</summary>
    public static void Encode(int steps, Span<byte> registers)
    {
        registers.Clear();
        switch (steps)
        {
            case <= 0:
                registers[3] = Full;
                break;
            case >= Steps:
                registers[1] = Full;
                break;
            default:
                registers[2] = (byte)steps;
                registers[3] = (byte)(steps >> 8);
                break;
        }
    }

    /// <summary>Steps on that four registers say.</summary>
    public static int Decode(ReadOnlySpan<byte> registers)
    {
        if ((registers[3] & Full) != 0)
        {
            return 0;
        }

        if ((registers[1] & Full) != 0)
        {
            return Steps;
        }

        var on = registers[0] | ((registers[1] & 0x0F) << 8);
        var off = registers[2] | ((registers[3] & 0x0F) << 8);
        return (off - on + Steps) % Steps;
    }

    /// <summary>The shared chip of a place.</summary>
    /// <exception cref="DriverException">Another type of chip is configured there.</exception>
    public static Pca9685 Take(DriverContext context, I2cPlace place) =>
        Take(context.Board, place, (board, p) => new Pca9685(board, p, context.Time));

    /// <summary>Opens the chip anew and sets it up unless it already runs so.</summary>
    /// <exception cref="DriverException">It does not take its settings, or another lamp has set others.</exception>
    /// <exception cref="BusException">The bus cannot be used.</exception>
    public async ValueTask StartAsync(double hertz, bool inverted, CancellationToken cancel)
    {
        await Turn.WaitAsync(cancel);
        try
        {
            var wanted = (PrescaleOf(hertz), (byte)(TotemPole | (inverted ? Inverted : 0)));
            if (_settings is { } held && held != wanted)
            {
                throw new DriverException(
                    DeviceFault.Unavailable, $"{Name} at {Place}: another lamp on it has another 'frequency' or 'invert'; they share both");
            }

            Close();
            _settings = wanted;
            if (IsLost())
            {
                await SetUpAsync(cancel);
            }
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Sets an output and reads it back; sets the chip up again first when it lost its settings.</summary>
    /// <returns>Whether it had lost them.</returns>
    /// <exception cref="DriverException">It does not follow.</exception>
    /// <exception cref="BusException">The bus cannot be used.</exception>
    public async ValueTask<bool> SetAsync(int channel, int steps, CancellationToken cancel)
    {
        await Turn.WaitAsync(cancel);
        try
        {
            _told[channel] = steps;
            var lost = IsLost();
            if (lost)
            {
                await SetUpAsync(cancel);
            }

            Put(channel, steps);
            if (Get(channel) != steps)
            {
                throw IsLost()
                    ? new DriverException(DeviceFault.Reset, $"{Name} at {Place}: it lost its settings: its supply breaks down under this load")
                    : new DriverException(DeviceFault.Frame, $"{Name} at {Place}: output {channel} does not take its level: another chip is there, or the bus is disturbed");
            }

            return lost;
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Steps on that an output gives now; null when the chip has lost its settings and drives nothing.</summary>
    /// <exception cref="BusException">The bus cannot be used.</exception>
    public async ValueTask<int?> GetAsync(int channel, CancellationToken cancel)
    {
        await Turn.WaitAsync(cancel);
        try
        {
            return IsLost() ? null : Get(channel);
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Sets the chip up again with every level it was told, when it has lost its settings.</summary>
    /// <returns>Whether it had lost them.</returns>
    /// <exception cref="DriverException">It does not take its settings.</exception>
    /// <exception cref="BusException">The bus cannot be used.</exception>
    public async ValueTask<bool> RestoreAsync(CancellationToken cancel)
    {
        await Turn.WaitAsync(cancel);
        try
        {
            var lost = IsLost();
            if (lost)
            {
                await SetUpAsync(cancel);
            }

            return lost;
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>After a power-up it sleeps, does not count up, and has its own prescaler (tables 5 and 6, section 7.3.5).</summary>
    private bool IsLost()
    {
        var mode = Device.ReadRegister(Mode1);
        return (mode & (AutoIncrement | Sleep)) != AutoIncrement
            || Device.ReadRegister(Prescale) != _settings!.Value.Prescale
            || (Device.ReadRegister(Mode2) & (Inverted | TotemPole)) != _settings.Value.Mode2;
    }

    private async ValueTask SetUpAsync(CancellationToken cancel)
    {
        var (prescale, mode2) = _settings!.Value;

        // The prescaler is only taken while it sleeps (section 7.3.5). Sleeping sets the restart bit if outputs were running.
        Device.WriteRegister(Mode1, AutoIncrement | Sleep);
        Device.WriteRegister(Prescale, prescale);
        Device.WriteRegister(Mode2, mode2);
        var restart = Device.ReadRegister(Mode1) & Restart;
        Device.WriteRegister(Mode1, AutoIncrement);

        // The oscillator needs 500 µs before the restart bit may be written (section 7.3.1.1).
        await time.AtLeastAsync(0.5, cancel);
        if (restart != 0)
        {
            Device.WriteRegister(Mode1, AutoIncrement | Restart);
        }

        for (var channel = 0; channel < Channels; channel++)
        {
            if (_told[channel] is { } steps)
            {
                Put(channel, steps);
            }
        }

        if (IsLost())
        {
            throw new DriverException(DeviceFault.WrongChip, $"{Name} at {Place}: it does not take its settings: another chip is there");
        }
    }

    private void Put(int channel, int steps)
    {
        Span<byte> registers = stackalloc byte[4];
        Encode(steps, registers);
        Device.WriteRegisters((byte)(FirstOutput + (4 * channel)), registers);
    }

    private int Get(int channel)
    {
        Span<byte> registers = stackalloc byte[4];
        Device.ReadRegisters((byte)(FirstOutput + (4 * channel)), registers);
        return Decode(registers);
    }
}
