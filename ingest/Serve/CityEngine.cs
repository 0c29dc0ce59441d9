using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Delivery;
using SmartCity.Ingest.History;
using SmartCity.Ingest.History.Embedded;
using SmartCity.Ingest.History.Influx;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Intake;
using SmartCity.Ingest.Ledger;
using SmartCity.Ingest.Mqtt;
using SmartCity.Ingest.OnCall;
using SmartCity.Ingest.Peers;
using SmartCity.Ingest.Quarantine;
using SmartCity.Ingest.Readers;
using SmartCity.Mqtt;
using SmartCity.Telemetry;
using HostOptions = SmartCity.Grains.HostOptions;

namespace SmartCity.Ingest.Serve;

/// <summary>Everything behind the ports, opened in the order in which one needs the other, and closed in the opposite one.</summary>
internal sealed partial class CityEngine : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly List<object> _open = [];
    private readonly ILogger<CityEngine> _logger;
    private TimeSpan _offset;

    private CityEngine(ILogger<CityEngine> logger) => _logger = logger;

    public CityCa Ca { get; private set; } = null!;

    public CityBook Book { get; private set; } = null!;

    /// <summary>This server among those of the book.</summary>
    public ClusterNode Node { get; private set; } = null!;

    public IdentityService Identity { get; private set; } = null!;

    public CityLog Log { get; private set; } = null!;

    /// <summary>Bounds HTTP and HTTPS together. 4,096: an office of wall screens many times over, and few files beside 12,000 gateways' sockets.</summary>
    public ConnectionGate HttpGate { get; } = new(all: 4_096, perAddress: 1_024);

    public MqttServer Endpoint { get; private set; } = null!;

    public ApiServices Api { get; private set; } = null!;

    public IReadOnlyList<GrainReader> Grains { get; private set; } = [];

    /// <summary>What this server and the others tell each other; null when it is alone.</summary>
    public CityPeers? Peers { get; private set; }

    public IReadOnlyList<HistoryReader> History { get; private set; } = [];

    /// <summary>Energy, burning hours and switch-ons, night by night.</summary>
    public LedgerReader Ledger { get; private set; } = null!;

    /// <summary>Opens the data folder and starts the readers.</summary>
    public static async Task<CityEngine> StartAsync(ServeOptions options, TimeProvider time, ILoggerFactory logs, CancellationToken cancel)
    {
        var engine = new CityEngine(logs.CreateLogger<CityEngine>());
        try
        {
            await engine.OpenAsync(options, time, logs, cancel);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Says aloud what is not safe about the configuration.</summary>
    public void Warn(ServeOptions options)
    {
        if (options.Open)
        {
            ServeLog.Open(_logger);
        }

        if (options is { BookPostgres: not null, Influx: null })
        {
            ServeLog.OwnHistory(_logger);
        }

        if (!System.Net.IPAddress.IsLoopback(options.PlainBind))
        {
            ServeLog.Plain(_logger, options.PlainBind.ToString());
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var task in _running)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        for (var i = _open.Count - 1; i >= 0; i--)
        {
            switch (_open[i])
            {
                case IAsyncDisposable later:
                    await later.DisposeAsync();
                    break;
                case IDisposable now:
                    now.Dispose();
                    break;
            }
        }

        _stop.Dispose();
    }

    private async Task OpenAsync(ServeOptions options, TimeProvider time, ILoggerFactory logs, CancellationToken cancel)
    {
        SecretFile.CreateDirectory(options.Data);
        string In(string name) => Path.Combine(options.Data, name);

        _offset = options.TimeZone.GetUtcOffset(time.GetUtcNow());
        var kinds = Kinds(options.Kinds);
        var reserve = new DiskReserve(In("book.reserve"), options.LogReserveBytes);
        reserve.TryTake();
        Ca = Keep(CityCa.OpenOrCreate(In("ca"), time));
        Log = Keep(CityLog.Open(LogOptionsOf(options, In("log"), logs.CreateLogger<CityLog>()), time));
        Book = Keep(await CityBook.OpenAsync(
            options.Book with { ReleaseReserve = reserve.Release, TimeZone = options.TimeZone }, time, name => kinds.Find(name) is not null,
            new RegistryLimits { MaximumUnknown = options.OpenDevices, ThresholdFaults = kinds.ThresholdFaults }, cancel));
        Node = Keep(await JoinAsync(options, time, logs, cancel));
        Book.Holds = Node.Holds;
        Book.Sessions = Node.IsAlone ? null : Node;
        foreach (var lane in Lanes)
        {
            if (await Book.AdoptLogAsync(new LogCursor(Log.Id, lane, Log[lane].First), Log[lane].Committed, cancel))
            {
                ServeLog.NewLog(_logger, lane);
            }
        }

        Identity = Keep(new IdentityService(Book, Ca, time, new IdentityOptions { Servers = Running }));
        await Identity.LoadAsync(cancel);

        var quarantine = Keep(new QuarantineStore(In("quarantine.db"), new QuarantineOptions { MaximumRows = options.QuarantineRows }, time));
        var history = Keep(HistoryStore(options, In, quarantine, time));
        var hosting = Keep(await GrainHosting.OpenAsync(
            new GrainSetting
            {
                Serve = options,
                Book = Book,
                Ca = Ca,
                Kinds = kinds,
                Options = GrainOptions(options, logs),
                Time = time,
                Logs = logs,
                Sessions = Book.Sessions,
                Superseded = words => _superseded.TrySetResult(words),
            },
            cancel));
        Grains = [.. Lanes.Select(lane => new GrainReader(Log[lane], hosting.Make(lane), time, logs.CreateLogger<GrainReader>(), goesOn: !Node.IsAlone))];
        await ShareGrainsAsync(cancel);
        History = [.. Lanes.Select(lane => new HistoryReader(Log[lane], history, time, logs.CreateLogger<HistoryReader>()))];

        // What it has read and not written counts against the log's budget: a small part of it.
        var ledger = new LedgerOptions();
        ledger = ledger with { MaximumBytes = Math.Min(ledger.MaximumBytes, options.LogBudgetBytes / 16) };
        Ledger = new LedgerReader(
            Log[Lane.Telemetry], new LedgerBook(Book.Store, ledger), () => Book.Registry.Current, kinds, options.TimeZone, time, logs.CreateLogger<LedgerReader>(), ledger);
        await Ledger.OpenAsync(cancel);
        var rejected = Lanes.Select(lane => new QuarantineReader(Log[lane], quarantine, time, logs.CreateLogger<QuarantineReader>())).ToList();

        var metrics = new IntakeMetrics();
        var intake = new Intake.Intake(kinds, Book.Registry, Log, metrics, time);
        var broker = Keep(new Broker(Limits(options).Sessions, time, Keep(SessionStore.Open(In("sessions.db")))));
        var traffic = new MqttTraffic();
        var desired = new DesiredDocuments(Book.Registry, Book.ZoneActs, () => RunningTests.Of(Book.Maintenance, time.GetUtcNow()), Book.Lighting, kinds, options.TimeZone.Id, time);
        var desk = new GatewayDesk(Book, desired, traffic, time, logs.CreateLogger<GatewayDesk>(), gateway => Node.Holds(gateway, Lane.Telemetry));
        var readers = new MqttReaders(Identity);
        var admission = new MqttAdmission(Check(Identity, readers), options.Open) { CanJudge = CanJudge };
        var registrar = new LineRegistrar(Book.Registry, time, logs.CreateLogger<LineRegistrar>());
        var door = new AlarmDoor(Book.Store.Watch, Close, time);
        var owner = new CityOwner(admission, Node, door, intake, registrar, Log, desk, traffic, logs.CreateLogger<CityOwner>(), time);
        Endpoint = Keep(new MqttServer(owner, broker, Limits(options), time, logs.CreateLogger<MqttServer>()));
        Follow(admission, desk, time);
        Identity.Trust.Revoked += gateway => Revoke(admission, gateway);
        Book.Registry.Changed += _ => desk.RegistryChanged();
        Book.ZoneActs.Changed = desk.ZoneChanged;
        Book.Maintenance.Changed += desk.TestsChanged;
        Book.Lighting.Changed += desk.LightingChanged;
        Book.Lighting.Refuses = desired.Refuses;
        Book.Alerts.Acknowledged = (alert, _, at) => Tell(reader => reader.Acknowledge(alert, at));
        Book.Alerts.Ended = (alert, at) => Tell(reader => reader.Reset(alert, at));
        foreach (var (alert, _, at) in await Book.Alerts.AcknowledgedOpenAsync(cancel))
        {
            Tell(reader => reader.Acknowledge(alert, at));
        }

        foreach (var (alert, at) in await Book.Alerts.EndedFiresAsync(cancel))
        {
            Tell(reader => reader.Reset(alert, at));
        }

        var announcer = Keep(new AlertAnnouncer(Book, broker, In("announced"), time, logs.CreateLogger<AlertAnnouncer>()));
        var delivery = Keep(Deliver(options, WebhookSecrets.OpenOrCreate(In("webhooks.key")), time, logs));
        Provisional = new ProvisionalAlerts(() => Grains.Select(g => g.Host.Pending), () => Book.Registry.Current, Book.Store.Watch, time);
        FollowBook(desk, delivery);
        var figures = new Figures(this, metrics, traffic, quarantine, broker, desk, options.Data, time);
        var own = new OwnLive
        {
            Look = device => LiveValues.Look(Grains, device),
            Heard = device => LiveValues.Heard(Grains, device),
            Newest = (device, metric) => LiveValues.Newest(Grains, device, metric),
            IsOnline = desk.IsOnline,
            Online = () => desk.Online,
            Desired = gateway => desired.Look(gateway),
            Status = () => PeerStatus.Of(Api),
        };
        Peers = Node.IsAlone ? null : Keep(new CityPeers(Node, Ca, own, () => Book.Registry.Current, time, logs.CreateLogger<PeerExchange>()));
        var live = new CityLive(own, Peers?.Exchange, () => Book.Registry.Current, kinds);
        Api = new ApiServices
        {
            Book = Book,
            Identity = Identity,
            Kinds = kinds,
            Time = time,
            Intake = Lines(new HttpIntake(intake, Book.Registry, Log, options.Open), kinds),
            History = history.QueryAsync,
            Quarantine = quarantine.List,
            Live = device => LiveValues.Of(live.Look(device)),
            Look = live.Look,
            Heard = live.Heard,
            Newest = live.Newest,
            Connected = live.Connected,
            Desired = live.Desired,
            Fresh = live.FreshAsync,
            Unanswered = live.Unanswered,
            Holder = live.Holder,
            Servers = () => ServersView.Of(Peers?.Exchange, own.Status(), ServersView.BookView.Of(Book.Store), Node.Options),
            SendCommand = (command, _) => desk.TrySendAsync(command),
            Engine = figures.Status,
            Ready = figures.Faults,
            Provisional = Provisional,
            Delivery = delivery,
            Metrics = () => figures.Samples().Concat(delivery.Samples()),
            TimeZone = options.TimeZone,
            OpenStations = options.OpenData ? Keep(new Reports.OpenStations(time)) : null,
            Cap = options.Cap with { TimeZone = options.TimeZone },
            MapStyle = options.MapStyle,
            Options = new ApiOptions { Open = options.Open },
            Node = Node,
        };

        await Book.Shifts.TellAsync(cancel);
        await announcer.StartAsync(cancel);
        await delivery.StartAsync(cancel);

        // Each on a thread of its own: none stands in a queue behind another, and an alarm behind none of them.
        Run(Grains.Select(g => OwnThread.Run($"alerts {Named(g.Lane)}", () => g.RunAsync(_stop.Token))));
        Run(History.Select((h, i) => OwnThread.Run($"history {Named(Lanes[i])}", () => h.RunAsync(_stop.Token))));
        Run([OwnThread.Run("ledger", () => Ledger.RunAsync(_stop.Token))]);
        Run(rejected.Select(r => r.RunAsync(_stop.Token)));
        Run([Provisional.RunAsync(_stop.Token), door.RunAsync(WhenBackAsync, _stop.Token)]);
        Run([TendAsync(reserve, time), WatchReadersAsync(admission, readers, time), new LifecycleClock(Book, () => Node.IsLeader, time, logs.CreateLogger<LifecycleClock>()).RunAsync(_stop.Token), Api.Orders.RunAsync(_stop.Token)]);
        Run(Peers is null ? [] : [Peers.Exchange.RunAsync(_stop.Token), SendTelemetryAwayAsync(Peers.Exchange, admission, time, logs)]);
    }

    private static string Named(Lane lane) => lane == Lane.Alarm ? "alarm" : "tele";

    private static IReadOnlyList<Lane> Lanes { get; } = [Lane.Telemetry, Lane.Alarm];

    /// <summary>The built-in kinds, with those of a folder added or in their place.</summary>
    public static KindCatalog Kinds(string? folder) => folder is null
        ? KindCatalog.BuiltIn
        : KindCatalog.BuiltIn.With(Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal).Select(f => (f, File.ReadAllText(f))));

    private static LogOptions LogOptionsOf(ServeOptions options, string directory, ILogger logger) => new()
    {
        Directory = directory,
        BudgetBytes = Math.Max(options.LogBudgetBytes, options.LogMemoryBytes),
        MinimumFreeBytes = options.LogFreeBytes,
        SegmentBytes = Math.Max(options.LogSegmentBytes, 8L << 20),
        MemoryBytes = options.LogMemoryBytes,
        ReserveBytes = options.LogReserveBytes,
        Preallocate = true,
        PaceBytes = options.LogMemoryBytes / 4 * 3, // a reader at this distance still reads from memory
        Readers = [GrainReader.Name, HistoryReader.Name, QuarantineReader.Name],
        Notice = notice => ServeLog.Notice(logger, Level(notice.Kind), notice.Lane, notice.Text),
    };

    private static LogLevel Level(LogNoticeKind kind) => kind switch
    {
        LogNoticeKind.Resumed or LogNoticeKind.Reserve => LogLevel.Information,
        LogNoticeKind.Healed => LogLevel.Warning,
        _ => LogLevel.Error,
    };

    private static MqttLimits Limits(ServeOptions options) => new()
    {
        MaximumConnections = options.MaximumConnections,
        MaximumConnectionsPerAddress = options.Open ? options.MaximumConnections : options.MaximumConnectionsPerAddress,
        InFlight = (ushort)options.ReceiveMaximum,

        // Whoever is connected has a session; beside them stand those that are kept for who is away.
        Sessions = new() { MaximumSessions = options.MaximumConnections + options.MaximumConnections / 3 },
    };

    private static IHistoryStore HistoryStore(ServeOptions options, Func<string, string> path, QuarantineStore quarantine, TimeProvider time)
    {
        if (options.Influx is not { } influx)
        {
            // What it holds in memory counts against the log's budget: a small part of it.
            var embedded = new EmbeddedOptions { Days = options.HistoryDays };
            embedded = embedded with { HeadLogBytes = Math.Min(embedded.HeadLogBytes, options.LogBudgetBytes / 16) };
            return new EmbeddedHistoryStore(path("history.db"), embedded, quarantine, time);
        }

        var target = new InfluxOptions
        {
            Url = influx.Url,
            Api = influx.Bucket is null ? InfluxApi.V1 : InfluxApi.V2,
            Database = influx.Bucket ?? influx.Database!,
            Organisation = influx.Organisation,
            Username = influx.User,
            Password = influx.Password,
            Token = influx.Token,
            NumericOnly = influx.NumericOnly,
            Precision = influx.NumericOnly ? Precision.Millisecond : Precision.Nanosecond,
        };
        return new InfluxHistoryStore(target, new HistoryCursors(path("history-cursors.db")), quarantine, time);
    }

    private static IdentityCheck Check(IdentityService identity, MqttReaders readers) => new(
        certificate => identity.Trust.Authenticate(certificate, out var reason) is { } found ? (found.Gateway, null) : (null, reason),
        async (user, password, from, cancel) => (await readers.AuthenticateAsync(user, password, from, cancel)).Reader);

    private DeliveryService Deliver(ServeOptions options, WebhookSecrets secrets, TimeProvider time, ILoggerFactory logs)
    {
        var addressees = new Addressees(Book.Rotas, Book.Escalation.RotaOf);
        var seams = new DeliverySeams
        {
            Policy = options.Webhooks,
            City = options.City,
            Notify = addressees.OfAsync,
            Leads = Node.IsAlone ? null : () => Node.IsLeader,
            IsSure = () => Node.IsHeard,
        };
        return new DeliveryService(Book, secrets, seams, new DeliveryOptions(), time, logs.CreateLogger<DeliveryService>());
    }

    // What a checkpoint has not saved the log keeps: an eighth of its budget at most.
    private HostOptions GrainOptions(ServeOptions options, ILoggerFactory logs)
    {
        var logger = logs.CreateLogger<EmbeddedHost>();
        var usual = new HostOptions();
        return usual with
        {
            UtcOffset = _offset,
            Warn = text => ServeLog.Grains(logger, text),
            MaximumSnapshotBytes = Math.Min(options.LogBudgetBytes / 8, usual.MaximumSnapshotBytes),
        };
    }

    private void Revoke(MqttAdmission admission, string gateway)
    {
        admission.Revoke(gateway);
        Endpoint.Find(gateway)?.Disconnect(ReasonCode.NotAuthorized);
        Endpoint.Find(gateway + ".alarm")?.Disconnect(ReasonCode.NotAuthorized);
    }

    private void Tell(Action<GrainReader> word)
    {
        foreach (var reader in Grains)
        {
            word(reader);
        }
    }

    // What nobody else looks after: the reserve is taken again when there is space.
    private async Task TendAsync(DiskReserve reserve, TimeProvider time)
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(10), time, _stop.Token);
            reserve.TryTake();
        }
    }

    // Keys and users are not kept in memory, so who listens is asked about: a key that ends ends its connections within a second.
    private async Task WatchReadersAsync(MqttAdmission admission, MqttReaders readers, TimeProvider time)
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time, _stop.Token);
            try
            {
                foreach (var session in await admission.RevokeReadersAsync(() => readers.InForceAsync(_stop.Token)))
                {
                    Endpoint.Find(session)?.Disconnect(ReasonCode.NotAuthorized);
                }
            }
            catch (BookException e) when (!Book.Store.Watch.IsAway)
            {
                ServeLog.ReadersUnwatched(_logger, e.Message);
            }
            catch (BookException)
            {
                // said once, where the book is watched
            }
        }
    }

    private void Run(IEnumerable<Task> tasks) => _running.AddRange(tasks.Select(task => Task.Run(async () =>
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // asked to end
        }
        catch (Exception e)
        {
            // A reader that ends leaves fires unheard: it is better to end the process and let its supervisor start it again.
            ServeLog.ReaderEnded(_logger, e);
            Environment.FailFast("A reader of the log ended: " + e.Message, e);
        }
    })));

    private T Keep<T>(T opened)
        where T : notnull
    {
        _open.Add(opened);
        return opened;
    }
}
