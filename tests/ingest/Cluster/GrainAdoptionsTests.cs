using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Cluster;

/// <summary>Between the servers and the grains while a server ends.</summary>
public sealed class GrainAdoptionsTests
{
    [Fact]
    public async Task News_on_their_way_when_the_server_ends_do_not_end_it_with_a_fault()
    {
        await using var rig = await BookRig.OpenAsync();
        var (entered, go, told) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        rig.Book.ForeignChange += async _ =>
        {
            entered.TrySetResult();
            await go.Task;
        };
        var adoptions = new GrainAdoptions(ClusterNode.Alone(), rig.Book, []);
        rig.Book.ForeignChange += _ =>
        {
            told.TrySetResult();
            return Task.CompletedTask;
        };
        await using (var other = await rig.AgainAsync())
        {
            await other.CommitAsync(BookRig.Commit(BookRig.Change("a1")), CancellationToken.None);
        }

        await entered.Task.WaitAsync(TimeSpan.FromSeconds(10));
        adoptions.Dispose();
        go.SetResult();
        await told.Task.WaitAsync(TimeSpan.FromSeconds(10));             // it came past the one that was gone
    }
}
