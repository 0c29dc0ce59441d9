namespace SmartCity.Simulators.Plan;

/// <summary>Which gateway serves what: near things go to the nearest one that still has room.</summary>
internal sealed class GatewayBoard(int capacity)
{
    private readonly List<PlanGateway> _gateways = [];
    private readonly Dictionary<string, int> _load = new(StringComparer.Ordinal);

    /// <summary>The gateways, in the order in which they were added.</summary>
    public IReadOnlyList<PlanGateway> Gateways => _gateways;

    /// <summary>Adds a gateway that serves nothing yet.</summary>
    public void Add(PlanGateway gateway)
    {
        _gateways.Add(gateway);
        _load.Add(gateway.Id, 0);
    }

    /// <summary>Counts devices that were given to a gateway directly.</summary>
    public void Take(PlanGateway gateway, int devices) => _load[gateway.Id] += devices;

    /// <summary>The gateway for a group of devices that must stay together; counts them.</summary>
    public PlanGateway Serve(GeoPoint at, int devices)
    {
        var best = _gateways
            .Where(g => _load[g.Id] + devices <= capacity)
            .MinBy(g => Squared(g.At, at))
            ?? _gateways.MinBy(g => _load[g.Id])!;
        Take(best, devices);
        return best;
    }

    private static double Squared(GeoPoint a, GeoPoint b)
    {
        var north = a.Lat - b.Lat;
        var east = a.Lon - b.Lon;
        return (north * north) + (east * east);
    }
}
