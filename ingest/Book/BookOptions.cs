namespace SmartCity.Ingest.Book;

/// <summary>Every limit of the book, its default and why.</summary>
internal sealed record BookOptions
{
    /// <summary>
    /// Where the book is in PostgreSQL: a connection string of Npgsql's, with a password perhaps, so never told to anybody. Null: it is the
    /// file at <see cref="Path"/>.
    /// </summary>
    public string? Postgres { get; init; }

    /// <summary>Path of the SQLite file; its directory must exist.</summary>
    public required string Path { get; init; }

    /// <summary>Which of several servers this is: positions in its log stand under this name. Empty: it is alone.</summary>
    public string Server { get; init; } = "";

    /// <summary>The city's local time: its nights are lit by it.</summary>
    public TimeZoneInfo TimeZone { get; init; } = City.CityTimeZone.Find(City.CityTimeZone.Vietnam)!;

    /// <summary>Connections that only read. Four: the machine has two cores, and a reader sometimes waits for the disk.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>Writes that may wait in each of the two queues; a caller beyond that waits to enter.</summary>
    public int QueuedWrites { get; init; } = 256;

    /// <summary>How long a write waits for another process (the command line) to leave the file.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a writer may do nothing in the middle of a write to PostgreSQL before it loses its turn: a server that is stopped there must not hold up an alarm at
    /// another one for longer.
    /// </summary>
    public TimeSpan TurnTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long PostgreSQL may take to accept a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long PostgreSQL may take to answer a question, beside waiting for its turn; then the connection counts as lost.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>For pauses between attempts to reach PostgreSQL.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How often an idle writer looks whether another process has changed the book.</summary>
    public TimeSpan ForeignCheck { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Called on the writer's thread when an alarm commit finds the disk full: frees the reserve and says whether there is
    /// something to be gained by trying again. The commit is repeated as long as this returns true.
    /// </summary>
    public Func<bool>? ReleaseReserve { get; init; }

    /// <summary>The write-ahead log is truncated to this after a checkpoint, so that one storm does not keep the disk for ever.</summary>
    public int JournalSizeLimit { get; init; } = 64 * 1024 * 1024;
}
