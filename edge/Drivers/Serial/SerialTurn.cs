using SmartCity.Edge.Buses;

namespace SmartCity.Edge.Drivers.Serial;

/// <summary>A turn on a serial line that others may share; given back at disposal.</summary>
internal readonly struct SerialTurn(SerialPort port) : IDisposable
{
    /// <summary>Longest wait: a dozen silent meters with their tries in front of this one, and less than a device waits for its part.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Waits for the line.</summary>
    /// <exception cref="BusException">The others do not let go of it.</exception>
    public static async ValueTask<SerialTurn> TakeAsync(SerialPort port, TimeProvider time, CancellationToken cancel)
    {
        if (port.Turn.Wait(0, cancel))
        {
            return new SerialTurn(port);
        }

        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            await port.Turn.WaitAsync(both.Token);
            return new SerialTurn(port);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new BusException(
                BusFault.Busy,
                $"{port.Settings.Path}: the other devices on this line held it for {Patience.TotalSeconds:0} s; "
                + "give them longer intervals or a second line");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            port.Turn.Release();
        }
        catch (ObjectDisposedException)
        {
            // The adapter was pulled out in this turn, and its port closed.
        }
    }
}
