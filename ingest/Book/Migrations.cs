namespace SmartCity.Ingest.Book;

/// <summary>One step of the book's form.</summary>
/// <param name="Sql">In SQLite's words.</param>
internal sealed record Migration(string Sql)
{
    /// <summary>What of it a book in PostgreSQL needs, in the same words, where that is not all of it.</summary>
    public string? OfPostgres { get; init; }
}

/// <summary>
/// The book's form, one step a version, forward only, the same list for every engine: a step that was once released is never edited.
/// The book says itself how many it has had.
/// </summary>
internal static class Migrations
{
    /// <summary>All steps, in order.</summary>
    public static IReadOnlyList<Migration> Steps { get; } =
    [
        new(Schema.Version1), new(Schema.Version2), new(Schema.Version3) { OfPostgres = Schema.Version3WithoutMoves }, new(Schema.Version4), new(Schema.Version5), new(Schema.Version6),
        new(Schema.Version7), new(Schema.Version8), new(Schema.Version9), new(Schema.Version10), new(Schema.Version11), new(Schema.Version12),
    ];

    /// <summary>How many steps the book has had.</summary>
    /// <exception cref="BookException">The book is of a newer program.</exception>
    public static long Check(SqlSession sql, string place)
    {
        var version = sql.Form;
        return version <= Steps.Count
            ? version
            : throw new BookException(FormattableString.Invariant(
                $"The book {place} has version {version}; this program knows up to {Steps.Count}. Start the newer program, or restore the backup made before it."));
    }

    /// <summary>Runs the steps the book has not had, each in a transaction of its own.</summary>
    /// <exception cref="BookException">The book is of a newer program.</exception>
    public static void Apply(SqlSession sql, string place)
    {
        var version = Check(sql, place);
        for (var step = (int)version; step < Steps.Count; step++)
        {
            sql.BeginWrite();
            try
            {
                // Another process may have taken the same step between our look and our lock.
                if (sql.Form == step)
                {
                    sql.Take(Steps[step], step + 1);
                }

                sql.Commit();
            }
            catch
            {
                sql.RollBack();
                throw;
            }
        }
    }
}
