using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Peers;

/// <summary>What a server needs to live beside others: its proof of itself, what it tells them, and what it asks of them.</summary>
internal sealed class CityPeers : IAsyncDisposable
{
    public CityPeers(ClusterNode node, CityCa ca, OwnLive own, Func<RegistrySnapshot> registry, TimeProvider time, ILogger<PeerExchange> logger)
    {
        Tls = new PeerTls(ca, node.Name);
        Endpoint = new PeerEndpoint(own, registry, time);
        Exchange = new PeerExchange(new NodeTable(node), Tls, registry, time, logger);
    }

    /// <summary>Who this server proves to be.</summary>
    public PeerTls Tls { get; }

    /// <summary>What the others ask of it.</summary>
    public PeerEndpoint Endpoint { get; }

    /// <summary>What it asks of the others.</summary>
    public PeerExchange Exchange { get; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Exchange.DisposeAsync();
}
