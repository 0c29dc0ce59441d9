namespace SmartCity.Edge.Buses;

/// <summary>How a chip wants its SPI bus.</summary>
/// <param name="Bus">Number of the bus: <c>/dev/spidev{bus}.{select}</c>.</param>
/// <param name="ChipSelect">Chip select line.</param>
/// <param name="ClockHz">Clock in hertz.</param>
/// <param name="Mode">SPI mode, 0 … 3 (clock polarity and phase).</param>
internal sealed record SpiSettings(int Bus, int ChipSelect, int ClockHz = 1_000_000, int Mode = 0);

/// <summary>A chip on an SPI bus, shaped after System.Device.Spi's type.</summary>
internal abstract class SpiDevice : IDisposable
{
    /// <summary>How it is used.</summary>
    public abstract SpiSettings Settings { get; }

    /// <summary>Writes and reads at once; both spans are of one length, at most 4,096 bytes (spidev's default buffer).</summary>
    /// <exception cref="BusException">The transfer failed.</exception>
    public abstract void TransferFullDuplex(ReadOnlySpan<byte> bytes, Span<byte> into);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes it.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
