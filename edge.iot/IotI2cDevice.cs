using System.Device.I2c;

namespace SmartCity.Edge.Iot;

/// <summary>A chip of our bus, as System.Device.I2c has it. Faults are the bus's own (<see cref="Buses.BusException"/>).</summary>
/// <param name="device">The chip; closed with this.</param>
internal sealed class IotI2cDevice(Buses.I2cDevice device) : I2cDevice
{
    /// <inheritdoc/>
    public override I2cConnectionSettings ConnectionSettings { get; } = new(device.Bus, device.Address);

    /// <inheritdoc/>
    public override void Read(Span<byte> buffer) => device.Read(buffer);

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => device.Write(buffer);

    /// <inheritdoc/>
    public override void WriteRead(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer) => device.WriteRead(writeBuffer, readBuffer);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        device.Dispose();
        base.Dispose(disposing);
    }
}
