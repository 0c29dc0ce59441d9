using SmartCity.Ingest.Book;
using SmartCity.Ingest.Serve;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Mqtt;

/// <summary>Registers what strangers bring under <c>--open</c>.</summary>
internal sealed class LineRegistrar(Registry registry, TimeProvider time, ILogger<LineRegistrar> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly SaidSeldom _failing = new(time);

    /// <summary>
    /// Registers as many as the cap allows; what is left over is refused as unknown when its lines come again. While the book
    /// cannot write (a full disk), telemetry waits here as it does for the log, and an alarm does not: it is heard as one of a
    /// device that nobody registered.
    /// </summary>
    public async Task RegisterAsync(IReadOnlyList<UnknownDevice> devices, Lane? lane, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                // Not given up with the connection: who publishes with QoS 0 and leaves has said it all the same.
                await registry.RegisterUnknownAsync(devices, CancellationToken.None);
                _failing.Over();
                return;
            }
            catch (BookEngineException e)
            {
                if (_failing.IsDue(out _))
                {
                    OwnerLog.NotRegistered(logger, devices.Count, e.Message);
                }
            }

            if (lane == Lane.Alarm)
            {
                return;
            }

            await Task.Delay(RetryAfter, time, cancel);
        }
    }
}
