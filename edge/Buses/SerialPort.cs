namespace SmartCity.Edge.Buses;

/// <summary>Parity of a serial line.</summary>
internal enum SerialParity
{
    /// <summary>None (8N1).</summary>
    None,

    /// <summary>Even (8E1), Modbus RTU's own default.</summary>
    Even,

    /// <summary>Odd (8O1).</summary>
    Odd,
}

/// <summary>How a serial line is used: eight data bits, one stop bit.</summary>
/// <param name="Path">Device: <c>/dev/serial0</c>, <c>/dev/ttyUSB0</c>.</param>
/// <param name="Baud">Bits a second; a standard rate.</param>
/// <param name="Parity">Parity bit.</param>
internal sealed record SerialSettings(string Path, int Baud, SerialParity Parity = SerialParity.None)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Baud} 8{Parity.ToString()[0]}1";
}

/// <summary>A serial port.</summary>
internal abstract class SerialPort : IDisposable
{
    /// <summary>How it is used.</summary>
    public abstract SerialSettings Settings { get; }

    /// <summary>One holder at a time: a request and its answer belong together.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>Reads what has come: at least one byte, or 0 when nothing comes within <paramref name="patience"/>.</summary>
    /// <exception cref="BusException">The port is gone (an adapter pulled out).</exception>
    public abstract ValueTask<int> ReadAsync(Memory<byte> into, TimeSpan patience, CancellationToken cancel);

    /// <summary>Writes all of it and waits until it has left.</summary>
    /// <exception cref="BusException">The port is gone.</exception>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel);

    /// <summary>Forgets what has come and was not read.</summary>
    public abstract void DiscardInput();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes it.</summary>
    protected virtual void Dispose(bool disposing) => Turn.Dispose();
}
