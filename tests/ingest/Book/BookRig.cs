using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>A book in a folder of its own.</summary>
internal sealed class BookRig : IAsyncDisposable
{
    public static readonly Guid Log = new("11111111-2222-3333-4444-555555555555");

    public string Folder { get; } = Directory.CreateTempSubdirectory("smartcity-book-").FullName;

    public FakeTime Time { get; } = new();

    public CityBook Book { get; private set; } = null!;

    public string File => Path.Combine(Folder, "city.db");

    public static async Task<BookRig> OpenAsync(Func<BookOptions, BookOptions>? options = null)
    {
        var rig = new BookRig();
        rig.Book = await rig.AgainAsync(options);
        return rig;
    }

    /// <summary>Another book on the same file, as another process would open it.</summary>
    public Task<CityBook> AgainAsync(Func<BookOptions, BookOptions>? options = null) => CityBook.OpenAsync(
        (options ?? (o => o))(TestBook.At(File) with { ForeignCheck = TimeSpan.FromMilliseconds(50) }),
        Time,
        kind => KindCatalog.BuiltIn.Find(kind) is not null,
        new RegistryLimits { ThresholdFaults = KindCatalog.BuiltIn.ThresholdFaults });

    public static AlertChange Change(
        string alert, string cause = "raised", AlertChangeKind what = AlertChangeKind.Raised, string kind = "fire", Severity severity = Severity.Critical,
        string? device = "smoke-1", string? zone = "z-1", bool autoResolve = false, long at = 1_788_220_800_000_000_000) => new()
        {
            AlertId = alert,
            What = what,
            Cause = cause,
            Kind = kind,
            Severity = severity,
            Device = device,
            Zone = zone,
            Rule = "smoke",
            Value = 1,
            Threshold = 0.5,
            MeasuredAt = at,
            ReceivedAt = at + 5,
            AutoResolve = autoResolve,
            Detail = "seen by smoke-1",
        };

    public static GrainCommit Commit(params AlertChange[] changes) => new(Lane.Alarm, null, changes, []);

    public async ValueTask DisposeAsync()
    {
        await Book.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
