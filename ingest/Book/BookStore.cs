using System.Threading.Channels;
using SmartCity.Ingest.Book.Engines;

namespace SmartCity.Ingest.Book;

/// <summary>The engine that keeps the book, with one writer and a few readers.</summary>
internal sealed class BookStore : IAsyncDisposable
{
    private readonly BookEngine _engine;
    private readonly BookWriter _writer;
    private readonly Channel<SqlSession?> _readers;
    private readonly HashSet<SqlSession> _rented = [];
    private readonly int _readerCount;

    private BookStore(BookEngine engine, BookWriter writer, Channel<SqlSession?> readers, BookWatch watch, int readerCount, string server)
    {
        Server = server;
        Watch = watch;
        watch.Changed += LetGo;
        watch.Changed += away =>
        {
            if (!away)
            {
                engine.FollowAnew();
            }
        };
        _engine = engine;
        _writer = writer;
        _readers = readers;
        _readerCount = readerCount;
    }

    /// <summary>Under which name positions in this server's log stand; empty when it is alone.</summary>
    public string Server { get; }

    /// <summary>Whether the book answers.</summary>
    public BookWatch Watch { get; }

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
            var readers = Channel.CreateBounded<SqlSession?>(options.Readers);
            for (var i = 0; i < options.Readers; i++)
            {
                var reader = engine.OpenReader();
                open.Add(reader);
                readers.Writer.TryWrite(reader);
            }

            var watch = engine.IsLocal ? new BookWatch() : new BookWatch(engine.OpenProbe, probe => engine.HoldsUp(probe, BookWatch.Patience), options.Time);
            var writer = new BookWriter(engine, writing, watch, options);
            watch.UnderWay = () => writer.UnderWay;
            return new BookStore(engine, writer, readers, watch, options.Readers, options.Server);
        }
        catch (Exception e)
        {
            open.ForEach(session => session.Dispose());
            await engine.DisposeAsync();
            if (e is BookEngineException && engine.IsLocal)
            {
                throw new BookException($"The book {engine.Place} cannot be opened: {e.Message}. Is the disk full, or the directory not ours?", e.InnerException);
            }

            throw;
        }
    }

    /// <summary>Asks a book far away how many steps of <see cref="Migrations"/> it has had: 0 when there is none yet.</summary>
    /// <exception cref="BookEngineException">It does not answer; the message says why.</exception>
    public static long Reach(BookOptions options)
    {
        var engine = BookEngine.Of(options);
        using var session = engine.OpenProbe();
        return session.Form;
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

    /// <summary>Reads on one consistent view of the book; waits for a free reader, but not for a book that is away.</summary>
    public Task<T> ReadAsync<T>(Func<SqlSession, T> work, CancellationToken cancel) => Watch.IsWatching ? ReadFarAsync(work, cancel) : ReadNowAsync(work, cancel);

    private async Task<T> ReadFarAsync<T>(Func<SqlSession, T> work, CancellationToken cancel)
    {
        Watch.ThrowIfAway();
        return await Watch.OrAwayAsync(Task.Run(() => ReadNowAsync(work, cancel), cancel));
    }

    private async Task<T> ReadNowAsync<T>(Func<SqlSession, T> work, CancellationToken cancel)
    {
        var session = await _readers.Reader.ReadAsync(cancel);
        try
        {
            session = Rent(session);
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
            Return(session);
        }
    }

    private SqlSession Rent(SqlSession? session)
    {
        session ??= _engine.OpenReader();
        lock (_rented)
        {
            _rented.Add(session);
        }

        return session;
    }

    private void Return(SqlSession? session)
    {
        lock (_rented)
        {
            if (session is null || _rented.Remove(session))
            {
                _readers.Writer.TryWrite(session);
                return;
            }
        }

        session.Dispose(); // its place was given to another while it hung
    }

    // Whoever hangs in a question to a book that is away may hang for long after it is back: their places are for who asks then.
    private void LetGo(bool away)
    {
        lock (_rented)
        {
            for (var places = away ? _rented.Count : 0; places > 0; places--)
            {
                _readers.Writer.TryWrite(null);
            }

            if (away)
            {
                _rented.Clear();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Watch.DisposeAsync();
        for (var i = 0; i < _readerCount; i++)
        {
            (await _readers.Reader.ReadAsync())?.Dispose();
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
            lock (_rented)
            {
                // Not when its place is somebody else's already: then this one ends with its reading.
                if (_rented.Remove(session))
                {
                    _rented.Add(next);
                }
            }

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
