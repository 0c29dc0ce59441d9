using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Ledger;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Ledger;

/// <summary>A log and a book in one folder, lamps in the registry, and readers of the ledger over them.</summary>
internal sealed class LedgerRig : IAsyncDisposable
{
    /// <summary>29 November 2026 in Thanh Hóa.</summary>
    public static readonly DateTimeOffset Noon = new(2026, 11, 29, 12, 0, 0, TimeSpan.FromHours(7));

    private readonly bool _own;
    private readonly bool _guest;
    private readonly LedgerOptions _options;
    private LedgerReader? _reader;
    private LogReader? _hold;

    private LedgerRig(LedgerRig host, string log)
    {
        (_guest, _options, Folder, Book) = (true, host._options, host.Folder, host.Book);
        OpenLog(log);
    }

    private LedgerRig(string? folder, LedgerOptions options)
    {
        (_own, _options) = (folder is null, options);
        Folder = folder ?? Directory.CreateTempSubdirectory("smartcity-ledger-").FullName;
    }

    public string Folder { get; }

    public FakeTime Time { get; } = new(Noon.AddDays(3));

    public CityLog Log { get; private set; } = null!;

    public CityBook Book { get; private set; } = null!;

    public LedgerBook Ledger => new(Book.Store, _options);

    public static async Task<LedgerRig> OpenAsync(LedgerOptions? options = null, string? folder = null)
    {
        var rig = new LedgerRig(folder, options ?? new LedgerOptions());
        await rig.ReopenAsync();
        if (folder is null)
        {
            var edits = new RegistryEdits
            {
                Streets = [new() { Id = "s-1", Name = "Lê Lợi", Ward = "Hạc Thành" }, new() { Id = "s-2", Name = "Bà Triệu", Ward = "Hàm Rồng" }],
                Devices =
                [
                    .. new[] { "a", "b", "c" }.Concat(Enumerable.Range(0, 20).Select(n => FormattableString.Invariant($"l{n}"))).Select(id => new DeviceEdit
                    {
                        Id = id, Kind = "streetlight", Street = id is "a" or "b" ? "s-1" : "s-2", Lat = 19.8, Lon = 105.78,
                        Thresholds = new Dictionary<string, double> { ["rated_w"] = 100 },
                    }),
                    new() { Id = "cab", Kind = "power_cabinet", Street = "s-1" },
                ],
            };
            await rig.Book.Registry.PutAsync(edits, "test", CancellationToken.None);
        }

        return rig;
    }

    /// <summary>A second server: a log of its own, the same book.</summary>
    public LedgerRig Beside(string log) => new(this, log);

    private void OpenLog(string log)
    {
        Log = CityLog.Open(new LogOptions { Directory = Path.Combine(Folder, log), MinimumFreeBytes = 0, ReserveBytes = 0, AlarmAcknowledgeOnCommit = true }, TimeProvider.System);
        _hold = Log[Lane.Telemetry].OpenReader("hold");
    }

    public async Task ReopenAsync(string log = "log")
    {
        OpenLog(log);
        Book = await CityBook.OpenAsync(
            TestBook.At(Path.Combine(Folder, "city.db")), Time, kind => KindCatalog.BuiltIn.Find(kind) is not null,
            new RegistryLimits { ThresholdFaults = KindCatalog.BuiltIn.ThresholdFaults });
    }

    /// <summary>A log of its own with nothing in it, in the place of the one that was.</summary>
    public async Task OtherLogAsync()
    {
        await CloseAsync();
        await ReopenAsync("log-2");
    }

    public static string At(double hours) => Instant.From(Noon.AddHours(hours)).ToString(CultureInfo.InvariantCulture);

    public static string Line(string lamp, double hours, double energy, double burned, int switches) => string.Create(
        CultureInfo.InvariantCulture, $"streetlight,device={lamp} energy_kwh={Math.Round(energy, 6)},burning_hours={Math.Round(burned, 6)},switch_on_count={switches}i {At(hours)}\n");

    public Task LampAsync(string lamp, double hours, double energy, double burned, int switches) => SayAsync(Line(lamp, hours, energy, burned, switches));

    public async Task SayAsync(string lines)
    {
        while (!Log[Lane.Telemetry].TryAppend(FrameFlags.None, 0, "gw-1"u8, Encoding.UTF8.GetBytes(lines), null, 0, out _))
        {
            await Log[Lane.Telemetry].RoomAsync(CancellationToken.None);
        }

        await Log[Lane.Telemetry].FlushAsync();
    }

    /// <summary>A reader as a server that has just started has it.</summary>
    public async Task<LedgerReader> OpenReaderAsync(string server = "")
    {
        var reader = new LedgerReader(
            Log[Lane.Telemetry], new LedgerBook(Book.Store, _options, server), () => Book.Registry.Current, KindCatalog.BuiltIn, CityTimeZone.Find(CityTimeZone.Vietnam)!, Time, NullLogger.Instance, _options);
        await reader.OpenAsync(CancellationToken.None);
        return reader;
    }

    /// <summary>Reads to the end, and writes; then, or when it is told not to write all, the next one begins anew from the book.</summary>
    public async Task ReadAsync(bool cursor = true, bool write = true)
    {
        _reader = await OpenReaderAsync();
        while (_reader.TakeNext(512))
        {
        }

        if (write)
        {
            await _reader.WriteMetersAsync(CancellationToken.None);
        }

        if (write && cursor)
        {
            await _reader.WriteCursorAsync(CancellationToken.None);
        }
    }

    public async Task<long> CursorAsync() => (await Ledger.LoadCursorAsync(Log.Id, Lane.Telemetry, CancellationToken.None))?.Cursor.Position ?? 0;

    public Task<List<(DateOnly Day, NightSums Sums)>> NightsAsync(string device) => Book.Store.ReadAsync(
        sql => sql.Query(
            "SELECT night, n.energy, n.seconds, n.switches, n.\"full\" FROM ledger_nights n JOIN ledger_meters ON id = meter WHERE device = $1 ORDER BY night",
            r => (DateOnly.FromDayNumber(r.GetInt32(0)), new NightSums { Energy = r.GetInt64(1), Seconds = r.GetInt64(2), Switches = r.GetInt64(3), Full = r.GetInt64(4) }),
            device),
        CancellationToken.None);

    public Task<List<(int Month, long Energy)>> MonthsAsync(string device) => Book.Store.ReadAsync(
        sql => sql.Query(
            "SELECT month, ledger_months.energy FROM ledger_months JOIN ledger_meters ON id = meter WHERE device = $1 ORDER BY month", r => (r.GetInt32(0), r.GetInt64(1)), device),
        CancellationToken.None);

    public async Task CloseAsync()
    {
        _hold!.Dispose();
        if (!_guest)
        {
            await Book.DisposeAsync();
        }

        await Log.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        if (_own)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
