using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains.Tests;

/// <summary>A book in memory that keeps the contract of <see cref="IGrainBook"/>, and fails on command before or after it has committed.</summary>
internal sealed class TestBook : IGrainBook
{
    private readonly Dictionary<(Lane, string), GrainSnapshot> _grains = [];
    private readonly Dictionary<Lane, LogCursor> _cursors = [];
    private readonly HashSet<(string, string)> _known = [];

    public List<AlertChange> Changes { get; } = [];

    public Queue<Failure> Failures { get; } = new();

    public int Commits { get; private set; }

    public int LargestCommit { get; private set; }

    public enum Failure
    {
        None,
        Before,
        After,
    }

    public IEnumerable<string> Grains => _grains.Keys.Select(k => k.Item2).Order(StringComparer.Ordinal);

    /// <summary>What everybody must agree on, in the order it was said for each alert.</summary>
    public IEnumerable<string> Story => Changes.Select(c => $"{c.Kind}|{c.AlertId}|{c.What}|{c.Cause}|{c.MeasuredAt}|{c.Historical}").Order(StringComparer.Ordinal);

    public Task<GrainLoad> LoadAsync(Lane lane, CancellationToken cancel) => Task.FromResult(new GrainLoad(
        _cursors.TryGetValue(lane, out var cursor) ? cursor : null,
        [.. _grains.Where(g => g.Key.Item1 == lane).Select(g => g.Value with { State = g.Value.State.ToArray() })]));

    public Task<IReadOnlyList<GrainSnapshot>> ReadAsync(Lane lane, IReadOnlyList<string> grains, CancellationToken cancel) => Task.FromResult<IReadOnlyList<GrainSnapshot>>(
        [.. grains.Where(g => _grains.ContainsKey((lane, g))).Select(g => _grains[(lane, g)])]);

    public Task CommitAsync(GrainCommit commit, CancellationToken cancel)
    {
        var failure = Failures.TryDequeue(out var next) ? next : Failure.None;
        if (failure == Failure.Before)
        {
            throw new IOException("the book failed before it committed");
        }

        Commits++;
        LargestCommit = Math.Max(LargestCommit, commit.Snapshots.Count);
        Changes.AddRange(commit.Changes.Where(c => _known.Add((c.AlertId, c.Cause))));
        foreach (var snapshot in commit.Snapshots)
        {
            if (snapshot.State.IsEmpty)
            {
                _grains.Remove((commit.Lane, snapshot.Grain));
            }
            else
            {
                _grains[(commit.Lane, snapshot.Grain)] = snapshot with { State = snapshot.State.ToArray() };
            }
        }

        if (commit.Cursor is { } cursor)
        {
            _cursors[commit.Lane] = cursor;
        }

        return failure == Failure.After ? throw new IOException("the book failed after it committed") : Task.CompletedTask;
    }

    public void Damage(string grain) => _grains[(Lane.Alarm, grain)] = _grains[(Lane.Alarm, grain)] with { State = new byte[] { 1, 2, 3 } };
}

/// <summary>A registry by hand.</summary>
internal sealed class TestDirectory : IDeviceDirectory
{
    private readonly Dictionary<string, DeviceInfo> _devices = new(IdentifierComparer.Instance);
    private readonly Dictionary<string, ZoneInfo> _zones = new(StringComparer.Ordinal);

    public object Version { get; private set; } = new();

    public IReadOnlyList<DeviceInfo> InService { get; private set; } = [];

    public void Add(DeviceInfo device)
    {
        _devices[device.Id] = device;
        (InService, Version) = ([.. _devices.Values], new object());
    }

    public void Add(ZoneInfo zone) => (_zones[zone.Id], Version) = (zone, new object());

    public void Remove(string device)
    {
        _devices.Remove(device);
        (InService, Version) = ([.. _devices.Values], new object());
    }

    public DeviceInfo? Find(ReadOnlySpan<byte> deviceId) =>
        _devices.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(deviceId, out var info) ? info : null;

    public ZoneInfo? FindZone(string id) => _zones.GetValueOrDefault(id);
}
