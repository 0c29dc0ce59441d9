using SmartCity.Grains;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Cluster;

/// <content>In which epoch this server holds what: who went away and came back is not who stayed.</content>
internal sealed partial class ClusterNode : IGrainSessions
{
    private long _term;
    private volatile bool _asked;

    /// <inheritdoc/>
    public long EpochOf(string gateway, Lane lane) =>
        gateway.Length > 0 && _seats.Find(gateway, lane) is { } seat ? seat.Server == Name ? seat.Epoch : -1
        : HoldsRest ? IGrainSessions.FirstTerm + Volatile.Read(ref _term)
        : -1;

    /// <inheritdoc/>
    public IReadOnlyList<string> Held(Lane lane) => [.. _seats.Of(Name, held: true).Select(Seats.Of).Where(s => s.Lane == lane).Select(s => s.Gateway)];

    // Leadership goes only by our own giving it away, or by a fence behind which we write nothing.
    private bool HoldsRest => _leads || (_asked && !_drains && _servers.Any(s => s.Leader && s.Name == Name));

    /// <summary>Leadership comes to this server: what no session names is adopted anew.</summary>
    /// <returns>The number of that, as <see cref="EpochOf"/> says it.</returns>
    internal long BeginTerm()
    {
        _asked = true;
        return IGrainSessions.FirstTerm + Interlocked.Increment(ref _term);
    }
}
