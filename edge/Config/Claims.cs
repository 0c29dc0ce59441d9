using System.Globalization;

namespace SmartCity.Edge.Config;

/// <summary>Who has which line, address and port: two parts that take the same one would disturb each other in ways that look like broken sensors.</summary>
internal sealed class Claims
{
    private readonly Dictionary<string, string> _exclusive = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Chip, string Path)> _chips = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Settings, bool Shared, string Path)> _ports = new(StringComparer.Ordinal);

    /// <summary>Notes what a part takes; a second claim is a fault.</summary>
    public void Add(PartConfig part)
    {
        string Of(string name) => part.Settings.Effective.GetValueOrDefault(name, "");
        switch (part.Driver.Bus)
        {
            case "i2c" when int.TryParse(Of("address"), CultureInfo.InvariantCulture, out var address):
                Chip(part, $"i2c-{Of("bus")} 0x{address:x2}", Of("channel"));
                break;
            case "gpio":
                var chip = Of("chip");
                Exclusive(part, "line", $"{(chip.StartsWith("/dev/", StringComparison.Ordinal) ? chip[5..] : chip)} line {Of("line")}");
                break;
            case "pwm":
                Exclusive(part, "channel", $"pwmchip{Of("pwm")} channel {Of("channel")}");
                break;
            case "1-wire":
                Exclusive(part, "id", $"1-Wire {Of("id")}");
                break;
            case "uart":
                Port(part, Of("port"), Settings(Of("baud"), Of("parity")), Of("unit"));
                break;
            default:
                break;
        }
    }

    /// <summary>A meter that leaves no choice is at 9600 8N1, as every one of ours is (PZEM-004T v3 manual, section 2.2).</summary>
    private static string Settings(string baud, string parity) => $"{(baud.Length > 0 ? baud : "9600")} {(parity.Length > 0 ? parity : "none")}";

    /// <summary>Chips with several channels, each of them a part of its own.</summary>
    private static string? SharedChip(string driver) => driver switch
    {
        "pca9685" => "pca9685",
        "fire-loop" or "mq2" => "ads1115",
        _ when driver.StartsWith("ads1115", StringComparison.Ordinal) => "ads1115",
        _ => null,
    };

    private void Chip(PartConfig part, string address, string channel)
    {
        if (SharedChip(part.Driver.Name) is not { } chip)
        {
            chip = part.Settings.Path;
        }
        else
        {
            Exclusive(part, "channel", $"{address} channel {channel}");
        }

        if (_chips.TryAdd(address, (chip, part.Settings.Path)) || string.Equals(_chips[address].Chip, chip, StringComparison.Ordinal))
        {
            return;
        }

        part.Settings.Fault("address", $"{address} is taken by {_chips[address].Path}; two chips on one bus need two addresses");
    }

    private void Exclusive(PartConfig part, string setting, string what)
    {
        if (!_exclusive.TryAdd(what, part.Settings.Path))
        {
            part.Settings.Fault(setting, $"{what} is taken by {_exclusive[what]}; give each its own");
        }
    }

    private void Port(PartConfig part, string port, string settings, string unit)
    {
        // Units of a Modbus line are told apart by their number; a sensor that talks unasked has its port to itself.
        if (unit.Length > 0)
        {
            Exclusive(part, "unit", $"{port} unit {unit}");
        }

        if (_ports.TryAdd(port, (settings, unit.Length > 0, part.Settings.Path)))
        {
            return;
        }

        var other = _ports[port];
        if (unit.Length == 0 || !other.Shared)
        {
            part.Settings.Fault("port", $"{port} is taken by {other.Path}; only meters with a unit number share a line");
        }
        else if (!string.Equals(settings, other.Settings, StringComparison.Ordinal))
        {
            part.Settings.Fault("port", $"{other.Path} has {port} at other settings ({other.Settings.Trim()}, here {settings.Trim()}); one line has one baud rate and parity");
        }
    }
}
