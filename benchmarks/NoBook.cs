using SmartCity.Grains;
using SmartCity.Telemetry;

namespace SmartCity.Benchmarks;

/// <summary>A book that keeps nothing.</summary>
internal sealed class NoBook : IGrainBook
{
    public Task<GrainLoad> LoadAsync(Lane lane, CancellationToken cancel) => Task.FromResult(new GrainLoad(null, []));

    public Task<IReadOnlyList<GrainSnapshot>> ReadAsync(Lane lane, IReadOnlyList<string> grains, CancellationToken cancel) => Task.FromResult<IReadOnlyList<GrainSnapshot>>([]);

    public Task CommitAsync(GrainCommit commit, CancellationToken cancel) => Task.CompletedTask;
}
