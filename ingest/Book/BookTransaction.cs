namespace SmartCity.Ingest.Book;

/// <summary>One transaction on the writer's thread.</summary>
internal sealed class BookTransaction(SqlSession sql)
{
    private List<Action>? _afterCommit;
    private IncidentCounts? _incidents;
    private long _lastEvent = -1;

    /// <summary>The statements.</summary>
    public SqlSession Sql { get; } = sql;

    /// <summary>Incidents that this transaction touches; written once, at its end.</summary>
    public IncidentCounts Incidents => _incidents ??= new IncidentCounts(Sql);

    /// <summary>The next number of the book's one sequence of events: greater than every number before it, in order of commit.</summary>
    public long NextEvent()
    {
        if (_lastEvent < 0)
        {
            _lastEvent = Sql.Number("SELECT max(seq) FROM transitions") ?? 0;
        }

        return ++_lastEvent;
    }

    /// <summary>Other servers shall look at an area again. Needed only for what <see cref="BookTables"/> does not see in the SQL.</summary>
    public void Touches(BookAreas area) => Sql.Touch(area, null);

    /// <summary>Of an area only this has changed (and what else is named): other servers need not look at all of it.</summary>
    public void Touches(BookAreas area, string key) => Sql.Touch(area, key);

    /// <summary>Runs on the writer's thread once the transaction is durable, in order of registration. Must not throw or wait.</summary>
    public void AfterCommit(Action act) => (_afterCommit ??= []).Add(act);

    /// <summary>Writes what was gathered for the end of the transaction.</summary>
    internal void Finish() => _incidents?.Write();

    /// <summary>Runs what waits for the commit: all of it, whatever one of them does.</summary>
    /// <exception cref="AggregateException">Some threw.</exception>
    internal void Committed()
    {
        List<Exception>? thrown = null;
        foreach (var act in _afterCommit ?? [])
        {
            try
            {
                act();
            }
            catch (Exception e)
            {
                (thrown ??= []).Add(e);
            }
        }

        if (thrown is not null)
        {
            throw new AggregateException("The transaction is durable, but somebody who was told of it failed.", thrown);
        }
    }
}
