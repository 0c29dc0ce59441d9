using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Serve;

/// <summary>Starts the engine as soon as its book answers.</summary>
internal static class EngineStart
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Told = TimeSpan.FromSeconds(10);

    /// <summary>Starts it. While PostgreSQL does not answer this waits, says so every ten seconds, and only <c>/healthz</c> is served. A user, password or database that is wrong is told at once.</summary>
    public static async Task<CityEngine> RunAsync(ServeOptions options, TimeProvider time, ILoggerFactory logs, CancellationToken cancel)
    {
        var logger = logs.CreateLogger<CityEngine>();
        WaitingRoom? room = null;
        try
        {
            for (long? told = null; ;)
            {
                try
                {
                    if (options.BookPostgres is not null)
                    {
                        // Before the data folder is opened, which takes a while.
                        Look(options, await Task.Run(() => BookStore.Reach(options.Book), cancel), logger);
                    }

                    return await CityEngine.StartAsync(options, time, logs, cancel);
                }
                catch (BookEngineException e) when (options.BookPostgres is not null && e is { Fault: BookFault.Away, IsSettings: false })
                {
                    room ??= await WaitingRoom.OpenAsync(options.PlainBind, options.HttpPort, cancel);
                    room.Why = e.Message;
                    if (told is not { } last || time.GetElapsedTime(last) >= Told)
                    {
                        told = time.GetTimestamp();
                        ServeLog.Waiting(logger, e.Message);
                    }
                }

                await Task.Delay(Pause, time, cancel);
            }
        }
        finally
        {
            await (room?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    // Whoever names PostgreSQL and forgets the move would find a city without devices, people and alerts.
    private static void Look(ServeOptions options, long form, ILogger logger)
    {
        if (!File.Exists(options.Book.Path))
        {
            return;
        }

        if (form == 0)
        {
            throw new BookException($"{options.Book.Path} holds this city's book, and book.postgres names a database that has none: `book move` brings it there. To begin anew, move the file away.");
        }

        ServeLog.TwoBooks(logger, options.Book.Path);
    }
}
