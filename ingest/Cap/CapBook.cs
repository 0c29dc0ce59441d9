using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Cap;

/// <summary>Messages out of the book's transitions. Reads in small pages, so that it never holds one of the book's readers for long.</summary>
internal sealed class CapBook(BookStore store, CapOptions options)
{
    /// <summary>Messages of one page of the feed, at most.</summary>
    public const int MaximumEntries = 100;

    private const int StepsAtOnce = 200;

    // A page of the feed looks at this many transitions at most; with fewer messages among them it is shorter, and its next goes on.
    private const int ScansOfPage = 5;

    /// <summary>The number of the last transition of a danger; 0 when there is none. Whoever has seen it has seen every message.</summary>
    public Task<long> LastAsync(CancellationToken cancel) => store.ReadAsync(
        sql => sql.Number($"SELECT max(seq) FROM transitions {sql.Dialect.By("transitions_danger")} WHERE kind IN {Schema.DangerKinds}") ?? 0, cancel);

    /// <summary>The alert's message of a revision, or its latest; null when there is none.</summary>
    public async Task<CapMessage?> FindAsync(string alert, long? revision, CancellationToken cancel)
    {
        CapMessage? found = null;
        await foreach (var (_, message) in ChainAsync(alert, cancel))
        {
            found = revision is null || message.Step.Revision == revision ? message : found;
            if (revision is not null && found is not null)
            {
                break;
            }
        }

        return found;
    }

    /// <summary>Messages newest first, made from transitions before a number.</summary>
    /// <param name="before">The number; <see cref="long.MaxValue"/> for the first page.</param>
    /// <param name="limit">At most this many, 1 to <see cref="MaximumEntries"/>.</param>
    /// <param name="cancel">Stops it.</param>
    /// <returns>The page, and the number to go on with (null at the end).</returns>
    public async Task<(IReadOnlyList<CapMessage> Messages, long? Next)> PageAsync(long before, int limit, CancellationToken cancel)
    {
        var page = new List<CapMessage>();
        var chains = new Dictionary<string, Dictionary<long, CapMessage>>(StringComparer.Ordinal);
        for (var scan = 0; scan < ScansOfPage; scan++)
        {
            var from = before;
            var rows = await store.ReadAsync(
                sql => sql.Query(
                    $"SELECT seq, alert FROM transitions {sql.Dialect.By("transitions_danger")} WHERE kind IN {Schema.DangerKinds} AND seq < $1 ORDER BY seq DESC LIMIT $2",
                    r => (Seq: r.GetInt64(0), Alert: r.GetString(1)),
                    from,
                    StepsAtOnce),
                cancel);
            foreach (var (seq, alert) in rows)
            {
                if (!chains.TryGetValue(alert, out var messages))
                {
                    chains[alert] = messages = [];
                    await foreach (var (at, message) in ChainAsync(alert, cancel))
                    {
                        messages[at] = message;
                    }
                }

                before = seq;
                if (messages.TryGetValue(seq, out var found))
                {
                    page.Add(found);
                    if (page.Count == limit)
                    {
                        return (page, seq);
                    }
                }
            }

            if (rows.Count < StepsAtOnce)
            {
                return (page, null);
            }
        }

        return (page, before);
    }

    private async IAsyncEnumerable<(long Seq, CapMessage Message)> ChainAsync(
        string alert, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var chain = new CapChain(options);
        for (long after = 0; ;)
        {
            var from = after;
            var rows = await store.ReadAsync(
                sql => sql.Query(
                    "SELECT seq, cause, recorded_at, event FROM transitions WHERE alert = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                    r => (Seq: r.GetInt64(0), Step: CapStep.Read(r.GetFieldValue<byte[]>(3), r.GetString(1), r.GetInt64(2))),
                    alert,
                    from,
                    StepsAtOnce),
                cancel);
            foreach (var (seq, step) in rows)
            {
                after = seq;
                if (chain.Next(step) is { } message)
                {
                    yield return (seq, message);
                }
            }

            if (rows.Count < StepsAtOnce)
            {
                yield break;
            }
        }
    }
}
