using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Readers;

/// <summary>What the book does because time passes: once a second it settles maintenance windows, passes on what nobody
/// acknowledges, and ends orders for lamps whose time is over.</summary>
/// <param name="book">The book.</param>
/// <param name="leads">Whether this server is the one that does it; the others only see what time brings about.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where a failure is said.</param>
internal sealed class LifecycleClock(CityBook book, Func<bool> leads, TimeProvider time, ILogger<LifecycleClock> logger)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private bool _failing;

    /// <summary>Runs until cancelled. A book that cannot be written (a full disk) is tried again at the next second; said once.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            await Task.Delay(Every, time, cancel);
            book.Maintenance.Look();
            if (!leads())
            {
                continue;
            }

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
