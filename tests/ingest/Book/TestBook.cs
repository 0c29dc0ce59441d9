using System.Security.Cryptography;
using System.Text;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>
/// The engine that the tests of a run use for the book: SQLite, or PostgreSQL where the environment names one. So one set of tests holds
/// for both; <see cref="PostgresBookTests"/> runs it a second time.
/// </summary>
internal static class TestBook
{
    /// <summary>Names a PostgreSQL database as <c>book.postgres</c> does.</summary>
    public const string Variable = "SMARTCITY_TEST_BOOK";

    /// <summary>Where what a test says is about SQLite's file alone.</summary>
    public const string FileOnly = "about the file of SQLite";

    private static readonly string? Address = Environment.GetEnvironmentVariable(Variable);

    public static bool IsPostgres => Address is not null;

    /// <summary>The book of a path: the file, or a schema of its own that is always the same for this path.</summary>
    public static BookOptions At(string path) => Address is null ? new() { Path = path } : new()
    {
        Path = path,
        Postgres = $"{Address};Search Path=t_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 12))}",
        Readers = 2,
    };
}
