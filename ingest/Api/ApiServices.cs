using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.History;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Quarantine;
using SmartCity.Ingest.Views;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Api;

/// <summary>What the HTTP API stands on; whoever starts the server fills it in.</summary>
internal sealed record ApiServices
{
    public required CityBook Book { get; init; }

    public required IdentityService Identity { get; init; }

    public required KindCatalog Kinds { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>This server among those of the book.</summary>
    public Cluster.ClusterNode Node { get; init; } = Cluster.ClusterNode.Alone();

    /// <summary>Where lines go that are written over HTTP.</summary>
    public required ILineIntake Intake { get; init; }

    /// <summary>Where history is read.</summary>
    public required Func<HistoryQuery, CancellationToken, Task<HistoryPage>> History { get; init; }

    /// <summary>A page of the quarantine: (limit, cursor, reason, source).</summary>
    public required Func<int, string?, string?, string?, QuarantinePage> Quarantine { get; init; }

    /// <summary>A device's last values as its grain has them; null when it has none.</summary>
    public Func<string, DeviceLive?> Live { get; init; } = _ => null;

    /// <summary>All that a device's grain knows, with what its rules have worked out; null when it has none.</summary>
    public Func<string, SmartCity.Grains.DeviceView?> Look { get; init; } = _ => null;

    /// <summary>When a device's newest reading was measured and when one last came, Unix ns; null when it has never been heard.</summary>
    public Func<string, (long Measured, long Received)?> Heard { get; init; } = _ => null;

    /// <summary>Before many devices are looked at: lets come in what other servers have of them, if it is not here. A second at most.</summary>
    public Func<CancellationToken, ValueTask> Fresh { get; init; } = _ => ValueTask.CompletedTask;

    /// <summary>The server that should know of a device and does not answer; null when what is known of it is known of now.</summary>
    public Func<DeviceRow, string?> Unanswered { get; init; } = _ => null;

    /// <summary>The server that a gateway's readings come to; null on one that is alone.</summary>
    public Func<string, string?> Holder { get; init; } = _ => null;

    /// <summary>The servers of the city.</summary>
    public Func<Peers.ServersView> Servers { get; init; } = () => new("", true, new("sqlite", "", null), []);

    /// <summary>Whether a gateway is connected now; null when that is not known.</summary>
    public Func<string, bool?> Connected { get; init; } = _ => null;

    /// <summary>The desired version that a gateway should have in force; null when that is not known.</summary>
    public Func<string, Mqtt.DesiredLook?> Desired { get; init; } = _ => null;

    /// <summary>The newest value of a device's metric and when it was measured, Unix ns; null when it has sent none.</summary>
    public Func<string, string, (double Value, long MeasuredAt)?> Newest { get; init; } = (_, _) => null;

    /// <summary>Hands a stored command to its gateway's connection; false when the gateway is away (it gets it at SUBSCRIBE).</summary>
    public Func<CommandRow, CancellationToken, ValueTask<bool>> SendCommand { get; init; } = (_, _) => ValueTask.FromResult(false);

    /// <summary>How the engine's parts fare; null when there is none (tests).</summary>
    public Func<EngineStatus?> Engine { get; init; } = () => null;

    /// <summary>Delivery by webhook; null when this server does not deliver.</summary>
    public Delivery.DeliveryService? Delivery { get; init; }

    /// <summary>What is not as it should be: empty means ready.</summary>
    public Func<IReadOnlyList<ReadyFault>> Ready { get; init; } = () => [];

    /// <summary>The figures of the rest of the server; those of book, registry and identity are added here.</summary>
    public Func<IEnumerable<MetricSample>> Metrics { get; init; } = () => [];

    /// <summary>The city's: its days and months are reported on.</summary>
    public TimeZoneInfo TimeZone { get; init; } = CityTimeZone.Find(CityTimeZone.Vietnam)!;

    /// <summary>Reports that are being worked out.</summary>
    public Reports.ReportTurns ReportTurns { get; } = new();

    /// <summary>Open data for strangers; null while the city has not switched it on.</summary>
    public Reports.OpenStations? OpenStations { get; init; }

    /// <summary>Who sends CAP messages, and for whom.</summary>
    public Cap.CapOptions Cap { get; init; } = new();

    /// <summary>A style of the city's own for the console's map; null for none.</summary>
    public Uri? MapStyle { get; init; }

    public ApiOptions Options
    {
        get;
        init
        {
            field = value;
            Writes = new WriteBudget(value.WritesInFlight);
        }
    } = new();

    /// <summary>What is computed once for all who look.</summary>
    public CityViews Views => field ?? Interlocked.CompareExchange(ref field, new CityViews(this), null) ?? field;

    /// <summary>How young orders for lamps are followed.</summary>
    public Lights.OrderWatch Orders => field ?? Interlocked.CompareExchange(ref field, new Lights.OrderWatch(this), null) ?? field;

    /// <summary>What the rules say while the book is away.</summary>
    public Readers.ProvisionalAlerts Provisional { get; init; } = Readers.ProvisionalAlerts.None;

    /// <summary>Streams of events that run.</summary>
    public StreamLimits Streams { get; } = new();

    /// <summary>Memory that writes hold.</summary>
    public WriteBudget Writes { get; private init; } = new(new ApiOptions().WritesInFlight);
}

/// <summary>Every limit of the API, its default and why.</summary>
internal sealed record ApiOptions
{
    /// <summary>Open to strangers on this machine (<c>--open</c>).</summary>
    public bool Open { get; init; }

    /// <summary>Body of an ordinary request.</summary>
    public long MaximumBody { get; init; } = 64 * 1024;

    /// <summary>Body of one zone: a boundary of 2,000 points written out in full is some 80 KB, its runbook 24 KB.</summary>
    public long MaximumZone { get; init; } = 256 * 1024;

    /// <summary>Body of an import: the 20,000 rows it may hold are some 5 MB.</summary>
    public long MaximumImport { get; init; } = 16 * 1024 * 1024;

    /// <summary>Body of a write as it comes over the wire.</summary>
    public int MaximumWrite { get; init; } = 4 * 1024 * 1024;

    /// <summary>The same after decompression. Line protocol packs some ten to one; more is a bomb or a client that should split.</summary>
    public int MaximumWriteExpanded { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes of all writes that are being worked on; a further one is told to come again.</summary>
    public long WritesInFlight { get; init; } = 64 * 1024 * 1024;

    /// <summary>Streams of events at once.</summary>
    public int MaximumStreams { get; init; } = 200;

    /// <summary>Streams of one caller: a wall of screens, not a leak.</summary>
    public int StreamsPerCaller { get; init; } = 20;

    /// <summary>A stream is never silent for longer; who listens may treat two and a half of these as a dead line.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Life of a command that does not say.</summary>
    public TimeSpan CommandLife { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>One thing that keeps the server from being ready.</summary>
internal sealed record ReadyFault(string Part, string Message)
{
    /// <summary>The part that is not well while the city's book does not answer.</summary>
    public const string Book = "book";
}

/// <summary>A device's last values.</summary>
/// <param name="LastSeen">When its last reading was measured.</param>
/// <param name="Values">By metric.</param>
internal sealed record DeviceLive(DateTimeOffset? LastSeen, IReadOnlyDictionary<string, LiveValue> Values);

/// <summary>One last value: a number, a boolean or a text.</summary>
internal sealed record LiveValue(object Value, DateTimeOffset MeasuredAt);

/// <summary>Who writes lines over HTTP, and for which devices.</summary>
internal sealed class WritePrincipal(string name, bool all, IReadOnlyList<string> devices)
{
    private readonly byte[][] _devices = [.. devices.Select(System.Text.Encoding.UTF8.GetBytes)];

    /// <summary>For logs and as the source of frames.</summary>
    public string Name { get; } = name;

    /// <summary>Every device.</summary>
    public bool All { get; } = all;

    /// <summary>Whether it may write this device's lines. Allocates nothing.</summary>
    public bool May(ReadOnlySpan<byte> device)
    {
        if (All)
        {
            return true;
        }

        foreach (var mine in _devices)
        {
            if (device.SequenceEqual(mine))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The seam to the intake.</summary>
internal interface ILineIntake
{
    /// <summary>Takes lines in. Completes once every good line is durable; the buffer belongs to the caller again then.</summary>
    ValueTask<WriteOutcome> SubmitAsync(WritePrincipal who, ReadOnlyMemory<byte> lines, Precision precision, CancellationToken cancel);
}

/// <summary>What became of lines.</summary>
/// <param name="Accepted">Lines that are durable.</param>
/// <param name="Rejected">Lines that are in the quarantine.</param>
/// <param name="Faults">Why, line by line; may be cut short when there are many.</param>
internal sealed record WriteOutcome(int Accepted, int Rejected, IReadOnlyList<LineFault> Faults)
{
    /// <summary>Not null: nothing was taken, for now (the log is paused); in words.</summary>
    public string? Paused { get; init; }
}

/// <summary>What is wrong with one line.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Column">Byte at which it was noticed, from 1; 0 when not known.</param>
/// <param name="Reason">One lower-case word: syntax, unknown-device, wrong-type, range, clock …</param>
/// <param name="Message">In words.</param>
internal sealed record LineFault(int Line, int Column, string Reason, string Message);
