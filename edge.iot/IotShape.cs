using System.Device.Gpio;
using System.Globalization;
using System.Reflection;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using I2cDevice = System.Device.I2c.I2cDevice;
using SpiDevice = System.Device.Spi.SpiDevice;

namespace SmartCity.Edge.Iot;

/// <summary>
/// How a type of Iot.Device.Bindings is made: the constructor that takes our bus (an I2cDevice, a SpiDevice, or numbers of pins) and
/// whose other parameters have defaults or can be written in the configuration under their own names: enums by word, numbers,
/// yes or no, quantities as a number in their SI unit.
/// </summary>
internal sealed class IotShape
{
    private const int LastLine = 1_023;

    /// <summary>Names that the bus has for itself.</summary>
    private static readonly string[] Reserved = ["driver", "metrics", "metric", "bus", "address", "select", "clock", "mode", "chip", "line"];

    private readonly ConstructorInfo _constructor;
    private readonly ParameterInfo[] _parameters;
    private readonly int? _address;

    private IotShape(ConstructorInfo constructor, string bus)
    {
        _constructor = constructor;
        _parameters = constructor.GetParameters();
        _address = DefaultAddress(constructor.DeclaringType!);
        Bus = bus;
    }

    /// <summary>Where it sits: <c>i2c</c>, <c>spi</c>, <c>gpio</c>.</summary>
    public string Bus { get; }

    /// <summary>Settings with their meaning.</summary>
    public IReadOnlyDictionary<string, string> Settings
    {
        get
        {
            var all = new Dictionary<string, string>(StringComparer.Ordinal);
            switch (Bus)
            {
                case "i2c":
                    all["bus"] = "number of the I2C bus; default 1";
                    all["address"] = _address is { } a
                        ? string.Create(CultureInfo.InvariantCulture, $"address of the chip; default 0x{a:x2}")
                        : "address of the chip";
                    break;
                case "spi":
                    (all["bus"], all["select"]) = ("number of the SPI bus; default 0", "chip select; default 0");
                    (all["clock"], all["mode"]) = ("hertz; default 500000", "SPI mode, 0 … 3; default 0");
                    break;
                default:
                    all["chip"] = "GPIO chip; default gpiochip0";
                    break;
            }

            foreach (var parameter in _parameters.Where(p => Setting(p) is not null))
            {
                all[Setting(parameter)!] = Meaning(parameter);
            }

            return all;
        }
    }

    /// <summary>The shape of a type; null when it cannot be made on our buses.</summary>
    public static IotShape? Of(Type type) => type.GetConstructors()
        .Select(c => (Constructor: c, Bus: BusOf(c)))
        .Where(c => c.Bus is not null)
        .OrderBy(c => c.Constructor.GetParameters().Count(p => !p.IsOptional))
        .ThenByDescending(c => c.Constructor.GetParameters().Length)
        .Select(c => new IotShape(c.Constructor, c.Bus!))
        .FirstOrDefault();

    /// <summary>Reads the settings of a part; what it gives opens the bus and makes the sensor, and may be called again after a fault.</summary>
    public (string Where, Func<Board, IotSensor> Make) Read(PartSettings settings)
    {
        var (where, open) = OpenBus(settings);
        var arguments = _parameters.Select(p => IsBus(p) ? null : Argument(p, settings)).ToArray();
        var chip = Bus == "gpio" ? settings.Text("chip", "gpiochip0") : "gpiochip0";
        if (Bus == "gpio")
        {
            where = $"{chip} line {string.Join(", ", _parameters.Zip(arguments).Where(p => IsPin(p.First)).Select(p => p.Second))}";
        }

        return (where, board =>
        {
            var device = open(board);
            var lines = new IotGpioDriver(board, chip);
            try
            {
                // A controller is always given: types that make their own would open the machine's chips past our board.
                var controller = new GpioController(lines);
                var all = _parameters.Select((p, i) => IsBus(p) ? device : p.ParameterType == typeof(GpioController) ? controller : arguments[i]);
                return new IotSensor(
                    _constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, all.ToArray(), CultureInfo.InvariantCulture), device, lines);
            }
            catch
            {
                device?.Dispose();
                lines.Dispose();
                throw;
            }
        }
        );
    }

    private (string Where, Func<Board, IDisposable?> Open) OpenBus(PartSettings settings)
    {
        switch (Bus)
        {
            case "i2c":
                var (bus, address) = (settings.Whole("bus", 0, 255, 1), settings.Whole("address", 0x08, 0x77, _address));
                return (
                    string.Create(CultureInfo.InvariantCulture, $"i2c-{bus} 0x{address:x2}"),
                    board => new IotI2cDevice(board.OpenI2c(bus, address)));
            case "spi":
                var spi = new SpiSettings(
                    settings.Whole("bus", 0, 255, 0),
                    settings.Whole("select", 0, 255, 0),
                    settings.Whole("clock", 1, 125_000_000, 500_000),
                    settings.Whole("mode", 0, 3, 0));
                return (
                    string.Create(CultureInfo.InvariantCulture, $"spidev{spi.Bus}.{spi.ChipSelect}"),
                    board => new IotSpiDevice(board.OpenSpi(spi)));
            default:
                return ("", static _ => null);
        }
    }

    private object? Argument(ParameterInfo parameter, PartSettings settings)
    {
        if (Setting(parameter) is not { } name)
        {
            return parameter.HasDefaultValue ? parameter.DefaultValue : null;
        }

        var type = IotUnits.Plain(parameter.ParameterType);
        if (IsPin(parameter))
        {
            return settings.Whole(name, parameter.IsOptional ? -1 : 0, LastLine, parameter.IsOptional ? parameter.DefaultValue as int? ?? -1 : null);
        }

        if (parameter.IsOptional && !settings.Values.ContainsKey(name))
        {
            // Asked for nevertheless, so that it is known and none is called misspelt.
            _ = settings.Text(name, "");
            return parameter.DefaultValue is { } value && type.IsEnum ? Enum.ToObject(type, value) : parameter.DefaultValue;
        }

        if (type.IsEnum)
        {
            var words = Enum.GetNames(type);
            return Enum.Parse(type, settings.OneOf(name, words[0], words));
        }

        if (type == typeof(bool))
        {
            return settings.Flag(name, otherwise: false);
        }

        var number = settings.Number(name, double.MinValue, double.MaxValue);
        if (IotUnits.IsQuantity(type))
        {
            return IotUnits.Quantity(type, number);
        }

        try
        {
            return Convert.ChangeType(number, type, CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            settings.Fault(name, $"{settings.Values[name]} is too large");
            return Activator.CreateInstance(type);
        }
    }

    private string? Setting(ParameterInfo parameter)
    {
        if (IsPin(parameter) && Bus == "gpio" && _parameters.Count(p => IsPin(p) && !p.IsOptional) == 1 && !parameter.IsOptional)
        {
            return "line";
        }

        return IsBus(parameter) || parameter.Name == "shouldDispose" || Reserved.Contains(parameter.Name, StringComparer.Ordinal)
            || !CanBeWritten(parameter.ParameterType)
            ? null
            : parameter.Name;
    }

    private static string Meaning(ParameterInfo parameter)
    {
        var type = IotUnits.Plain(parameter.ParameterType);
        var what = IsPin(parameter) ? "number of the line"
            : type.IsEnum ? string.Join(" | ", Enum.GetNames(type))
            : IotUnits.IsQuantity(type) ? IotUnits.BaseUnit(type)
            : type == typeof(bool) ? "true | false"
            : "number";
        return parameter.IsOptional ? $"{what}; may be left out" : what;
    }

    private static string? BusOf(ConstructorInfo constructor)
    {
        var parameters = constructor.GetParameters();
        var buses = parameters.Count(IsBus);
        var pins = parameters.Count(p => IsPin(p) && !p.IsOptional);
        if (buses > 1 || (buses == 0 && pins == 0)
            || parameters.Any(p => !p.IsOptional && !IsBus(p) && p.ParameterType != typeof(GpioController)
                && (!CanBeWritten(p.ParameterType) || Reserved.Contains(p.Name, StringComparer.Ordinal))))
        {
            return null;
        }

        return buses == 0 ? "gpio" : parameters.Any(p => p.ParameterType == typeof(I2cDevice)) ? "i2c" : "spi";
    }

    private static bool IsBus(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(I2cDevice) || parameter.ParameterType == typeof(SpiDevice);

    private static bool IsPin(ParameterInfo parameter) =>
        IotUnits.Plain(parameter.ParameterType) == typeof(int) && parameter.Name?.Contains("pin", StringComparison.OrdinalIgnoreCase) == true;

    private static bool CanBeWritten(Type type)
    {
        var plain = IotUnits.Plain(type);
        return plain.IsEnum || plain == typeof(bool) || IotUnits.IsNumber(plain) || IotUnits.IsQuantity(plain);
    }

    /// <summary>The address that the type itself names as its default.</summary>
    private static int? DefaultAddress(Type type) => type
        .GetFields(BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy)
        .Where(f => f.IsLiteral && f.Name is "DefaultI2cAddress" or "DefaultAddress" && IotUnits.IsNumber(f.FieldType))
        .Select(f => (int?)Convert.ToInt32(f.GetRawConstantValue(), CultureInfo.InvariantCulture))
        .FirstOrDefault(a => a is >= 0x08 and <= 0x77);
}
