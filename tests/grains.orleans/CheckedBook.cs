using SmartCity.Telemetry;

namespace SmartCity.Grains.Orleans.Tests;

/// <summary>A test's book that counts the writings of a zone's row and refuses one that was made from another, as the city's book does.</summary>
internal sealed class CheckedBook(IGrainBook book) : IGrainBook
{
    public Task<GrainLoad> LoadAsync(Lane lane, CancellationToken cancel) => book.LoadAsync(lane, cancel);

    public Task<IReadOnlyList<GrainSnapshot>> ReadAsync(Lane lane, IReadOnlyList<string> grains, CancellationToken cancel) => book.ReadAsync(lane, grains, cancel);

    public async Task CommitAsync(GrainCommit commit, CancellationToken cancel)
    {
        var moved = new List<GrainSnapshot>();
        foreach (var zone in commit.Snapshots.Where(IsZone))
        {
            var row = (await ReadAsync(commit.Lane, [zone.Grain], cancel)).SingleOrDefault() ?? new GrainSnapshot(zone.Grain, 0, default);
            if (row.Revision != zone.Revision)
            {
                moved.Add(row);
            }
        }

        if (moved.Count > 0)
        {
            throw new GrainsMovedException([], moved, 0);
        }

        await book.CommitAsync(commit with { Snapshots = [.. commit.Snapshots.Select(s => IsZone(s) ? s with { Revision = s.Revision + 1 } : s)] }, cancel);
    }

    private static bool IsZone(GrainSnapshot row) =>
        row.Grain.StartsWith(GrainSnapshots.ZonePrefix, StringComparison.Ordinal) || row.Grain.StartsWith(GrainSnapshots.AlonePrefix, StringComparison.Ordinal);
}
