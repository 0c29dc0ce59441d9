namespace SmartCity.Edge.Iot;

/// <summary>A sensor with the bus that it was made on.</summary>
/// <param name="instance">The sensor.</param>
/// <param name="device">Its chip; null when it sits on lines.</param>
/// <param name="lines">Its lines.</param>
internal sealed class IotSensor(object instance, IDisposable? device, IotGpioDriver lines)
{
    /// <summary>The sensor.</summary>
    public object Instance => instance;

    /// <summary>Says goodbye to the chip (some types stop their measuring here, and wait for it), then gives the bus back.</summary>
    public void Close()
    {
        try
        {
            (instance as IDisposable)?.Dispose();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // A chip that is gone cannot be told; the bus is given back all the same.
        }
        finally
        {
            GiveBack();
        }
    }

    /// <summary>Gives the bus back without a word to the chip.</summary>
    public void GiveBack()
    {
        device?.Dispose();
        lines.Dispose();
    }
}
