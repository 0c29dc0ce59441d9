using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains.Tests.Shared;

/// <summary>A book in memory that several servers share, with the checks of the real one: sessions by epoch, zones by revision, commits by number.</summary>
internal sealed class SharedBook(Lane lane)
{
    private readonly Dictionary<string, GrainSnapshot> _grains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (LogCursor? Cursor, long Said)> _servers = new(StringComparer.Ordinal);
    private readonly HashSet<(string, string)> _known = [];

    public List<AlertChange> Changes { get; } = [];

    public List<AlertChange> Late { get; } = [];

    /// <summary>Who holds which gateway.</summary>
    public Dictionary<string, (string Server, long Epoch)> Sessions { get; } = new(StringComparer.Ordinal);

    public string Leader { get; private set; } = "a";

    public long Term { get; private set; } = IGrainSessions.FirstTerm + 1;

    public int Conflicts { get; private set; }

    public long Epoch { get; private set; }

    /// <summary>What everybody must agree on.</summary>
    public IEnumerable<string> Story => Changes.Select(Words).Order(StringComparer.Ordinal);

    public static string Words(AlertChange c) => $"{c.Kind}|{c.Zone ?? c.Device}|{c.AlertId[..6]}|{c.What}|{c.Cause}|{c.MeasuredAt}|{c.Historical}";

    public long Take(string gateway, string server)
    {
        if (!Sessions.TryGetValue(gateway, out var now) || now.Server != server)
        {
            Sessions[gateway] = now = (server, ++Epoch);
        }

        return now.Epoch;
    }

    public void Lead(string server) => (Leader, Term) = (server, Leader == server ? Term : Term + 1);

    public long EpochOf(string server, string gateway) =>
        Sessions.TryGetValue(gateway, out var held) ? held.Server == server ? held.Epoch : -1 : Leader == server ? Term : -1;

    public List<GrainSnapshot> Rows(Func<string, bool> which) => [.. _grains.Values.Where(g => which(g.Grain)).Select(g => g with { State = g.State.ToArray() })];

    /// <summary>The rows that a server adopts with a gateway.</summary>
    public List<GrainSnapshot> RowsOf(string gateway, TestDirectory directory) => [.. _grains.Values.Where(g =>
        g.Grain == "circuit/" + gateway || g.HeardFrom == gateway
        || (g.Grain.StartsWith("device/", StringComparison.Ordinal) && directory.Find(System.Text.Encoding.UTF8.GetBytes(g.Grain[7..]))?.Gateway == gateway))];

    public List<GrainSnapshot> Zones() => Rows(IsZone);

    public GrainLoad Load(string server)
    {
        var (cursor, said) = _servers.GetValueOrDefault(server);
        return new GrainLoad(cursor, Rows(_ => true)) { Said = said };
    }

    public void Commit(string server, GrainCommit commit)
    {
        Assert.Equal(lane, commit.Lane);
        var (cursor, said) = _servers.GetValueOrDefault(server);
        var lost = commit.Holds.Where(h => EpochOf(server, h.Gateway) != h.Epoch).ToList();
        var zones = new List<GrainSnapshot>();
        foreach (var snapshot in commit.Snapshots.Where(s => IsZone(s.Grain) && !s.State.IsEmpty))
        {
            var row = _grains.GetValueOrDefault(snapshot.Grain) ?? new GrainSnapshot(snapshot.Grain, 0, default);
            if (row.Revision != snapshot.Revision)
            {
                zones.Add(row);
            }
        }

        if (lost.Count > 0 || zones.Count > 0 || (commit.Number > 0 && said >= commit.FirstUnknown))
        {
            Conflicts++;
            throw new GrainsMovedException(lost, zones, said);
        }

        Changes.AddRange(commit.Changes.Where(c => _known.Add((c.AlertId, c.Cause))));
        Late.AddRange(commit.Late);
        foreach (var snapshot in commit.Snapshots)
        {
            if (!snapshot.State.IsEmpty)
            {
                _grains[snapshot.Grain] = snapshot with { State = snapshot.State.ToArray(), Revision = IsZone(snapshot.Grain) ? snapshot.Revision + 1 : 0 };
            }
            else if (_grains.TryGetValue(snapshot.Grain, out var row) && row.Revision == snapshot.Revision)
            {
                _grains.Remove(snapshot.Grain);
            }
        }

        _servers[server] = (commit.Cursor ?? cursor, commit.Number > 0 ? commit.Number : said);
    }

    private static bool IsZone(string grain) => grain.StartsWith("zone/", StringComparison.Ordinal) || grain.StartsWith("alone/", StringComparison.Ordinal);
}
