namespace SmartCity.Edge.Buses;

/// <summary>A PWM output, shaped after System.Device.Pwm's type.</summary>
internal abstract class PwmChannel : IDisposable
{
    /// <summary>Hertz.</summary>
    public abstract int Frequency { get; }

    /// <summary>Part of a period that is high, 0 … 1, as the kernel has it; setting it starts the output.</summary>
    /// <exception cref="BusException">The kernel refuses.</exception>
    public abstract double DutyCycle { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the channel back as it stands: a lamp does not go dark because a program ends.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
