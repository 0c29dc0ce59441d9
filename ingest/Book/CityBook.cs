using System.Threading.Channels;

namespace SmartCity.Ingest.Book;

/// <summary>
/// What the city remembers: alerts, registry, grains, people, commands. One engine (a SQLite file, unless told otherwise), one writer. Everything the book says
/// is durable; everything that must outlive the process is in the book.
/// </summary>
internal sealed partial class CityBook : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly AlertFold _fold;
    private readonly Channel<bool> _foreign = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task _following;
    private int _disposed;

    private CityBook(BookStore store, TimeProvider time, Func<string, bool> knowsKind, RegistryLimits limits, TimeZoneInfo zone)
    {
        Store = store;
        _time = time;
        Events = new BookEvents();
        Registry = new Registry(store, knowsKind, time, limits);
        Alerts = new AlertBook(store, Events, time);
        Incidents = new IncidentBook(store, Alerts, Registry);
        ZoneActs = new ZoneActs(store, Events);
        Commands = new CommandBook(store, time);
        Reports = new ReportBook(store, time);
        Lighting = new Lights.LightingBook(store, () => Registry.Current, zone, time);
        Rotas = new OnCall.RotaBook(store, time);
        Escalation = new EscalationBook(store, Events, time);
        Maintenance = new MaintenanceBook(store, Events, () => Registry.Current, time);
        _fold = new AlertFold(Events, () => Registry.Current, Maintenance);
        Shifts = new ShiftBook(store, Events, time);
        store.Engine.ForeignChange += () => _foreign.Writer.TryWrite(true);
        _following = FollowAsync();
    }

    /// <summary>What it is kept in, for what stands beside the book in it (people, certificates).</summary>
    public BookStore Store { get; }

    /// <summary>What has just been committed.</summary>
    public BookEvents Events { get; }

    /// <summary>Alerts.</summary>
    public AlertBook Alerts { get; }

    /// <summary>Alerts of one place and time together.</summary>
    public IncidentBook Incidents { get; }

    /// <summary>Tests, drills and works.</summary>
    public MaintenanceBook Maintenance { get; }

    /// <summary>What happens while nobody acknowledges.</summary>
    public EscalationBook Escalation { get; }

    /// <summary>What officers last said of fire zones, for their gateways.</summary>
    public ZoneActs ZoneActs { get; }

    /// <summary>Devices, gateways, zones, streets.</summary>
    public Registry Registry { get; }

    /// <summary>Commands to devices.</summary>
    public CommandBook Commands { get; }

    /// <summary>Who had the duty when.</summary>
    public ShiftBook Shifts { get; }

    /// <summary>What gateways report of their lamps and their desired document.</summary>
    public ReportBook Reports { get; }

    /// <summary>Programmes, calendars, groups and orders of the lamps.</summary>
    public Lights.LightingBook Lighting { get; }

    /// <summary>Who is on call when.</summary>
    public OnCall.RotaBook Rotas { get; }

    /// <summary>Whether a gateway's devices, on a lane, are this server's to judge; null: those of none. Exact within a write transaction.</summary>
    public Func<string?, Telemetry.Lane, bool> Holds { get; set; } = static (_, _) => true;

    /// <summary>Another process (the command line) has changed the book; the registry has been read again already.</summary>
    public event Func<Task>? ForeignChange;

    /// <summary>Reading the book again after another process's change failed; it is tried again at the next.</summary>
    public event Action<Exception>? ReloadFailed;

    /// <summary>Opens the book and reads the registry.</summary>
    /// <param name="options">Where and with what limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="knowsKind">Whether the catalogue has a kind of that name.</param>
    /// <param name="limits">Bounds of the registry.</param>
    /// <param name="cancel">Stops the opening.</param>
    /// <exception cref="BookException">It cannot be opened; the message says what to do.</exception>
    public static async Task<CityBook> OpenAsync(
        BookOptions options, TimeProvider time, Func<string, bool> knowsKind, RegistryLimits? limits = null, CancellationToken cancel = default)
    {
        var book = new CityBook(await BookStore.OpenAsync(options), time, knowsKind, limits ?? new RegistryLimits(), options.TimeZone);
        try
        {
            await book.Registry.LoadAsync(cancel);
            await book.Maintenance.LoadAsync(cancel);
            await book.Escalation.LoadAsync(cancel);
            await book.ZoneActs.LoadAsync(cancel);
            await book.Lighting.LoadAsync(cancel);
            await book.Reports.LoadAsync(cancel);
            book.Events.StartAfter(await book.Alerts.LastEventAsync(cancel));
            return book;
        }
        catch
        {
            await book.DisposeAsync();
            throw;
        }
    }

    /// <summary>Finishes what was accepted and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _foreign.Writer.TryComplete();
        await _following;
        await Store.DisposeAsync();
    }

    private async Task FollowAsync()
    {
        await foreach (var _ in _foreign.Reader.ReadAllAsync())
        {
            try
            {
                await ZoneActs.LoadAsync(CancellationToken.None);
                await Registry.LoadAsync(CancellationToken.None);
                await Maintenance.LoadAsync(CancellationToken.None);
                await Escalation.LoadAsync(CancellationToken.None);
                await Lighting.LoadAsync(CancellationToken.None);
                await Reports.LoadAsync(CancellationToken.None);
                Events.CloseAll();
                foreach (var follow in ForeignChange?.GetInvocationList().Cast<Func<Task>>() ?? [])
                {
                    await follow();
                }
            }
            catch (BookException e)
            {
                ReloadFailed?.Invoke(e);
            }
        }
    }
}
