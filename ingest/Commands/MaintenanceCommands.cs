using System.CommandLine;
using Microsoft.Data.Sqlite;
using SmartCity.Ingest.Book.Engines;
using SmartCity.Ingest.Serve;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Commands;

/// <summary><c>replay</c> and <c>backup</c>.</summary>
internal static class MaintenanceCommands
{
    private static readonly Option<DirectoryInfo> To = new("--to") { Description = "A folder that is not there yet", Required = true, HelpName = "DIR" };

    /// <summary>
    /// SQLite files that a backup holds. History is in it when it is kept here. MQTT sessions of strangers are not: the running
    /// server holds them for itself, and gateways start clean.
    /// </summary>
    private static readonly string[] Databases = ["book.db", "history.db", "quarantine.db", "history-cursors.db"];

    public static Command MakeBackup()
    {
        var command = new Command("backup", "Copy book, history, quarantine and certificates of a running or stopped server; `serve --data` starts from the copy with a new log") { To };
        command.SetAction((parsed, cancel) => OpenData.RunAsync(parsed, (data, stop) => BackupAsync(parsed.GetRequiredValue(To), data.Options, stop), cancel));
        return command;
    }

    public static Command MakeReplay()
    {
        var command = new Command("replay", "Send everything the log still holds to the history store again (the server must be stopped); the same points, so nothing is doubled");
        command.SetAction((parsed, _) =>
        {
            if (SettingsCommand.Read(parsed, []) is not { } options)
            {
                return Task.FromResult(2);
            }

            return Faults.ToldAsync(() => ReplayAsync(options));
        });
        return command;
    }

    private static async Task<int> ReplayAsync(ServeOptions options)
    {
        // Opening the log proves that no server runs on this folder.
        await using var log = CityLog.Open(new LogOptions { Directory = Path.Combine(options.Data, "log") }, TimeProvider.System);
        var changed = 0;
        foreach (var name in (ReadOnlySpan<string>)["history.db", "history-cursors.db"])
        {
            var path = Path.Combine(options.Data, name);
            if (!File.Exists(path))
            {
                continue;
            }

            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite }.ToString());
            connection.Open();
            foreach (var lane in (ReadOnlySpan<Lane>)[Lane.Telemetry, Lane.Alarm])
            {
                using var command = connection.CreateCommand();
                command.CommandText = "UPDATE cursors SET position = $position WHERE lane = $lane AND log = $log";
                command.Parameters.AddWithValue("$position", log[lane].First);
                command.Parameters.AddWithValue("$lane", (int)lane);
                command.Parameters.AddWithValue("$log", log.Id.ToString("D"));
                changed += command.ExecuteNonQuery();
            }
        }

        Console.WriteLine(changed == 0
            ? "History has not read this log yet: everything will be sent at the next start."
            : "History will be sent again from the log's beginning at the next start.");
        return 0;
    }

    /// <summary>Copies what a city cannot be made again from.</summary>
    /// <param name="to">A folder that is not there yet.</param>
    /// <param name="options">Whose data.</param>
    /// <param name="cancel">Stops it.</param>
    public static async Task<int> BackupAsync(DirectoryInfo to, ServeOptions options, CancellationToken cancel)
    {
        if (to.Exists)
        {
            throw new CommandFault($"{to.FullName} exists already: name a folder that is not there yet.");
        }

        Identity.SecretFile.CreateDirectory(to.FullName);
        if (options.BookPostgres is not null && PostgresDump.Program is not null)
        {
            await PostgresDump.RunAsync(options.Book, Path.Combine(to.FullName, "book.dump"), cancel);
            Console.WriteLine("book.dump (of PostgreSQL: pg_restore --no-owner --dbname=… puts it into an empty database)");
        }
        else if (options.BookPostgres is not null)
        {
            Console.WriteLine($"(NOT the book: it is in PostgreSQL and there is no pg_dump here. Where there is one: {PostgresDump.Words(options.Book)})");
        }

        foreach (var name in Databases.Where(n => (options.BookPostgres is null || n != "book.db") && File.Exists(Path.Combine(options.Data, n))))
        {
            using var connection = new SqliteConnection(
                new SqliteConnectionStringBuilder { DataSource = Path.Combine(options.Data, name), Mode = SqliteOpenMode.ReadOnly }.ToString());
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "VACUUM INTO $to";
            command.Parameters.AddWithValue("$to", Path.Combine(to.FullName, name));
            command.ExecuteNonQuery();
            Console.WriteLine(name);
        }

        var authority = Path.Combine(to.FullName, "ca");
        Identity.SecretFile.CreateDirectory(authority);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(options.Data, "ca")))
        {
            Identity.SecretFile.Write(Path.Combine(authority, Path.GetFileName(file)), File.ReadAllText(file));
        }

        if (Path.Combine(options.Data, "webhooks.key") is var webhooks && File.Exists(webhooks))
        {
            Identity.SecretFile.Write(Path.Combine(to.FullName, "webhooks.key"), File.ReadAllText(webhooks));
            Console.WriteLine("webhooks.key (makes the secrets of webhooks)");
        }

        Console.WriteLine("ca (holds the city's private key: keep the backup as safe as the server)");
        return 0;
    }
}
