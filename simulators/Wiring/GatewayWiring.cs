using SmartCity.Simulators.Chips;
using SmartCity.Simulators.Chips.I2c;
using SmartCity.Simulators.Chips.Lines;

namespace SmartCity.Simulators.Wiring;

/// <summary>
/// What an installer does with a cabinet: gives every sensor its bus, address, port or line, and remembers it for the configuration.
/// Buses beyond the first are the channels of a multiplexer, as the kernel numbers them.
/// </summary>
internal sealed class GatewayWiring(TimeProvider time)
{
    /// <summary>Units on one RS-485 pair: 32 loads, the master among them (TIA-485).</summary>
    private const int UnitsPerPair = 31;

    /// <summary>Converters and dimmers that fit a bus by their address pins (ADS1115: 4; PCA9685: 8 below the converters' addresses).</summary>
    private const int ConvertersPerBus = 4;
    private const int DimmersPerBus = 8;
    private const int ConverterChannels = 4;
    private const int DimmerChannels = 16;

    private readonly List<Func<double>> _volts = [];
    private SimPca9685? _dimmer;
    private SimModbusSlaves? _pair;
    private int _dimmers;
    private int _pairs;
    private int _units;
    private int _ports;
    private int _lines;
    private int _thermometers;
    private int _stations;
    private bool _feederTaken;

    /// <summary>The cabinet.</summary>
    public SimBoard Board { get; } = new(time);

    /// <summary>The wire of the siren; null without one.</summary>
    public SimLine? Siren { get; set; }

    /// <summary>Clock.</summary>
    public TimeProvider Time => time;

    /// <summary>The main switch and the lamps behind it.</summary>
    public SimFeeder Feeder { get; } = new(time);

    /// <summary>Lamps are measured in the cabinet, on the gateway's battery, and so say 0 V and 0 W without mains; else at each pole, where a meter
    /// without mains does not answer.</summary>
    public bool MetersInCabinet { get; init; }

    /// <summary>Requests and answers on the serial pairs take as long as at 9600 baud; else none, so that a city may be asked for more readings a second
    /// than its lines would carry.</summary>
    public bool LineTime { get; init; }

    /// <summary>The feeder for a cabinet's meter: that of the lamps for the first cabinet, one without lamps for a further one.</summary>
    public SimFeeder TakeFeeder()
    {
        if (_feederTaken)
        {
            return new SimFeeder(time) { Mains = Feeder.Mains };
        }

        _feederTaken = true;
        return Feeder;
    }

    /// <summary>A dimming channel: its settings, and the level on it now in percent.</summary>
    public (string Part, Func<double> Level) Dimmer()
    {
        var index = _dimmers++;
        var (chip, channel) = (index / DimmerChannels, index % DimmerChannels);
        var (bus, address) = (1 + (chip / DimmersPerBus), 0x40 + (chip % DimmersPerBus));
        if (channel == 0)
        {
            Board.Add(bus, address, _dimmer = new SimPca9685());
        }

        var dimmer = _dimmer!;
        return (PartText.Of("pca9685", ("bus", bus), ("address", PartText.Hex(address)), ("channel", channel)), () => 100 * dimmer.Level(channel));
    }

    /// <summary>A converter's input for a voltage: the settings of its place.</summary>
    public (int Bus, string Address, int Channel) Converter(Func<double> volts)
    {
        var index = _volts.Count;
        _volts.Add(volts);
        var (chip, channel) = (index / ConverterChannels, index % ConverterChannels);
        var (bus, address) = (1 + (chip / ConvertersPerBus), 0x48 + (chip % ConvertersPerBus));
        if (channel == 0)
        {
            Board.Add(bus, address, new SimAds1115(c => index + c < _volts.Count ? _volts[index + c]() : 0, time));
        }

        return (bus, PartText.Hex(address), channel);
    }

    /// <summary>A bus of its own for an environment station's chips, whose addresses are all alike.</summary>
    public int StationBus() => 10 + _stations++;

    /// <summary>A place on an RS-485 pair: its port and a free unit address.</summary>
    public (string Port, byte Unit) Unit(Func<byte, SimModbusSlave> make)
    {
        if (_pair is null || _units == UnitsPerPair)
        {
            _pair = new SimModbusSlaves(LineTime ? time : null);
            _units = 0;
            Board.Add($"/dev/ttyUSB{_pairs++}", _pair);
        }

        var unit = (byte)++_units;
        _pair.Add(make(unit));
        return ($"/dev/ttyUSB{_pairs - 1}", unit);
    }

    /// <summary>A serial port of its own.</summary>
    public string Port(SimUart end)
    {
        var port = $"/dev/ttyAMA{_ports++}";
        Board.Add(port, end);
        return port;
    }

    /// <summary>A GPIO line.</summary>
    public (string Chip, int Number, SimLine Line) Line()
    {
        var number = _lines++;
        return ("gpiochip0", number, Board.Line("gpiochip0", number));
    }

    /// <summary>A 1-Wire thermometer.</summary>
    public string Thermometer(Func<double> celsius)
    {
        var id = $"28-{0x0316a2000000 + _thermometers++:x12}";
        Board.Add(id, new SimDs18b20(celsius));
        return id;
    }
}
