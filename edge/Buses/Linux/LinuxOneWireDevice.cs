using System.Globalization;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>A thermometer on a 1-Wire bus through the kernel's <c>w1_slave</c> file: reading it converts, waits and reads.</summary>
internal sealed class LinuxOneWireDevice : OneWireDevice
{
    private const int ScratchpadLength = 9;

    private readonly string _path;

    private LinuxOneWireDevice(string id, string path)
    {
        Id = id;
        _path = path;
    }

    /// <inheritdoc/>
    public override string Id { get; }

    /// <summary>Opens a device.</summary>
    /// <exception cref="BusException">The name is none, or it is not on the bus; the message says what is.</exception>
    public static LinuxOneWireDevice Open(string sys, string id)
    {
        if (!IsName(id))
        {
            throw new BusException(BusFault.Missing, $"'{id}' is no name of a 1-Wire device: it looks like 28-0316a2795b1d");
        }

        var folder = Path.Combine(sys, "bus/w1/devices", id);
        if (Directory.Exists(folder))
        {
            return new LinuxOneWireDevice(id, Path.Combine(folder, "w1_slave"));
        }

        var bus = LinuxInventory.OneWireBus(sys);
        throw new BusException(BusFault.Missing, (bus.Masters, bus.Devices.Count) switch
        {
            (0, _) => $"{id}: there is no 1-Wire bus; put dtoverlay=w1-gpio into /boot/firmware/config.txt and restart the board",
            (_, 0) => $"{id} is not on the 1-Wire bus, and nothing else is: check its three wires and the 4.7 kΩ pull-up",
            _ => $"{id} is not on the 1-Wire bus; there are {string.Join(", ", bus.Devices)}",
        });
    }

    /// <summary>The name of a device: family and serial number in small hexadecimal digits.</summary>
    public static bool IsName(string id) =>
        id.Length == 15 && id[2] == '-' && id.Where((_, i) => i != 2).All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));

    /// <inheritdoc/>
    public override async ValueTask<byte[]> ReadScratchpadAsync(CancellationToken cancel)
    {
        // The read sleeps in the kernel for the conversion (up to 750 ms at 12 bits): on a thread of its own, not the pool's.
        var text = await Task.Factory.StartNew(Read, cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(cancel);
        return Parse(Id, text);
    }

    /// <summary>
    /// The bytes of the kernel's text (drivers/w1/slaves/w1_therm.c): the first line has what was read now with its verdict, the second
    /// what was read last without fault. Only the first is this measurement.
    /// </summary>
    /// <exception cref="BusException">Nothing was read, or the text is not the kernel's.</exception>
    public static byte[] Parse(string id, string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines.Length == 0)
        {
            // The kernel asks ten times and then gives nothing, whether nothing came or only wrong checksums (convert_t of w1_therm.c).
            throw new BusException(
                BusFault.NoAnswer,
                $"{id} does not answer on the 1-Wire bus, or with wrong checksums only: check its wires, the 4.7 kΩ pull-up and the length of the cable");
        }

        if (lines.Length < 2 || Bytes(lines[0]) is not { } now || Bytes(lines[1]) is not { } last)
        {
            throw new BusException(BusFault.Broken, $"{id}: the kernel's answer is cut short");
        }

        var good = lines[0].EndsWith(" YES", StringComparison.Ordinal);
        if (!good && !lines[0].EndsWith(" NO", StringComparison.Ordinal))
        {
            throw new BusException(BusFault.Broken, $"{id}: the kernel gives no verdict on the checksum");
        }

        return good && !now.AsSpan().SequenceEqual(last)
            ? throw new BusException(BusFault.Broken, $"{id}: the two lines of the kernel's answer contradict each other")
            : now;
    }

    private static byte[]? Bytes(string line)
    {
        var words = line.Split(' ');
        if (words.Length < ScratchpadLength)
        {
            return null;
        }

        var bytes = new byte[ScratchpadLength];
        for (var i = 0; i < ScratchpadLength; i++)
        {
            if (words[i].Length != 2
                || !byte.TryParse(words[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i]))
            {
                return null;
            }
        }

        return bytes;
    }

    private string Read() => SysFile.TryReadAll(_path, out var error) ?? throw (error is Errno.NoEntry or Errno.NoDevice
        ? new BusException(BusFault.Missing, $"{Id} has gone from the 1-Wire bus: check its wires")
        : BusErrors.Of(BusWork.Sysfs, error, $"1-Wire {Id}"));
}
