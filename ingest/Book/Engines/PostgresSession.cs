using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace SmartCity.Ingest.Book.Engines;

/// <summary>A connection to PostgreSQL. Values go as text without a type, which the server infers from where they stand: one prepared statement a text.</summary>
/// <param name="connection">Open.</param>
/// <param name="place">As people are told it.</param>
/// <param name="turn">For the writer: what begins and ends its transactions.</param>
internal sealed class PostgresSession(NpgsqlConnection connection, string place, PostgresTurn? turn) : SqlSession(connection, PostgresDialect.Instance)
{
    private bool _lost;
    private BookNews _named = BookNews.None;
    private NpgsqlBatch? _telling;

    public override bool IsBroken => _lost || connection.State != ConnectionState.Open;

    public override long Form => Number("SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = 'book_form'") == 0
        ? 0
        : Number("SELECT version FROM book_form") ?? 0;

    // The snapshot is taken by the first question, not by BEGIN.
    public override void BeginRead() => Run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");

    public override void EndRead() => RollBack();

    public override void BeginWrite()
    {
        (Touched, _named) = (BookAreas.None, BookNews.None);
        if (turn!.Fence is not { } fence)
        {
            Run(turn.Begin);
            return;
        }

        (long, bool, long)? found = null;
        Count();
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = turn.Begin + "; " + fence.Question;
            using var answer = command.ExecuteReader();
            answer.NextResult(); // behind the lock's
            if (answer.Read())
            {
                found = (answer.GetInt64(0), answer.GetInt64(1) != 0, answer.Long(2) ?? 0);
            }
        }
        catch (DbException e)
        {
            throw Judge(e);
        }

        fence.Judge(found, this);
    }

    public override void Commit()
    {
        var news = _named.Over(Touched);
        if (news.IsEmpty)
        {
            Run("COMMIT");
            return;
        }

        Count();
        try
        {
            _telling ??= Telling();
            _telling.BatchCommands[0].Parameters[0].Value = $"{turn!.Self}|{news}";
            _telling.ExecuteNonQuery();
        }
        catch (DbException e)
        {
            throw Judge(e);
        }
    }

    public override void Touch(BookAreas area, string? key) => _named = key is null ? _named.And(area) : _named.And(area, key);

    protected override BookAreas AreaOf(string sql) => BookTables.AreaOf(sql);

    public override void RollBack()
    {
        if (IsBroken)
        {
            return;
        }

        try
        {
            Run("ROLLBACK");
        }
        catch (BookEngineException)
        {
            _lost = true; // whatever state it is in, nobody uses it again
        }
    }

    public override void Take(Migration step, long version)
    {
        using var making = connection.CreateCommand();
        making.CommandText = PostgresForm.Of(step);
        making.CommandTimeout = 0; // a large table is made anew in its own time
        try
        {
            making.ExecuteNonQuery();
        }
        catch (DbException e)
        {
            throw Judge(e);
        }

        Run(FormattableString.Invariant($"CREATE TABLE IF NOT EXISTS book_form(version BIGINT NOT NULL); DELETE FROM book_form; INSERT INTO book_form(version) VALUES ({version})"));
    }

    protected override DbCommand Prepare(string sql, ReadOnlySpan<object?> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = value is byte[]? NpgsqlDbType.Bytea : NpgsqlDbType.Unknown });
        }

        return command;
    }

    protected override void Set(DbParameter parameter, object? value) => parameter.Value = value switch
    {
        null => DBNull.Value,
        byte[] => value,
        string text => Clean(text),
        bool flag => flag ? "1" : "0",
        double number => double.IsNaN(number) ? DBNull.Value : number.ToString("R", CultureInfo.InvariantCulture), // as SQLite keeps it
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"No value of the book: {value.GetType()}", nameof(value)),
    };

    protected override BookEngineException Judge(DbException refusal)
    {
        var meaning = PostgresFaults.Meaning(refusal, place);
        _lost |= meaning.Fault == BookFault.Away;
        return meaning;
    }

    // Word and commit in one round trip.
    private NpgsqlBatch Telling()
    {
        var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT pg_notify('{turn!.Channel}', $1)") { Parameters = { new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        return batch;
    }

    /// <summary>PostgreSQL's text knows no NUL and nothing that is not Unicode; an alarm must not be lost to one in its words.</summary>
    public static string Clean(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') >= 0)
        {
            var whole = new StringBuilder(text.Length);
            foreach (var rune in text.EnumerateRunes())
            {
                whole.Append(rune);
            }

            text = whole.ToString();
        }

        return text.Replace('\0', '\ufffd').Replace("\\u0000", "\\ufffd", StringComparison.Ordinal);
    }
}
