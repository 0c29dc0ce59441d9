namespace SmartCity.Ingest.Book.Engines;

/// <summary>What keeps the book: opens connections to it, and knows when another process has written.</summary>
internal abstract class BookEngine : IAsyncDisposable
{
    /// <summary>Another process has committed something. Any thread; who listens must not wait.</summary>
    public event Action<BookNews>? ForeignChange;

    /// <summary>Where the book is, as people are told it. Never a password.</summary>
    public abstract string Place { get; }

    /// <summary>Its files are on this machine's disk, so that what is freed here helps it.</summary>
    public abstract bool IsLocal { get; }

    /// <summary>What this process must be to write, where several may; set once the writer is open. An engine that only one process opens has none.</summary>
    public virtual WriterFence? Fence
    {
        get => null;
        set => throw new NotSupportedException("This book is one server's.");
    }

    /// <summary>The engine that the options ask for.</summary>
    public static BookEngine Of(BookOptions options) => options.Postgres is null ? new SqliteEngine(options) : new PostgresEngine(options);

    /// <summary>A connection that may write. There is one at a time.</summary>
    public abstract SqlSession OpenWriter();

    /// <summary>A connection that only reads.</summary>
    public abstract SqlSession OpenReader();

    /// <summary>A connection that is only asked whether anybody is there, and gives up soon.</summary>
    public virtual SqlSession OpenProbe() => OpenReader();

    /// <summary>Asks whether anybody is there, and whether what is committed is taken.</summary>
    /// <param name="probe">Of <see cref="OpenProbe"/>.</param>
    /// <param name="patience">How long a commit may take.</param>
    /// <returns>What holds up all writing, in words; null when nothing does.</returns>
    public virtual string? HoldsUp(SqlSession probe, TimeSpan patience)
    {
        probe.Number("SELECT 1");
        return null;
    }

    /// <summary>Begins to listen for other processes' changes; the writer is open.</summary>
    public virtual void Follow()
    {
    }

    /// <summary>The book was away and is back: what was said meanwhile may be on its way for long, or lost.</summary>
    public virtual void FollowAnew()
    {
    }

    /// <summary>The writer has had nothing to do for <see cref="BookOptions.ForeignCheck"/>; on its thread.</summary>
    public virtual void Idle(SqlSession writer)
    {
    }

    public virtual ValueTask DisposeAsync() => default;

    /// <summary>Tells who listens.</summary>
    protected void Changed(BookNews news) => ForeignChange?.Invoke(news);
}
