using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Mqtt;

namespace SmartCity.Ingest.Peers;

/// <summary>
/// What the whole city says now: what this server hears, and what the others told of theirs. A device is as the server has it that received its newest reading:
/// so a grain that a former holder still has says nothing.
/// </summary>
/// <param name="own">What this server knows by itself.</param>
/// <param name="peers">The others; null on a server that is alone, which then pays nothing.</param>
/// <param name="registry">The devices.</param>
/// <param name="kinds">Their kinds, which name their lanes.</param>
internal sealed class CityLive(OwnLive own, PeerExchange? peers, Func<RegistrySnapshot> registry, KindCatalog kinds)
{
    /// <summary>All that is known of a device.</summary>
    public DeviceView? Look(string device)
    {
        var mine = own.Look(device);
        return peers?.Find(device) is { } other && !(mine?.LastReceived >= other.Received) && registry().Devices.Find(device)?.Row is { } row ? other.View(row) : mine;
    }

    /// <summary>When it was heard last. Allocates nothing: the map asks it of every device each second.</summary>
    public (long Measured, long Received)? Heard(string device)
    {
        var mine = own.Heard(device);
        return peers?.Find(device) is { } other && !(mine?.Received >= other.Received) ? (other.Measured, other.Received) : mine;
    }

    /// <summary>The newest value of one of its metrics. Allocates nothing: the board of lamps asks it of every lamp each second.</summary>
    public (double Value, long MeasuredAt)? Newest(string device, string metric) =>
        peers?.Find(device) is { } other && !(own.Heard(device)?.Received >= other.Received) ? other.Newest(metric) : own.Newest(device, metric);

    /// <summary>Whether a gateway is connected to any server; null when the one that should have it does not answer.</summary>
    public bool? Connected(string gateway) =>
        own.IsOnline(gateway) || peers?.Gateway(gateway) is not null ? true : peers is not null && Away(peers.Table.HolderOf(gateway, Telemetry.Lane.Telemetry)) is not null ? null : false;

    /// <summary>The desired document a gateway should have in force, by the server that sends it to it; null when that one does not answer.</summary>
    public DesiredLook? Desired(string gateway) =>
        peers is null || own.IsOnline(gateway) ? own.Desired(gateway)
        : peers.Gateway(gateway) is { } other ? other.Version is { } version ? new DesiredLook(version, other.Fault, other.Since) : null
        : Connected(gateway) is null ? null
        : own.Desired(gateway);

    /// <summary>The server that should know of a device and does not answer; null when its values are those of now, or it is silent itself.</summary>
    public string? Unanswered(DeviceRow device) =>
        peers is null ? null : Away(peers.Table.HolderOf(device.Gateway, kinds.Find(device.Kind)?.Lane ?? Telemetry.Lane.Telemetry));

    /// <summary>The server that a gateway's readings come to; null on a server that is alone.</summary>
    public string? Holder(string gateway) => peers?.Table.HolderOf(gateway, Telemetry.Lane.Telemetry);

    /// <summary>Before somebody looks at many: lets what the others have come in, if it is not here.</summary>
    public ValueTask FreshAsync(CancellationToken cancel) => peers?.FreshAsync(cancel) ?? ValueTask.CompletedTask;

    private string? Away(string? server) =>
        server is not null && server != peers!.Table.Self && peers.Of(server) is not { IsAway: false } ? server : null;
}
