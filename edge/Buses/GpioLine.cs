namespace SmartCity.Edge.Buses;

/// <summary>Which way a line works.</summary>
internal enum GpioDirection
{
    /// <summary>It is read.</summary>
    Input,

    /// <summary>It is driven.</summary>
    Output,
}

/// <summary>Resistor inside the chip.</summary>
internal enum GpioPull
{
    /// <summary>As it is.</summary>
    AsIs,

    /// <summary>None.</summary>
    None,

    /// <summary>To supply.</summary>
    Up,

    /// <summary>To ground.</summary>
    Down,
}

/// <summary>How a line is used.</summary>
/// <param name="Chip">Name or path of the chip: <c>gpiochip0</c>, <c>/dev/gpiochip0</c>.</param>
/// <param name="Line">Number of the line on that chip.</param>
/// <param name="Direction">Input or output.</param>
internal sealed record GpioSettings(string Chip, int Line, GpioDirection Direction)
{
    /// <summary>Resistor, for inputs.</summary>
    public GpioPull Pull { get; init; }

    /// <summary>The logical level is the opposite of the electrical one.</summary>
    public bool ActiveLow { get; init; }

    /// <summary>Changes shorter than this are not seen (inputs); the kernel's own debounce.</summary>
    public TimeSpan Debounce { get; init; }

    /// <summary>Level that an output has from the moment it is opened.</summary>
    public bool Initial { get; init; }

    /// <summary>Who asks, as other programs see it.</summary>
    public string Consumer { get; init; } = "smartcity-edge";
}

/// <summary>A line changed.</summary>
/// <param name="Level">Logical level after it.</param>
/// <param name="Timestamp">When, as a stamp of the board's clock (<see cref="TimeProvider.GetTimestamp"/>), from the kernel's own stamp.</param>
/// <param name="Sequence">Number of the event on this line, from 1; a gap says that the kernel had to drop some. Edges that pass before the
/// kernel's own thread has looked at the first are one event without a gap; two events of one level in a row say that.</param>
internal readonly record struct GpioEdge(bool Level, long Timestamp, uint Sequence);

/// <summary>One GPIO line.</summary>
internal abstract class GpioLine : IDisposable
{
    /// <summary>How it is used.</summary>
    public abstract GpioSettings Settings { get; }

    /// <summary>Logical level now; of an output, what it drives.</summary>
    /// <exception cref="BusException">The kernel does not say.</exception>
    public abstract bool Read();

    /// <summary>Drives an output.</summary>
    /// <exception cref="BusException">It cannot be driven.</exception>
    public abstract void Write(bool level);

    /// <summary>Has every later change of an input told, in order, on a thread of the board: be quick. Once a line.</summary>
    public abstract void Watch(Action<GpioEdge> edge);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the line back; nothing is told afterwards.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
