using System.CommandLine;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Serve;

namespace SmartCity.Ingest.Commands;

/// <summary>The data folder as the commands beside <c>serve</c> use it: they work while the server runs, which notices what they changed.</summary>
internal sealed class OpenData : IAsyncDisposable
{
    private OpenData(ServeOptions options, CityBook book, CityCa ca, IdentityService identity)
    {
        Options = options;
        Book = book;
        Ca = ca;
        Identity = identity;
    }

    public ServeOptions Options { get; }

    public CityBook Book { get; }

    public CityCa Ca { get; }

    public IdentityService Identity { get; }

    /// <summary>Runs a command on the data folder; 2 when the settings are wrong, 1 when it meets a fault.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="work">What to do.</param>
    /// <param name="cancel">Stops it.</param>
    /// <param name="mayCreate">True for what may come before the first start; elsewhere a folder without a city is a mistyped name.</param>
    public static async Task<int> RunAsync(
        ParseResult parsed, Func<OpenData, CancellationToken, Task<int>> work, CancellationToken cancel, bool mayCreate = false)
    {
        if (SettingsCommand.Read(parsed, []) is not { } options)
        {
            return 2;
        }

        return await Faults.ToldAsync(async () =>
        {
            if (options.BookPostgres is null && !File.Exists(options.Book.Path))
            {
                if (!mayCreate)
                {
                    throw new CommandFault($"There is no city in {options.Data}: give its folder with --data. (`serve` and `import` make one.)");
                }

                await Console.Error.WriteLineAsync($"A new city begins in {options.Data}");
            }

            await using var data = await OpenAsync(options, cancel);
            return await work(data, cancel);
        });
    }

    public async ValueTask DisposeAsync()
    {
        Identity.Dispose();
        await Book.DisposeAsync();
        Ca.Dispose();
    }

    private static async Task<OpenData> OpenAsync(ServeOptions options, CancellationToken cancel)
    {
        SecretFile.CreateDirectory(options.Data);
        var kinds = CityEngine.Kinds(options.Kinds);
        var ca = CityCa.OpenOrCreate(Path.Combine(options.Data, "ca"), TimeProvider.System);
        var book = await CityBook.OpenAsync(
            options.Book, TimeProvider.System, name => kinds.Find(name) is not null,
            new RegistryLimits { ThresholdFaults = kinds.ThresholdFaults }, cancel);
        var identity = new IdentityService(book, ca, TimeProvider.System, new IdentityOptions());
        await identity.LoadAsync(cancel);
        return new OpenData(options, book, ca, identity);
    }
}
