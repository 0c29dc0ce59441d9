namespace SmartCity.Edge.Buses;

/// <summary>A device on a 1-Wire bus, through the kernel's w1 driver.</summary>
internal abstract class OneWireDevice : IDisposable
{
    /// <summary>Kernel name: family and serial number, as <c>28-0316a2795b1d</c>.</summary>
    public abstract string Id { get; }

    /// <summary>Starts a conversion, waits for it, and reads the scratchpad's nine bytes, the CRC among them (checked by the driver).</summary>
    /// <exception cref="BusException">It is gone from the bus.</exception>
    public abstract ValueTask<byte[]> ReadScratchpadAsync(CancellationToken cancel);

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
