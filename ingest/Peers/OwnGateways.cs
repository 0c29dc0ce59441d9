namespace SmartCity.Ingest.Peers;

/// <summary>A gateway that is connected to the server that tells of it.</summary>
/// <param name="Id">Which.</param>
/// <param name="Version">The desired version it should have in force; null: not known.</param>
/// <param name="Fault">Why its document cannot be sent.</param>
/// <param name="Since">Since when it should have that version.</param>
internal sealed record PeerGateway(string Id, long? Version, string? Fault, DateTimeOffset? Since);

/// <summary>The gateways that are connected to this server, at one moment: told again only when that has changed.</summary>
/// <param name="Version">Another one whenever it has.</param>
/// <param name="Items">By id.</param>
internal sealed record OwnGateways(long Version, IReadOnlyList<PeerGateway> Items)
{
    /// <summary>Those of now.</summary>
    /// <param name="own">What this server knows.</param>
    /// <param name="before">Those before, null at first.</param>
    /// <param name="looked">Somebody looks, so the documents they should have are told too: to know them costs more than the names.</param>
    public static OwnGateways Make(OwnLive own, OwnGateways? before, bool looked)
    {
        var items = own.Online().Order(StringComparer.Ordinal).Select(id => looked ? Of(id) : new PeerGateway(id, null, null, null)).ToList();
        return before is not null && before.Items.SequenceEqual(items) ? before : new OwnGateways(before?.Version + 1 ?? FrameVersions.First(), items);

        PeerGateway Of(string id)
        {
            var desired = own.Desired(id);
            return new PeerGateway(id, desired?.Version, desired?.Fault, desired?.Since);
        }
    }
}
