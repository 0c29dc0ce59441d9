using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Readers;

/// <summary>What the book does because time passes: once a second it settles maintenance windows, passes on what nobody
/// acknowledges, and ends orders for lamps whose time is over.</summary>
internal sealed class LifecycleClock(CityBook book, TimeProvider time, ILogger<LifecycleClock> logger)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private bool _failing;

    /// <summary>Runs until cancelled. A book that cannot be written (a full disk) is tried again at the next second; said once.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            await Task.Delay(Every, time, cancel);
            try
            {
                await book.Maintenance.TickAsync(cancel);
                await book.Escalation.TickAsync(cancel);
                await book.Lighting.TickAsync(cancel);
                _failing = false;
            }
            catch (BookException e)
            {
                if (!_failing)
                {
                    LifecycleLog.Failed(logger, e.Message);
                }

                _failing = true;
            }
        }
    }
}

internal static partial class LifecycleLog
{
    [LoggerMessage(25, LogLevel.Error, "Ends of tests, escalations and ends of orders for lamps are not being recorded: {error}. Trying again every second.")]
    public static partial void Failed(ILogger logger, string error);
}
