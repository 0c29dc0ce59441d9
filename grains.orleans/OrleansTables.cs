using Npgsql;

namespace SmartCity.Grains.Orleans;

/// <summary>
/// Orleans' own tables in the book's database, in the schema <c>orleans</c>. Their scripts are Orleans' (MIT, dotnet/orleans, of the packages' version): they are named
/// by a setting, and never copied into this repository.
/// </summary>
internal static class OrleansTables
{
    /// <summary>The schema.</summary>
    public const string Schema = "orleans";

    private const int Connections = 20;
    private const long Lock = 0x6F726C65616E73; // "orleans"

    // Main is common to all; the others each make the table that is named, and those that come later than a first version only add queries.
    private static readonly (string Script, string Table)[] Parts =
    [
        ("PostgreSQL-Main.sql", "orleansquery"),
        ("PostgreSQL-Clustering.sql", "orleansmembershiptable"),
        ("PostgreSQL-Reminders.sql", "orleansreminderstable"),
    ];

    private const string Cleanup = "PostgreSQL-Clustering-3.7.0.sql";

    /// <summary>The connection string with which Orleans finds its tables.</summary>
    public static string Connection(string book) => new NpgsqlConnectionStringBuilder(book)
    {
        SearchPath = Schema,
        ApplicationName = "smartcity-orleans",
        MaxPoolSize = Connections, // PostgreSQL has a hundred for everybody, unless told otherwise
    }.ConnectionString;

    /// <summary>Makes what is missing. Two servers that start at once do it one after the other.</summary>
    /// <param name="book">The book's connection string.</param>
    /// <param name="folder">Where the scripts are; empty: the tables must be there.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="InvalidOperationException">Tables are missing, and no script makes them.</exception>
    public static async Task EnsureAsync(string book, string folder, CancellationToken cancel)
    {
        await using var source = NpgsqlDataSource.Create(Connection(book));
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await RunAsync($"SELECT pg_advisory_xact_lock({Lock}); CREATE SCHEMA IF NOT EXISTS {Schema}");
        foreach (var (script, table) in Parts)
        {
            if (!await IsThereAsync($"SELECT to_regclass('{Schema}.{table}') IS NOT NULL"))
            {
                await RunAsync(await ReadAsync(folder, script, cancel));
            }
        }

        if (!await IsThereAsync("SELECT EXISTS (SELECT 1 FROM OrleansQuery WHERE QueryKey = 'CleanupDefunctSiloEntriesKey')"))
        {
            await RunAsync(await ReadAsync(folder, Cleanup, cancel));
        }

        await transaction.CommitAsync(cancel);

        async Task RunAsync(string text)
        {
            await using var command = new NpgsqlCommand(text, connection, transaction);
            await command.ExecuteNonQueryAsync(cancel);
        }

        async Task<bool> IsThereAsync(string text)
        {
            await using var command = new NpgsqlCommand(text, connection, transaction);
            return (bool)(await command.ExecuteScalarAsync(cancel))!;
        }
    }

    private static async Task<string> ReadAsync(string folder, string script, CancellationToken cancel)
    {
        var path = Path.Combine(folder, script);
        return folder.Length > 0 && File.Exists(path)
            ? await File.ReadAllTextAsync(path, cancel)
            : throw new InvalidOperationException(
                $"Orleans' tables are not in the book's database, and {(folder.Length == 0 ? "orleans.scripts names no folder" : $"{folder} has no {script}")}: "
                + "take its SQL scripts from github.com/dotnet/orleans at the tag of the packages (docs/decisions/orleans-host.md).");
    }
}
