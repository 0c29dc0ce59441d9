namespace SmartCity.Edge.Buses;

/// <summary>
/// Everything that drivers can open on one machine. The seam between the program and hardware: <c>LinuxBoard</c> is the kernel's own
/// interface, the simulators have a board of simulated chips, and nothing else makes a reading.
/// </summary>
internal abstract class Board : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (SerialPort Port, int Holders)> _serial = new(StringComparer.Ordinal);
    private readonly List<(SerialPort Port, int Holders)> _lost = [];

    /// <summary>A chip on an I²C bus.</summary>
    /// <param name="bus">Number of the bus: <c>/dev/i2c-{bus}</c>.</param>
    /// <param name="address">Seven-bit address, 0x08 … 0x77.</param>
    /// <exception cref="BusException">The bus cannot be opened.</exception>
    public abstract I2cDevice OpenI2c(int bus, int address);

    /// <summary>A chip on an SPI bus.</summary>
    /// <exception cref="BusException">It cannot be opened.</exception>
    public abstract SpiDevice OpenSpi(SpiSettings settings);

    /// <summary>One line of a GPIO chip.</summary>
    /// <exception cref="BusException">There is no such line, or somebody holds it.</exception>
    public abstract GpioLine OpenGpio(GpioSettings settings);

    /// <summary>A PWM output.</summary>
    /// <param name="chip">Number of the chip: <c>/sys/class/pwm/pwmchip{chip}</c>.</param>
    /// <param name="channel">Channel of that chip.</param>
    /// <param name="frequency">Hertz.</param>
    /// <exception cref="BusException">There is none, or it is held.</exception>
    public abstract PwmChannel OpenPwm(int chip, int channel, int frequency);

    /// <summary>A 1-Wire device by its kernel name, as <c>28-0316a2795b1d</c>.</summary>
    /// <exception cref="BusException">It is not on the bus.</exception>
    public abstract OneWireDevice OpenOneWire(string id);

    /// <summary>A serial port. Whoever opens the same path again gets the same port (meters share an RS-485 pair): transfers of several
    /// bytes happen under <see cref="SerialPort.Turn"/>. Each holder calls <see cref="Close(SerialPort)"/>.</summary>
    /// <exception cref="BusException">It cannot be opened, or is open with other settings.</exception>
    public SerialPort OpenSerial(SerialSettings settings)
    {
        lock (_gate)
        {
            if (_serial.TryGetValue(settings.Path, out var held))
            {
                if (held.Port.Settings != settings)
                {
                    throw new BusException(
                        BusFault.Busy,
                        $"{settings.Path} is already open at {held.Port.Settings}; devices on one line need the same settings, not {settings}");
                }

                _serial[settings.Path] = held with { Holders = held.Holders + 1 };
                return held.Port;
            }

            var port = CreateSerial(settings);
            _serial.Add(settings.Path, (port, 1));
            return port;
        }
    }

    /// <summary>Gives a serial port back; the last holder closes it.</summary>
    public void Close(SerialPort port)
    {
        lock (_gate)
        {
            var lost = _lost.FindIndex(l => l.Port == port);
            if (lost >= 0)
            {
                if (_lost[lost].Holders > 1)
                {
                    _lost[lost] = _lost[lost] with { Holders = _lost[lost].Holders - 1 };
                    return;
                }

                _lost.RemoveAt(lost);
                port.Dispose();
                return;
            }

            if (!_serial.TryGetValue(port.Settings.Path, out var held) || held.Port != port)
            {
                return;
            }

            if (held.Holders > 1)
            {
                _serial[port.Settings.Path] = held with { Holders = held.Holders - 1 };
                return;
            }

            _serial.Remove(port.Settings.Path);
        }

        port.Dispose();
    }

    /// <summary>Gives back a port whose adapter has gone (pulled out, or the kernel says so). Its other holders find out at their next
    /// transfer; meanwhile whoever opens the path again gets a new port, not the dead one.</summary>
    public void Lose(SerialPort port)
    {
        lock (_gate)
        {
            if (_serial.TryGetValue(port.Settings.Path, out var held) && held.Port == port)
            {
                _serial.Remove(port.Settings.Path);
                _lost.Add(held);
            }
        }

        Close(port);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens a serial port for the first holder.</summary>
    protected abstract SerialPort CreateSerial(SerialSettings settings);

    /// <summary>Closes what is still open.</summary>
    protected virtual void Dispose(bool disposing)
    {
        lock (_gate)
        {
            foreach (var (port, _) in _serial.Values.Concat(_lost))
            {
                port.Dispose();
            }

            _serial.Clear();
            _lost.Clear();
        }
    }
}
