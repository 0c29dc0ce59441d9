using System.Threading.Channels;

namespace SmartCity.Ingest.Book;

/// <summary>
/// What the city remembers: alerts, registry, grains, people, commands. One engine (a SQLite file, unless told otherwise), one writer. Everything the book says
/// is durable; everything that must outlive the process is in the book.
/// </summary>
internal sealed partial class CityBook : IAsyncDisposable
{
    private const int EventsAtOnce = 500;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly TimeProvider _pauses;
    private readonly AlertFold _fold;
    private readonly Channel<bool> _foreign = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task _following;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private BookNews _heard = BookNews.None;
    private int _disposed;

    private CityBook(BookStore store, BookOptions options, TimeProvider time, Func<string, bool> knowsKind, RegistryLimits limits)
    {
        Store = store;
        (_time, _pauses) = (time, options.Time);
        Events = new BookEvents();
        Registry = new Registry(store, knowsKind, time, limits);
        Alerts = new AlertBook(store, Events, time);
        Incidents = new IncidentBook(store, Alerts, Registry);
        ZoneActs = new ZoneActs(store, Events);
        Commands = new CommandBook(store, time);
        Reports = new ReportBook(store, time);
        Lighting = new Lights.LightingBook(store, () => Registry.Current, options.TimeZone, time);
        Rotas = new OnCall.RotaBook(store, time);
        Escalation = new EscalationBook(store, Events, time);
        Maintenance = new MaintenanceBook(store, Events, () => Registry.Current, time);
        _fold = new AlertFold(Events, () => Registry.Current, Maintenance);
        Shifts = new ShiftBook(store, Events, time);
        store.Engine.ForeignChange += Hear;
        Events.Missed = () => Hear(BookNews.None.And(BookAreas.Alerts));
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

    /// <summary>Another process (the command line, another server) has changed the book; what stands here in memory of it has been read again already.</summary>
    public event Func<BookNews, Task>? ForeignChange;

    /// <summary>Reading the book again after another process's change failed; it is tried again in a second.</summary>
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
        var book = new CityBook(await BookStore.OpenAsync(options), options, time, knowsKind, limits ?? new RegistryLimits());
        try
        {
            await book.Registry.LoadAsync(null, cancel);
            await book.Maintenance.LoadAsync(cancel);
            await book.Escalation.LoadAsync(cancel);
            await book.ZoneActs.LoadAsync(cancel);
            await book.Lighting.LoadAsync(cancel);
            await book.Reports.LoadAsync(null, cancel);
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
        await _stopping.CancelAsync();
        await _following;
        _stopping.Dispose();
        await Store.DisposeAsync();
    }

    private void Hear(BookNews news)
    {
        lock (_gate)
        {
            _heard = _heard.And(news);
        }

        _foreign.Writer.TryWrite(true);
    }

    private async Task FollowAsync()
    {
        await foreach (var _ in _foreign.Reader.ReadAllAsync())
        {
            BookNews news;
            lock (_gate)
            {
                (news, _heard) = (_heard, BookNews.None);
            }

            try
            {
                await TakeInAsync(news, _stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever it is: a server that no longer listens would show an old city and not know it.
                ReloadFailed?.Invoke(e);
                await Task.Delay(RetryAfter, _pauses, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Hear(news);
            }
        }
    }

    // Alerts first: they do not wait for a registry to be read.
    private async Task TakeInAsync(BookNews news, CancellationToken cancel)
    {
        if (news.IsEmpty)
        {
            return;
        }

        if (news.Has(BookAreas.Alerts))
        {
            while (await Alerts.EventsAfterAsync(Events.Last, EventsAtOnce, cancel) is { Count: > 0 } missed)
            {
                Events.Tell(missed);
            }

            await ZoneActs.LoadAsync(cancel);
        }

        if (news.Has(BookAreas.Registry))
        {
            await Registry.LoadAsync(news.Keys(BookAreas.Registry), cancel);
        }

        if (news.Has(BookAreas.Maintenance))
        {
            await Maintenance.LoadAsync(cancel);
        }

        if (news.Has(BookAreas.Escalation))
        {
            await Escalation.LoadAsync(cancel);
        }

        if (news.Has(BookAreas.Lighting))
        {
            await Lighting.LoadAsync(cancel);
        }

        if (news.Has(BookAreas.Reports))
        {
            await Reports.LoadAsync(news.Keys(BookAreas.Reports), cancel);
        }

        foreach (var follow in ForeignChange?.GetInvocationList().Cast<Func<BookNews, Task>>() ?? [])
        {
            await follow(news);
        }
    }
}
