using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Views;

/// <summary>What of the status the engine itself knows.</summary>
internal sealed record EngineStatus(
    DateTimeOffset StartedAt,
    IReadOnlyList<LaneStatus> Log,
    IReadOnlyList<ReaderStatus> Readers,
    StoreStatus History,
    QuarantineStatus Quarantine,
    long? FreeBytes);

/// <summary>A lane of the log.</summary>
/// <param name="Lane">telemetry or alarm.</param>
/// <param name="BacklogBytes">What the slowest reader has not dealt with.</param>
/// <param name="Paused">Why appends wait; null while they do not.</param>
internal sealed record LaneStatus(string Lane, long BacklogBytes, string? Paused);

/// <summary>A reader of the log.</summary>
/// <param name="Name">alerts or history.</param>
/// <param name="Lane">Of which lane.</param>
/// <param name="LagBytes">What it has not read.</param>
/// <param name="Trouble">Why it stands still, in words; null while it does not.</param>
internal sealed record ReaderStatus(string Name, string Lane, long LagBytes, string? Trouble);

/// <summary>The history store.</summary>
/// <param name="Store">Which.</param>
/// <param name="State">starting, running or stopped.</param>
/// <param name="Reason">Why it stopped.</param>
/// <param name="Since">Since when it is so.</param>
/// <param name="Points">Points it has taken.</param>
internal sealed record StoreStatus(string Store, string State, string? Reason, DateTimeOffset? Since, long Points);

/// <summary>Lines that were not taken.</summary>
/// <param name="Rows">In quarantine now.</param>
/// <param name="Evicted">Pushed out by newer ones, ever.</param>
/// <param name="Reasons">Put in, ever, by reason.</param>
internal sealed record QuarantineStatus(long Rows, long Evicted, IReadOnlyDictionary<string, long> Reasons);

/// <summary>Everything the health page shows. Bounded: of the gateways that are away the <see cref="MostOffline"/> longest.</summary>
internal sealed record ServerStatus(
    bool Ready,
    IReadOnlyList<ReadyFault> Faults,
    string Version,
    DateTimeOffset? StartedAt,
    DateTimeOffset Now,
    IReadOnlyList<LaneStatus> Log,
    IReadOnlyList<ReaderStatus> Readers,
    StoreStatus? History,
    QuarantineStatus? Quarantine,
    ServerStatus.GatewayCount Gateways,
    ServerStatus.DeviceCount Devices,
    int Streams,
    ServerStatus.DiskStatus Disk)
{
    /// <summary>The server that answers, where there are others; its log, readers and store are told here, and the whole city's gateways and devices.</summary>
    public string? Server { get; init; }


    /// <summary>Names shown; the rest is a number.</summary>
    internal const int MostOffline = 200;

    /// <param name="Id">The gateway.</param>
    /// <param name="Name">What people call it.</param>
    /// <param name="LastSeen">When the server last had a reading of one of its devices; null: never.</param>
    internal sealed record OfflineGateway(string Id, string? Name, DateTimeOffset? LastSeen);

    /// <param name="Total">In service.</param>
    /// <param name="Online">Connected to any server.</param>
    /// <param name="Offline">Connected to none.</param>
    /// <param name="Unknown">With a server that does not answer this one.</param>
    internal sealed record GatewayCount(int Total, int Online, IReadOnlyList<OfflineGateway> Offline, int Unknown);

    /// <param name="Total">In service.</param>
    /// <param name="Ok">Heard.</param>
    /// <param name="Stale">Not heard for three intervals.</param>
    /// <param name="Never">Never heard.</param>
    /// <param name="Unknown">With a server that does not answer this one.</param>
    internal sealed record DeviceCount(int Total, int Ok, int Stale, int Never, int Unknown);

    /// <param name="FreeBytes">On the disk of the data folder; null when it cannot be asked.</param>
    internal sealed record DiskStatus(long? FreeBytes);

    internal static readonly string Running = typeof(ServerStatus).Assembly.GetName().Version?.ToString(3) ?? "";

    public static ServerStatus Of(ApiServices services)
    {
        var registry = services.Book.Registry.Current;
        var now = services.Time.GetUtcNow();
        var (total, ok, stale, never, unknown) = (0, 0, 0, 0, 0);
        var heard = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var device in registry.Ordered)
        {
            if (device.State != Service.Active)
            {
                continue;
            }

            total++;
            var seen = services.Heard(device.Id);
            switch (MapStates.OfSilence(seen?.Measured ?? 0, services.Kinds.Find(device.Kind)?.Interval, Instant.From(now)))
            {
                case MapState.Never or MapState.Stale when services.Unanswered(device) is not null:
                    unknown++;
                    break;
                case MapState.Never:
                    never++;
                    break;
                case MapState.Stale:
                    stale++;
                    break;
                default:
                    ok++;
                    break;
            }

            if (device.Gateway is not null && seen is { } at)
            {
                heard[device.Gateway] = Math.Max(heard.GetValueOrDefault(device.Gateway), at.Received);
            }
        }

        var gateways = registry.Gateways.Values.Where(g => g.State == Service.Active).ToList();
        var connected = gateways.ConvertAll(g => (Gateway: g, Is: services.Connected(g.Id)));
        var silent = connected.Count(g => g.Is is null);
        var away = connected.Where(g => g.Is == false).Select(g => g.Gateway)
            .Select(g => new OfflineGateway(g.Id, g.Name, heard.TryGetValue(g.Id, out var at) ? Instant.ToMoment(at) : null)).ToList();
        var faults = services.Ready();
        var engine = services.Engine();
        return new ServerStatus(
            faults.Count == 0, faults, Running, engine?.StartedAt, now, engine?.Log ?? [], engine?.Readers ?? [], engine?.History, engine?.Quarantine,
            new GatewayCount(gateways.Count, gateways.Count - away.Count - silent, [.. away.OrderBy(g => g.LastSeen ?? DateTimeOffset.MinValue).Take(MostOffline)], silent),
            new DeviceCount(total, ok, stale, never, unknown), services.Streams.Count, new DiskStatus(engine?.FreeBytes))
        { Server = services.Node.IsAlone ? null : services.Node.Name };
    }
}
