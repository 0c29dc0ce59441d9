using System.Device.Spi;

namespace SmartCity.Edge.Iot;

/// <summary>A chip of our bus, as System.Device.Spi has it: what is only read sends zeros, what is only written drops the answer.</summary>
/// <param name="device">The chip; closed with this.</param>
internal sealed class IotSpiDevice(Buses.SpiDevice device) : SpiDevice
{
    /// <inheritdoc/>
    public override SpiConnectionSettings ConnectionSettings { get; } = new(device.Settings.Bus, device.Settings.ChipSelect)
    {
        ClockFrequency = device.Settings.ClockHz,
        Mode = (SpiMode)device.Settings.Mode,
    };

    /// <inheritdoc/>
    public override void Read(Span<byte> buffer) => device.TransferFullDuplex(new byte[buffer.Length], buffer);

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => device.TransferFullDuplex(buffer, new byte[buffer.Length]);

    /// <inheritdoc/>
    public override void TransferFullDuplex(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer) =>
        device.TransferFullDuplex(writeBuffer, readBuffer);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        device.Dispose();
        base.Dispose(disposing);
    }
}
