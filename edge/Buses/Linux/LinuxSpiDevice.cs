using System.Globalization;

namespace SmartCity.Edge.Buses.Linux;

/// <summary>A chip on an SPI bus through spidev: eight bits a word, most significant bit first.</summary>
internal sealed unsafe class LinuxSpiDevice : SpiDevice
{
    private const string WhenMissing =
        "switch SPI on (raspi-config, Interface Options; or dtparam=spi=on in /boot/firmware/config.txt)";

    private readonly DeviceHandle _file;

    private LinuxSpiDevice(DeviceHandle file, SpiSettings settings)
    {
        _file = file;
        Settings = settings;
    }

    /// <inheritdoc/>
    public override SpiSettings Settings { get; }

    private string Where => string.Create(CultureInfo.InvariantCulture, $"spidev{Settings.Bus}.{Settings.ChipSelect}");

    /// <summary>Opens a chip.</summary>
    /// <exception cref="BusException">It is missing or denied, or its controller does not know the mode.</exception>
    public static LinuxSpiDevice Open(string dev, SpiSettings settings)
    {
        var node = Path.Combine(dev, string.Create(CultureInfo.InvariantCulture, $"spidev{settings.Bus}.{settings.ChipSelect}"));
        var file = Kernel.Open(node, Kernel.ReadWrite);
        if (file.IsInvalid)
        {
            throw BusErrors.OfOpening(Kernel.Errno, node, WhenMissing, Holders.Of(node));
        }

        var device = new LinuxSpiDevice(file, settings);
        try
        {
            device.Configure();
            return device;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void TransferFullDuplex(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        if (bytes.Length != into.Length)
        {
            throw new ArgumentException("both spans are of one length", nameof(into));
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, SpiAbi.LongestTransfer, nameof(bytes));
        if (bytes.IsEmpty)
        {
            return;
        }

        fixed (byte* send = bytes, receive = into)
        {
            var transfer = new SpiTransfer
            {
                Send = (nuint)send,
                Receive = (nuint)receive,
                Length = (uint)bytes.Length,
                SpeedHz = (uint)Settings.ClockHz,
                BitsPerWord = 8,
            };
            Request(SpiAbi.Message, &transfer, "");
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }

    private void Configure()
    {
        var mode = (byte)(Settings.Mode & 3);
        byte bits = 8;
        var speed = (uint)Settings.ClockHz;
        Request(SpiAbi.WriteMode, &mode, string.Create(CultureInfo.InvariantCulture, $" mode {mode}"));
        Request(SpiAbi.WriteBitsPerWord, &bits, " eight bits a word");
        Request(SpiAbi.WriteSpeed, &speed, string.Create(CultureInfo.InvariantCulture, $" {speed} Hz"));
    }

    private void Request(uint request, void* argument, string what)
    {
        if (Kernel.Ioctl(_file, request, argument) < 0)
        {
            throw BusErrors.Of(BusWork.Spi, Kernel.Errno, Where + what);
        }
    }
}
