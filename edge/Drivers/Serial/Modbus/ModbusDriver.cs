using System.Globalization;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Serial.Modbus;

/// <summary>A unit on a Modbus line: opens the port (with the others on it), and gives it up when its adapter has gone.</summary>
internal abstract class ModbusDriver : Driver
{
    private static readonly int[] Bauds = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200];

    private readonly DriverContext _context;
    private readonly SerialSettings _settings;
    private readonly string _name;
    private readonly byte _unit;
    private readonly ModbusMaster _master;
    private SerialPort? _port;

    /// <summary>Reads the settings <c>port</c>, <c>timeout</c>, <c>retries</c> and, where one may choose, <c>baud</c> and <c>parity</c>.</summary>
    /// <param name="name">The meter's name, for people.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="context">What drivers are made with.</param>
    /// <param name="unit">Its address.</param>
    /// <param name="choice">Whether rate and parity can be chosen; else 9600 8N1.</param>
    protected ModbusDriver(string name, PartSettings settings, DriverContext context, byte unit, bool choice)
    {
        var baud = 9600;
        var parity = SerialParity.None;
        if (choice)
        {
            baud = settings.Whole("baud", 1200, 115_200, 9600);
            if (!Bauds.Contains(baud))
            {
                settings.Fault("baud", $"{baud} is none of {string.Join(", ", Bauds)}");
            }

            parity = settings.OneOf("parity", "none", "none", "even", "odd") switch
            {
                "even" => SerialParity.Even,
                "odd" => SerialParity.Odd,
                _ => SerialParity.None,
            };
        }

        _context = context;
        _name = name;
        _unit = unit;
        _settings = new SerialSettings(settings.Text("port"), baud, parity);
        _master = ModbusMaster.Of(settings, unit, context.Time);
    }

    /// <inheritdoc/>
    public override string Where => string.Create(CultureInfo.InvariantCulture, $"{_name} unit {_unit} at {_settings.Path}");

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel)
    {
        Close();
        _port = _context.Board.OpenSerial(_settings);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Close();
        return base.DisposeAsync();
    }

    /// <summary>Reads consecutive registers.</summary>
    /// <exception cref="DriverException">The unit does not answer, or refuses, or its answers are broken.</exception>
    /// <exception cref="BusException">The port is gone.</exception>
    protected async ValueTask ReadAsync(byte function, int first, Memory<ushort> into, CancellationToken cancel)
    {
        var port = _port ?? throw new DriverException(DeviceFault.Unavailable, $"{Where} has not been started");
        try
        {
            await _master.ReadAsync(port, function, first, into, Where, cancel);
        }
        catch (BusException e) when (e.Fault != BusFault.Busy)
        {
            _port = null;
            _context.Board.Lose(port);
            throw;
        }
    }

    private void Close()
    {
        if (_port is { } port)
        {
            _port = null;
            _context.Board.Close(port);
        }
    }
}
