namespace SmartCity.Ingest.Book.Engines;

/// <summary>
/// How a writer takes its turn. Every write of every process holds one lock of the book from its beginning to its end, so writes come
/// one after another as in a file with one writer, and event numbers rise in the order of commits. The lock is taken before the first
/// question, and each question sees what is committed by then. The fence against a server that was paused is asked under the lock, in the
/// same round trip.
/// </summary>
/// <param name="schema">The book's schema: another schema of the same database is another book.</param>
/// <param name="self">Who we are, for who listens.</param>
internal sealed class PostgresTurn(string schema, string self)
{
    /// <summary>First of the lock's two numbers; the second is the schema's.</summary>
    private const int Lock = 0x5C17B00C;

    /// <summary>Where word of commits goes.</summary>
    public string Channel { get; } = FormattableString.Invariant($"smartcity_book_{Hash(schema):x8}");

    /// <summary>Who we are: our own word is not listened to.</summary>
    public string Self => self;

    /// <summary>What we must be to write; null: nobody has to be anything.</summary>
    public WriterFence? Fence { get; set; }

    /// <summary>Begins a transaction when everybody before has ended theirs.</summary>
    public string Begin { get; } = FormattableString.Invariant($"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({Lock}, {(int)Hash(schema)})");

    // FNV-1a: the same in every process.
    private static uint Hash(string text) => text.Aggregate(2166136261u, (hash, c) => (hash ^ c) * 16777619u);
}
