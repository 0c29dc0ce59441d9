using System.CommandLine;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Book.Engines;
using SmartCity.Ingest.Serve;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Commands;

/// <summary><c>book</c>: where the city's book is kept.</summary>
internal static class BookCommands
{
    public static Command Make()
    {
        var move = new Command("move", "Bring the book from the data folder's book.db into the empty PostgreSQL of book.postgres (the server must be stopped); the file stays beside it as book.db.moved");
        move.SetAction((parsed, cancel) => SettingsCommand.Read(parsed, []) is { } options ? Faults.ToldAsync(() => MoveAsync(options, cancel)) : Task.FromResult(2));
        return new Command("book", "Where the city's book is kept") { move };
    }

    private static async Task<int> MoveAsync(ServeOptions options, CancellationToken cancel)
    {
        var file = options.Book with { Postgres = null };
        if (options.BookPostgres is null)
        {
            throw new CommandFault($"book.postgres says where to: give it as {SettingKeys.BookPostgres.Variable}=Host=…;Database=…;Username=…;Password=… or in the settings file.");
        }

        if (!File.Exists(file.Path))
        {
            throw new CommandFault($"There is no book in {options.Data}: give the city's folder with --data.");
        }

        // Opening the log proves that no server runs on this folder.
        var log = Path.Combine(options.Data, "log");
        await using var stopped = Directory.Exists(log) ? CityLog.Open(new LogOptions { Directory = log }, TimeProvider.System) : null;
        var moved = await BookMove.RunAsync(file, options.Book, new Line(), cancel);
        foreach (var (table, rows) in moved.Where(m => m.Rows > 0))
        {
            Console.WriteLine(FormattableString.Invariant($"{rows,12} {table}"));
        }

        // The connection that is closed last has brought the write-ahead log into the file.
        var kept = file.Path + ".moved";
        File.Move(file.Path, kept, overwrite: true);
        Console.WriteLine(FormattableString.Invariant($"{moved.Sum(m => m.Rows),12} rows in all, counted on both sides. Start the server with the same book.postgres; {kept} may be deleted when it has gone well."));
        return 0;
    }

    private sealed class Line : IProgress<BookMoveProgress>
    {
        public void Report(BookMoveProgress value)
        {
            if (!Console.IsErrorRedirected)
            {
                Console.Error.Write(FormattableString.Invariant($"\r{value.Done} of {value.Total} rows  {value.Table,-20}{(value.Done == value.Total && value.Table.Length == 0 ? "\n" : "")}"));
            }
        }
    }
}
