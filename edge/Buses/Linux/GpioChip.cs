using System.Globalization;
using System.Text;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>A GPIO chip: what it is, what its lines are, and lines of it to use.</summary>
internal sealed unsafe class GpioChip : IDisposable
{
    private const string WhenMissing = "list the chips with: smartcity-edge scan";

    /// <summary>Edges that the kernel keeps for us while this program is held up: the most that it allows, 48 KiB a watched line. The oldest
    /// give way.</summary>
    private const uint EventBuffer = 1024;

    private readonly DeviceHandle _file;

    private GpioChip(DeviceHandle file, string name, string label, int lines)
    {
        _file = file;
        Name = name;
        Label = label;
        Lines = lines;
    }

    /// <summary>Kernel name: <c>gpiochip0</c>.</summary>
    public string Name { get; }

    /// <summary>What it is: <c>pinctrl-bcm2711</c>.</summary>
    public string Label { get; }

    /// <summary>How many lines it has.</summary>
    public int Lines { get; }

    /// <summary>Opens a chip by name (<c>gpiochip0</c>), path, or label (<c>pinctrl-rp1</c>: on a Raspberry Pi 5 the number of the chip
    /// with the header depends on the kernel, the label does not).</summary>
    /// <exception cref="BusException">There is none, or it is denied.</exception>
    public static GpioChip Open(string dev, string chip)
    {
        if (chip.StartsWith('/'))
        {
            return OpenNode(chip);
        }

        if (chip.Contains('/', StringComparison.Ordinal))
        {
            throw new BusException(BusFault.Missing, $"'{chip}' is no name of a GPIO chip: it looks like gpiochip0; {WhenMissing}");
        }

        var node = Path.Combine(dev, chip);
        return File.Exists(node) || chip.StartsWith("gpiochip", StringComparison.Ordinal) ? OpenNode(node) : OpenLabel(dev, chip);
    }

    /// <summary>Nodes of all chips, by number.</summary>
    public static IReadOnlyList<string> Nodes(string dev) => LinuxInventory.Numbered(dev, "gpiochip").Select(n => n.Path).ToList();

    /// <summary>Opens the chip of a node.</summary>
    public static GpioChip OpenNode(string node)
    {
        var file = Kernel.Open(node, Kernel.ReadWrite);
        if (file.IsInvalid)
        {
            throw BusErrors.OfOpening(Kernel.Errno, node, WhenMissing);
        }

        GpioChipStatus status;
        if (Kernel.Ioctl(file, GpioAbi.ChipInfo, &status) < 0)
        {
            var error = Kernel.Errno;
            file.Dispose();
            throw BusErrors.OfOpening(error, node, WhenMissing);
        }

        return new GpioChip(
            file,
            GpioAbi.Text(new ReadOnlySpan<byte>(status.Name, GpioAbi.NameSize)),
            GpioAbi.Text(new ReadOnlySpan<byte>(status.Label, GpioAbi.NameSize)),
            (int)status.Lines);
    }

    /// <summary>What the kernel says of a line.</summary>
    /// <exception cref="BusException">There is no such line.</exception>
    public GpioLineInfo Line(int line)
    {
        var status = new GpioLineStatus { Offset = (uint)line };
        if (Kernel.Ioctl(_file, GpioAbi.LineInfo, &status) < 0)
        {
            throw BusErrors.Of(BusWork.Gpio, Kernel.Errno, Where(line));
        }

        var consumer = GpioAbi.Text(new ReadOnlySpan<byte>(status.Consumer, GpioAbi.NameSize));
        var used = (status.Flags & GpioAbi.Used) != 0;
        return new GpioLineInfo(
            line,
            GpioAbi.Text(new ReadOnlySpan<byte>(status.Name, GpioAbi.NameSize)),
            (status.Flags & GpioAbi.Output) != 0 ? GpioDirection.Output : GpioDirection.Input,
            (status.Flags & GpioAbi.ActiveLow) != 0,
            used,
            used && consumer.Length > 0 ? consumer : null);
    }

    /// <summary>Takes a line for this program.</summary>
    /// <exception cref="BusException">There is no such line, somebody holds it (the message says who), or it cannot do what is asked.</exception>
    public DeviceHandle Request(GpioSettings settings)
    {
        var line = settings.Line;
        if (line < 0 || line >= Lines)
        {
            throw new BusException(
                BusFault.Missing, string.Create(CultureInfo.InvariantCulture, $"{Name} ({Label}) has lines 0 … {Lines - 1}, and no line {line}"));
        }

        var request = new GpioRequest { Lines = 1, EventBuffer = EventBuffer, Config = Config(settings, watched: false) };
        request.Offsets[0] = (uint)line;
        var consumer = new Span<byte>(request.Consumer, GpioAbi.NameSize - 1);
        Encoding.UTF8.GetEncoder().Convert(settings.Consumer, consumer, flush: true, out _, out _, out _);
        if (Kernel.Ioctl(_file, GpioAbi.GetLine, &request) < 0)
        {
            var error = Kernel.Errno;
            throw error == Errno.Busy
                ? new BusException(BusFault.Busy, $"{Where(line)} is held by {Holder(line)}; choose another line or stop it")
                : BusErrors.Of(BusWork.Gpio, error, Where(line));
        }

        return new DeviceHandle(request.Descriptor);
    }

    /// <summary>The configuration of a line, with or without edges.</summary>
    public static GpioConfig Config(GpioSettings settings, bool watched)
    {
        var config = new GpioConfig
        {
            Flags = (settings.Direction == GpioDirection.Output ? GpioAbi.Output : GpioAbi.Input)
                | (settings.ActiveLow ? GpioAbi.ActiveLow : 0)
                | (watched ? GpioAbi.EdgeRising | GpioAbi.EdgeFalling : 0)
                | settings.Pull switch
                {
                    GpioPull.Up => GpioAbi.PullUp,
                    GpioPull.Down => GpioAbi.PullDown,
                    GpioPull.None => GpioAbi.PullNone,
                    _ => 0,
                },
        };
        if (settings.Direction == GpioDirection.Output)
        {
            config.Attributes[0] = Attribute(GpioAbi.AttributeOutputValues, settings.Initial ? 1UL : 0);
            config.Count = 1;
        }
        else if (settings.Debounce > TimeSpan.Zero)
        {
            config.Attributes[0] = Attribute(GpioAbi.AttributeDebounce, (uint)Math.Min(settings.Debounce.TotalMicroseconds, uint.MaxValue));
            config.Count = 1;
        }

        return config;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static GpioConfigAttribute Attribute(uint id, ulong value) =>
        new() { Attribute = new GpioAttribute { Id = id, Value = value }, Mask = 1 };

    private static GpioChip OpenLabel(string dev, string label)
    {
        foreach (var node in Nodes(dev))
        {
            GpioChip chip;
            try
            {
                chip = OpenNode(node);
            }
            catch (BusException e) when (e.Fault != BusFault.Denied)
            {
                continue;
            }

            if (string.Equals(chip.Label, label, StringComparison.Ordinal))
            {
                return chip;
            }

            chip.Dispose();
        }

        throw new BusException(BusFault.Missing, $"there is no GPIO chip of the name or label '{label}'; {WhenMissing}");
    }

    private string Holder(int line)
    {
        try
        {
            return Line(line).Consumer ?? "a program that gives no name";
        }
        catch (BusException)
        {
            return "a program that gives no name";
        }
    }

    private string Where(int line) => string.Create(CultureInfo.InvariantCulture, $"{Name} line {line}");
}
