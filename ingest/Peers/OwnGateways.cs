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
    public static OwnGateways Make(OwnLive own, OwnGateways? before)
    {
        var items = own.Online().Order(StringComparer.Ordinal).Select(Of).ToList();
        return before is not null && before.Items.SequenceEqual(items) ? before : new OwnGateways(before?.Version + 1 ?? FrameVersions.First(), items);

        PeerGateway Of(string id)
        {
            var desired = own.Desired(id);
            return new PeerGateway(id, desired?.Version, desired?.Fault, desired?.Since);
        }
    }
}
