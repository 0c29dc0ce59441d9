using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Ingest.Book.Engines;

/// <summary>A copy of the book by PostgreSQL's own <c>pg_dump</c>: one moment of it, while servers write on. <c>pg_restore</c> puts it into an empty database.</summary>
internal static class PostgresDump
{
    private const string Debian = "/usr/lib/postgresql";

    /// <summary>Path of the newest <c>pg_dump</c> of this machine; null when there is none.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Concat(Directory.Exists(Debian) ? Directory.GetDirectories(Debian).OrderByDescending(Version).Select(d => Path.Combine(d, "bin")) : [])
        .Where(d => d.Length > 0)
        .Select(d => Path.Combine(d, "pg_dump"))
        .FirstOrDefault(File.Exists);

    /// <summary>What a person types where there is no <c>pg_dump</c> here.</summary>
    public static string Words(BookOptions options) => "pg_dump " + string.Join(' ', Arguments(PostgresAddress.Of(options), "book.dump"));

    /// <summary>Writes the copy.</summary>
    /// <param name="options">Where the book is.</param>
    /// <param name="file">The file to write.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="BookException"><c>pg_dump</c> refused; the message has its words.</exception>
    public static async Task RunAsync(BookOptions options, string file, CancellationToken cancel)
    {
        var address = PostgresAddress.Of(options);
        var start = new ProcessStartInfo(Program!, Arguments(address, file)) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };

        // Not as arguments: everybody on the machine can read those.
        foreach (var (name, value) in address.Variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new BookException($"{Program} does not start.");
        try
        {
            var said = await Task.WhenAll(process.StandardError.ReadToEndAsync(cancel), process.StandardOutput.ReadToEndAsync(cancel));
            await process.WaitForExitAsync(cancel);
            if (process.ExitCode != 0)
            {
                throw new BookException($"{address.Place} was not copied: {said[0].Trim()}");
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    // A database may hold other things; what is named is the book.
    private static IEnumerable<string> Arguments(PostgresAddress address, string file) =>
        ["--format=custom", "--no-owner", "--no-privileges", .. address.Schema is { } schema ? (string[])["--schema=" + schema] : [], "--file=" + file];

    private static int Version(string folder) => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0;
}
