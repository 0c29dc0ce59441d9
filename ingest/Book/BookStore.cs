using System.Threading.Channels;
using SmartCity.Ingest.Book.Engines;

namespace SmartCity.Ingest.Book;

/// <summary>The engine that keeps the book, with one writer and a few readers.</summary>
internal sealed class BookStore : IAsyncDisposable
{
    private readonly BookEngine _engine;
    private readonly BookWriter _writer;
    private readonly Channel<SqlSession> _readers;
    private readonly int _readerCount;

    private BookStore(BookEngine engine, BookWriter writer, Channel<SqlSession> readers, int readerCount, string server)
    {
        Server = server;
        _engine = engine;
        _writer = writer;
        _readers = readers;
        _readerCount = readerCount;
    }

    /// <summary>Under which name positions in this server's log stand; empty when it is alone.</summary>
    public string Server { get; }

    /// <summary>The writer, for its counters.</summary>
    public BookWriter Writer => _writer;

    /// <summary>What keeps the book, for word of other processes' changes.</summary>
    public BookEngine Engine => _engine;

    /// <summary>Opens the book, creating it and bringing it up to date.</summary>
    /// <exception cref="BookException">It was written by a newer program, is damaged, or cannot be opened; the message says what to do.</exception>
    public static async Task<BookStore> OpenAsync(BookOptions options)
    {
        var engine = BookEngine.Of(options);
        var open = new List<SqlSession>();
        try
        {
            var writing = engine.OpenWriter();
            open.Add(writing);
            Migrations.Apply(writing, engine.Place);
            engine.Follow();
            var readers = Channel.CreateBounded<SqlSession>(options.Readers);
            for (var i = 0; i < options.Readers; i++)
            {
                var reader = engine.OpenReader();
                open.Add(reader);
                readers.Writer.TryWrite(reader);
            }

            return new BookStore(engine, new BookWriter(engine, writing, options), readers, options.Readers, options.Server);
        }
        catch (Exception e)
        {
            open.ForEach(session => session.Dispose());
            await engine.DisposeAsync();
            if (e is BookEngineException)
            {
                throw new BookException(
                    engine.IsLocal ? $"The book {engine.Place} cannot be opened: {e.Message}. Is the disk full, or the directory not ours?" : $"The book cannot be opened: {e.Message}.",
                    e.InnerException);
            }

            throw;
        }
    }

    /// <summary>One transaction; durable when the task completes.</summary>
    public Task<T> WriteAsync<T>(Func<BookTransaction, T> work, CancellationToken cancel, WritePriority priority = WritePriority.Normal) =>
        _writer.RunAsync(work, priority, cancel);

    /// <summary>One transaction without a result.</summary>
    public Task WriteAsync(Action<BookTransaction> work, CancellationToken cancel, WritePriority priority = WritePriority.Normal) =>
        _writer.RunAsync(
            transaction =>
            {
                work(transaction);
                return true;
            },
            priority,
            cancel);

    /// <summary>Reads on one consistent view of the book; waits for a free reader.</summary>
    public async Task<T> ReadAsync<T>(Func<SqlSession, T> work, CancellationToken cancel)
    {
        var session = await _readers.Reader.ReadAsync(cancel);
        try
        {
            session = Begun(session, again: true);
            try
            {
                return work(session);
            }
            finally
            {
                session.EndRead();
            }
        }
        finally
        {
            _readers.Writer.TryWrite(session);
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < _readerCount; i++)
        {
            (await _readers.Reader.ReadAsync()).Dispose();
        }

        await _writer.DisposeAsync();
        await _engine.DisposeAsync();
    }

    // A connection may have been lost while nobody used it: then there is another, once.
    private SqlSession Begun(SqlSession session, bool again)
    {
        if (session.IsBroken)
        {
            var next = _engine.OpenReader();
            session.Dispose();
            session = next;
        }

        try
        {
            session.BeginRead();
            return session;
        }
        catch (BookEngineException) when (again && session.IsBroken)
        {
            return Begun(session, again: false);
        }
    }
}
