using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Views;

/// <summary>
/// What was read of the book last, while the book does not answer: live values go on, so what stands beside them must not take them down. That it is old, the banner says.
/// </summary>
internal static class LastKnown
{
    /// <summary>Reads, or gives what was known before.</summary>
    /// <param name="reading">The reading.</param>
    /// <param name="before">What was known; null when nothing was: then who asks is told that the book is away.</param>
    public static async ValueTask<T> OrAsync<T>(Task<T> reading, T? before)
        where T : class
    {
        try
        {
            return await reading;
        }
        catch (BookEngineException e) when (before is not null && e.Fault is (BookFault.Away or BookFault.Busy))
        {
            return before;
        }
    }
}
