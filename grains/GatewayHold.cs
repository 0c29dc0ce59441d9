namespace SmartCity.Grains;

/// <summary>A gateway's devices as this host has them: in one epoch of its session, or as another server's. A new epoch makes a new object.</summary>
/// <param name="gateway">The gateway, or <c>""</c>.</param>
/// <param name="epoch">The epoch in which it is ours; negative: it is not.</param>
/// <param name="since">Since when we listen to it, Unix ns: its silence counts from then at the earliest.</param>
internal sealed class GatewayHold(string gateway, long epoch, long since)
{
    public string Gateway { get; } = gateway;

    public long Epoch { get; } = epoch;

    public long Since { get; } = since;

    /// <summary>Ours to judge, as far as we know.</summary>
    public bool IsOurs { get; set; } = epoch >= 0;

    /// <summary>Its devices that have a grain here.</summary>
    public HashSet<DeviceGrain> Grains { get; } = [];
}
