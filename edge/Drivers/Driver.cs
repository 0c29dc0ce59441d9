using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Drivers;

/// <summary>What a driver is made with.</summary>
/// <param name="Board">Buses.</param>
/// <param name="Time">Clock of conversion times, warm-up and stamps.</param>
/// <param name="State">Directory for what a part must remember over a restart (a rain counter, a burn-in), or null when nothing is kept.</param>
internal sealed record DriverContext(Board Board, TimeProvider Time, string? State = null);

/// <summary>A sensor, meter or input of a device. Calls never overlap: its device makes one after the other.</summary>
internal abstract class Driver : IAsyncDisposable
{
    /// <summary>What it is and where, for people: <c>BME280 at i2c-1 0x76</c>.</summary>
    public abstract string Where { get; }

    /// <summary>Shortest time between two measurements that the datasheet allows.</summary>
    public virtual TimeSpan MinimumInterval => TimeSpan.Zero;

    /// <summary>How often it has to be looked at where the configuration says nothing else; null = as its device reports.</summary>
    public virtual TimeSpan? Rhythm => null;

    /// <summary>Set by the device before the start: called, from any thread, when the part has something that cannot wait for the next
    /// interval (a contact closed, a bucket tipped); the device then measures at once. The argument is when it happened, as a stamp of the clock.</summary>
    public Action<long>? Attention { get; set; }

    /// <summary>Events that could not be told one by one since the program began (a contact that chatters, a kernel that had to drop); for
    /// the technician, nothing depends on it.</summary>
    public virtual long LostEvents => 0;

    /// <summary>Opens the bus, finds and resets the chip, configures it. Called before the first measurement and again after a fault.</summary>
    /// <exception cref="DriverException">It cannot be used; the message says why.</exception>
    /// <exception cref="BusException">The bus cannot be used.</exception>
    public abstract ValueTask StartAsync(CancellationToken cancel);

    /// <summary>Measures once. All or nothing: a fault gives no value at all.</summary>
    /// <exception cref="DriverException">A fault of the part.</exception>
    /// <exception cref="BusException">A fault of the bus.</exception>
    public abstract ValueTask MeasureAsync(Measurement into, CancellationToken cancel);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>A part that acts: a lamp's dimming input, a relay, a siren. What it was told last (target) and what it says is in force
/// (feedback) are two things.</summary>
internal abstract class OutputDriver : Driver
{
    /// <summary>It knows levels between on and off.</summary>
    public virtual bool Dims => true;

    /// <summary>Sets the level, 0 … 100 %; a part that only switches is on above 0.</summary>
    /// <exception cref="DriverException">It does not follow.</exception>
    /// <exception cref="BusException">The bus cannot be used.</exception>
    public abstract ValueTask SetAsync(double percent, CancellationToken cancel);

    /// <summary>The level in force as the part itself says (a register read back), 0 … 100 %; NaN when it cannot say.</summary>
    /// <exception cref="BusException">The bus cannot be used.</exception>
    public abstract ValueTask<double> FeedbackAsync(CancellationToken cancel);

    /// <summary>Outputs measure nothing of themselves.</summary>
    public override ValueTask MeasureAsync(Measurement into, CancellationToken cancel) => ValueTask.CompletedTask;
}
