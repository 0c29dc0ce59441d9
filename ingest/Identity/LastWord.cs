using System.Collections.Concurrent;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Identity;

/// <summary>
/// What the book last said of credentials, for as long as it does not answer: who was signed in goes on seeing. Nothing is kept of a book in a file, which is never
/// away. Bounded; what it has no room for asks the book, and is told that it is away.
/// </summary>
/// <typeparam name="T">What is known of them.</typeparam>
internal sealed class LastWord<T>(BookWatch watch)
    where T : class
{
    private const int Most = 10_000;
    private readonly ConcurrentDictionary<string, T> _known = new(StringComparer.Ordinal);

    /// <summary>Asks the book, and the memory while the book is away.</summary>
    /// <param name="hash">Hash of the credentials.</param>
    /// <param name="ask">Asks the book; null: they are worth nothing.</param>
    /// <param name="holds">Whether what is remembered still holds now.</param>
    /// <exception cref="BookEngineException">The book is away, and nothing is remembered of them.</exception>
    public async Task<T?> AskAsync(byte[] hash, Func<Task<T?>> ask, Func<T, bool> holds)
    {
        if (!watch.IsWatching)
        {
            return await ask();
        }

        var key = Convert.ToHexString(hash);
        try
        {
            var said = await ask();
            if (said is null)
            {
                _known.TryRemove(key, out _);
            }
            else
            {
                if (_known.Count >= Most)
                {
                    _known.Clear(); // whoever comes again is asked for again
                }

                _known[key] = said;
            }

            return said;
        }
        catch (BookEngineException e) when (e.Fault == BookFault.Away && _known.TryGetValue(key, out var known))
        {
            return holds(known) ? known : null;
        }
    }

    /// <summary>They are worth nothing any more, whatever the book says when it is back.</summary>
    public void Forget(byte[] hash) => _known.TryRemove(Convert.ToHexString(hash), out _);
}
