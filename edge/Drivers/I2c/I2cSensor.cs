using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>What the drivers of chips on I²C share: a chip that one driver has for itself, opened anew at every start.</summary>
/// <param name="name">Type of the chip, for people.</param>
/// <param name="place">Where it sits.</param>
/// <param name="context">Board and clock.</param>
internal abstract class I2cSensor(string name, I2cPlace place, DriverContext context) : Driver
{
    private I2cDevice? _device;

    /// <inheritdoc/>
    public override string Where => $"{name} at {place}";

    /// <summary>The chip.</summary>
    /// <exception cref="DriverException">It was not started.</exception>
    protected I2cDevice Device => _device ?? throw Fault(DeviceFault.Unavailable, "it was not started");

    /// <summary>Clock.</summary>
    protected TimeProvider Time => context.Time;

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _device?.Dispose();
        _device = null;
        return base.DisposeAsync();
    }

    /// <summary>Opens the chip; closes it first if it was open, for an adapter that was pulled out and put back has a new file behind the same name.</summary>
    protected void Reopen()
    {
        _device?.Dispose();
        _device = null;
        _device = context.Board.OpenI2c(place.Bus, place.Address);
    }

    /// <summary>Waits at least so long.</summary>
    protected Task WaitAsync(double milliseconds, CancellationToken cancel) => Time.AtLeastAsync(milliseconds, cancel);

    /// <summary>A fault of this part.</summary>
    protected DriverException Fault(DeviceFault fault, string what, Exception? inner = null) => new(fault, $"{Where}: {what}", inner);
}
