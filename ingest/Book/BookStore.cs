using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace SmartCity.Ingest.Book;

/// <summary>The SQLite file: write-ahead log, every commit synced (synchronous=FULL), one writer, a few readers.</summary>
internal sealed class BookStore : IAsyncDisposable
{
    private readonly BookWriter _writer;
    private readonly Channel<SqlSession> _readers;
    private readonly int _readerCount;

    private BookStore(BookWriter writer, Channel<SqlSession> readers, int readerCount)
    {
        _writer = writer;
        _readers = readers;
        _readerCount = readerCount;
    }

    /// <summary>The writer, for its counters and for word of other processes' changes.</summary>
    public BookWriter Writer => _writer;

    /// <summary>Opens the file, creating it and bringing it up to date.</summary>
    /// <exception cref="BookException">It was written by a newer program, is damaged, or cannot be opened; the message says what to do.</exception>
    public static BookStore Open(BookOptions options)
    {
        try
        {
            var writing = new SqlSession(Connect(options, SqliteOpenMode.ReadWriteCreate));
            Migrations.Apply(writing, options.Path);
            var readers = Channel.CreateBounded<SqlSession>(options.Readers);
            for (var i = 0; i < options.Readers; i++)
            {
                readers.Writer.TryWrite(new SqlSession(Connect(options, SqliteOpenMode.ReadOnly)));
            }

            return new BookStore(new BookWriter(writing, options), readers, options.Readers);
        }
        catch (SqliteException e)
        {
            throw new BookException($"The book {options.Path} cannot be opened: {e.Message}. Is the disk full, or the directory not ours?", e);
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
            session.Execute("BEGIN");
            try
            {
                return work(session);
            }
            finally
            {
                session.Execute("COMMIT");
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
    }

    private static SqliteConnection Connect(BookOptions options, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = options.Path,
            Mode = mode,
            Pooling = false,
            ForeignKeys = true,
        }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        var busy = (long)options.BusyTimeout.TotalMilliseconds;
        command.CommandText = mode == SqliteOpenMode.ReadOnly
            ? FormattableString.Invariant($"PRAGMA busy_timeout={busy}; PRAGMA query_only=1;")
            : FormattableString.Invariant($"PRAGMA busy_timeout={busy}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit={options.JournalSizeLimit};");
        command.ExecuteNonQuery();
        return connection;
    }
}

/// <summary>The book cannot do what was asked; the message says what and how to mend it.</summary>
internal sealed class BookException(string message, Exception? inner = null) : Exception(message, inner);
