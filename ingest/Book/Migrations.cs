namespace SmartCity.Ingest.Book;

/// <summary>
/// The book's form, one step a version, forward only: a step that was once released is never edited. The file's
/// <c>user_version</c> says how many it has had.
/// </summary>
internal static class Migrations
{
    private static readonly string[] Steps = [Schema.Version1, Schema.Version2, Schema.Version3, Schema.Version4, Schema.Version5, Schema.Version6, Schema.Version7, Schema.Version8, Schema.Version9];

    /// <summary>Runs the steps the file has not had, each in a transaction of its own.</summary>
    /// <exception cref="BookException">The file is of a newer program.</exception>
    public static void Apply(SqlSession sql, string path)
    {
        var version = sql.Number("PRAGMA user_version") ?? 0;
        if (version > Steps.Length)
        {
            throw new BookException(FormattableString.Invariant(
                $"The book {path} has version {version}; this program knows up to {Steps.Length}. Start the newer program, or restore the backup made before it."));
        }

        for (var step = (int)version; step < Steps.Length; step++)
        {
            sql.Execute("BEGIN IMMEDIATE");

            // Another process may have taken the same step between our look and our lock.
            if ((sql.Number("PRAGMA user_version") ?? 0) == step)
            {
                using var command = sql.Connection.CreateCommand();
                command.CommandText = Steps[step] + FormattableString.Invariant($"; PRAGMA user_version = {step + 1};");
                command.ExecuteNonQuery();
            }

            sql.Execute("COMMIT");
        }
    }
}
