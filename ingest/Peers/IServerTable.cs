using SmartCity.Ingest.Cluster;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Peers;

/// <summary>The servers of the city as the book knows them. In memory: any thread may ask, as often as it likes.</summary>
internal interface IServerTable
{
    /// <summary>What this server is called.</summary>
    string Self { get; }

    /// <summary>All of them, this one too.</summary>
    IReadOnlyList<ServerRow> Servers { get; }

    /// <summary>Who has a gateway's session on a lane; the leader when nobody has, or for what stands behind no gateway. Null: not known.</summary>
    string? HolderOf(string? gateway, Lane lane);

    /// <summary>How many sessions a server holds.</summary>
    (int Telemetry, int Alarm) SessionsOf(string server);
}

/// <summary>What <see cref="ClusterNode"/> knows.</summary>
internal sealed class NodeTable(ClusterNode node) : IServerTable
{
    /// <inheritdoc/>
    public string Self => node.Name;

    /// <inheritdoc/>
    public IReadOnlyList<ServerRow> Servers => node.Servers;

    /// <inheritdoc/>
    public string? HolderOf(string? gateway, Lane lane)
    {
        if (gateway is not null && node.HolderOf(gateway, lane) is { } holder)
        {
            return holder;
        }

        var servers = node.Servers;
        for (var i = 0; i < servers.Count; i++)
        {
            if (servers[i].Leader)
            {
                return servers[i].Name;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public (int Telemetry, int Alarm) SessionsOf(string server) => node.SessionsOf(server);
}
