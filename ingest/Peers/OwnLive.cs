using SmartCity.Grains;
using SmartCity.Ingest.Mqtt;

namespace SmartCity.Ingest.Peers;

/// <summary>What this server knows by itself: the devices it hears and the gateways that are connected to it.</summary>
internal sealed record OwnLive
{
    /// <summary>A device's last values; null when it was never heard here.</summary>
    public required Func<string, DeviceView?> Look { get; init; }

    /// <summary>When a device's newest reading was measured and when one last came, Unix ns. Allocates nothing.</summary>
    public required Func<string, (long Measured, long Received)?> Heard { get; init; }

    /// <summary>The newest value of a device's metric. Allocates nothing.</summary>
    public required Func<string, string, (double Value, long MeasuredAt)?> Newest { get; init; }

    /// <summary>Whether a gateway is connected here.</summary>
    public required Func<string, bool> IsOnline { get; init; }

    /// <summary>The gateways that are connected here.</summary>
    public required Func<IReadOnlyCollection<string>> Online { get; init; }

    /// <summary>The desired document that a gateway should have in force, as this server would make it or has sent it.</summary>
    public required Func<string, DesiredLook?> Desired { get; init; }

    /// <summary>How this server fares.</summary>
    public required Func<PeerStatus> Status { get; init; }
}
