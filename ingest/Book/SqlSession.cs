using System.Data.Common;

namespace SmartCity.Ingest.Book;

/// <summary>
/// One connection to the book's engine and its prepared statements. Statements are kept by their text, which is constant in the
/// program, so the cache is bounded by the code. Parameters are <c>$1</c>, <c>$2</c> … in order. A text is written so that every
/// engine understands it; <see cref="Dialect"/> has the few words in which they differ. Not thread-safe: owned by the writer's
/// thread or by one rented reader. What the engine refuses comes as a <see cref="BookEngineException"/>.
/// </summary>
internal abstract class SqlSession(DbConnection connection, SqlDialect dialect) : IDisposable
{
    private readonly Dictionary<string, Statement> _statements = [];
    private long _asked;

    /// <summary>The engine's connection: for the engine, and for tests that do to it what no program does.</summary>
    public DbConnection Connection { get; } = connection;

    /// <summary>How many questions it was asked, the one under way among them. Any thread.</summary>
    public long Asked => Volatile.Read(ref _asked);

    /// <summary>The words in which engines differ.</summary>
    public SqlDialect Dialect { get; } = dialect;

    /// <summary>The connection is lost; who holds the session opens another.</summary>
    public virtual bool IsBroken => false;

    /// <summary>Areas that the transaction has written to, as a whole; where an engine tells others of it.</summary>
    protected BookAreas Touched { get; set; }

    /// <summary>How many steps of <see cref="Migrations"/> the book has had.</summary>
    public abstract long Form { get; }

    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        try
        {
            var statement = Bind(sql, values);
            var changed = statement.Command.ExecuteNonQuery();
            if (changed > 0)
            {
                Touched |= statement.Area;
            }

            return changed;
        }
        catch (DbException e)
        {
            throw Judge(e);
        }
    }

    /// <summary>All rows. Callers limit them in SQL, and ask nothing else while a row is mapped.</summary>
    public List<T> Query<T>(string sql, Func<DbDataReader, T> map, params ReadOnlySpan<object?> values)
    {
        try
        {
            var statement = Bind(sql, values);
            using var reader = statement.Command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read())
            {
                rows.Add(map(reader));
            }

            Touched |= statement.Area;
            return rows;
        }
        catch (DbException e)
        {
            throw Judge(e);
        }
    }

    /// <summary>The first row, or null.</summary>
    public T? First<T>(string sql, Func<DbDataReader, T> map, params ReadOnlySpan<object?> values)
        where T : class
    {
        try
        {
            var statement = Bind(sql, values);
            using var reader = statement.Command.ExecuteReader();
            Touched |= statement.Area;
            return reader.Read() ? map(reader) : null;
        }
        catch (DbException e)
        {
            throw Judge(e);
        }
    }

    /// <summary>A number, or null when there is no row or the value is NULL.</summary>
    public long? Number(string sql, params ReadOnlySpan<object?> values)
    {
        try
        {
            var statement = Bind(sql, values);
            Touched |= statement.Area;
            return Whole(statement.Command.ExecuteScalar());
        }
        catch (DbException e)
        {
            throw Judge(e);
        }
    }

    /// <summary>The transaction changes one thing of an area: who is told of it need not look at all of them.</summary>
    public virtual void Touch(BookAreas area, string? key)
    {
    }

    /// <summary>Begins reading on one consistent view of the book.</summary>
    public abstract void BeginRead();

    /// <summary>Lets go of the view; throws nothing.</summary>
    public abstract void EndRead();

    /// <summary>Begins a transaction that nobody else's write comes between, whatever process they are.</summary>
    public abstract void BeginWrite();

    /// <summary>Makes it durable.</summary>
    public abstract void Commit();

    /// <summary>Takes it back, if one is open; throws nothing.</summary>
    public abstract void RollBack();

    /// <summary>Runs a step of the book's form and counts it, within a transaction.</summary>
    public abstract void Take(Migration step, long version);

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Command.Dispose();
        }

        Connection.Dispose();
    }

    /// <summary>Runs a text of any number of statements, once.</summary>
    protected void Run(string sql)
    {
        Count();
        try
        {
            using var command = Connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
        catch (DbException e)
        {
            throw Judge(e);
        }
    }

    /// <summary>Another question is about to be asked.</summary>
    protected void Count() => Volatile.Write(ref _asked, _asked + 1);

    /// <summary>A statement with so many parameters, to be kept.</summary>
    protected abstract DbCommand Prepare(string sql, ReadOnlySpan<object?> values);

    /// <summary>Whom a statement's change concerns beside ourselves; nothing where the engine has nobody to tell.</summary>
    protected virtual BookAreas AreaOf(string sql) => BookAreas.None;

    /// <summary>Gives a parameter its value: null, a string, whole or real number, truth (as 0 or 1) or an array of bytes.</summary>
    protected abstract void Set(DbParameter parameter, object? value);

    /// <summary>What an engine's refusal means.</summary>
    protected abstract BookEngineException Judge(DbException refusal);

    private static long? Whole(object? value) => value switch
    {
        long whole => whole,
        int or short or decimal => Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture),
        _ => null,
    };

    private Statement Bind(string sql, ReadOnlySpan<object?> values)
    {
        Count();
        if (!_statements.TryGetValue(sql, out var statement))
        {
            statement = new(Prepare(sql, values), AreaOf(sql));
            _statements.Add(sql, statement);
        }

        for (var i = 0; i < values.Length; i++)
        {
            Set(statement.Command.Parameters[i], values[i]);
        }

        return statement;
    }

    private readonly record struct Statement(DbCommand Command, BookAreas Area);
}

/// <summary>Reading of columns that may be NULL.</summary>
internal static class RowExtensions
{
    public static string? Text(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static long? Long(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static double? Real(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDouble(column);

    public static bool Flag(this DbDataReader row, int column) => row.GetInt64(column) != 0;
}
