using System.Collections.Concurrent;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Cluster;

/// <summary>Where a gateway's connection of one lane belongs.</summary>
/// <param name="Server">The holder.</param>
/// <param name="Epoch">Number of the change that made it so.</param>
/// <param name="Held">It is ours, and what its devices had left in the book is ours too.</param>
internal readonly record struct Seat(string Server, long Epoch, bool Held);

/// <summary>Who holds which gateway's connection, in memory. Asked on any thread; changed by <see cref="ClusterNode"/> alone.</summary>
internal sealed class Seats
{
    private const string AlarmSuffix = ".alarm";

    // One table a lane, by gateway, so that asking makes no string of a ClientID.
    private readonly ConcurrentDictionary<string, Seat>[] _byLane = [new(StringComparer.Ordinal), new(StringComparer.Ordinal)];

    /// <summary>The ClientID of a gateway's connection.</summary>
    public static string ClientOf(string gateway, Lane lane) => lane == Lane.Alarm ? gateway + AlarmSuffix : gateway;

    /// <summary>Gateway and lane of a ClientID.</summary>
    public static (string Gateway, Lane Lane) Of(string client) =>
        client.EndsWith(AlarmSuffix, StringComparison.Ordinal) ? (client[..^AlarmSuffix.Length], Lane.Alarm) : (client, Lane.Telemetry);

    public Seat? Find(string gateway, Lane lane) => Table(lane).TryGetValue(gateway, out var seat) ? seat : null;

    public Seat? Find(string client)
    {
        var (gateway, lane) = Of(client);
        return Find(gateway, lane);
    }

    public void Put(string client, Seat seat)
    {
        var (gateway, lane) = Of(client);
        Table(lane)[gateway] = seat;
    }

    /// <summary>Marks a seat as held, if it is still the one that was taken: in that epoch.</summary>
    public bool TryHold(string client, string server, long epoch)
    {
        var (gateway, lane) = Of(client);
        while (Table(lane).TryGetValue(gateway, out var seat) && seat.Server == server && seat.Epoch == epoch)
        {
            if (seat.Held || Table(lane).TryUpdate(gateway, seat with { Held = true }, seat))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>ClientIDs whose seat is this server's.</summary>
    public List<string> Of(string server, bool? held) =>
        [.. Enum.GetValues<Lane>().SelectMany(lane => Table(lane).Where(s => s.Value.Server == server && (held is null || s.Value.Held == held)).Select(s => ClientOf(s.Key, lane)))];

    public (int Telemetry, int Alarm) CountOf(string server) => (Table(Lane.Telemetry).Count(s => s.Value.Server == server), Table(Lane.Alarm).Count(s => s.Value.Server == server));

    private ConcurrentDictionary<string, Seat> Table(Lane lane) => _byLane[lane == Lane.Alarm ? 1 : 0];
}
