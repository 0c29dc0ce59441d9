using SmartCity.Grains;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Serve;

public sealed class AdoptLogTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("smartcity-adopt-").FullName;
    private CityBook _book = null!;

    public async ValueTask InitializeAsync() =>
        _book = await CityBook.OpenAsync(TestBook.At(Path.Combine(_directory, "book.db")), TimeProvider.System, _ => true);

    public async ValueTask DisposeAsync()
    {
        await _book.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Another_log_is_read_from_its_beginning_with_the_state_kept()
    {
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        Assert.False(await _book.AdoptLogAsync(new LogCursor(first, Lane.Alarm, 0), 0, TestContext.Current.CancellationToken));
        await _book.CommitAsync(
            new GrainCommit(Lane.Alarm, new LogCursor(first, Lane.Alarm, 900), [], [new GrainSnapshot("device/a", 900, new byte[] { 1, 2 })]),
            TestContext.Current.CancellationToken);
        Assert.False(await _book.AdoptLogAsync(new LogCursor(first, Lane.Alarm, 0), 1000, TestContext.Current.CancellationToken));
        Assert.Equal(900, (await _book.LoadAsync(Lane.Alarm, TestContext.Current.CancellationToken)).Snapshots[0].Position);

        Assert.True(await _book.AdoptLogAsync(new LogCursor(second, Lane.Alarm, 0), 0, TestContext.Current.CancellationToken));
        var load = await _book.LoadAsync(Lane.Alarm, TestContext.Current.CancellationToken);
        Assert.Equal(new LogCursor(second, Lane.Alarm, 0), load.Cursor);
        Assert.Equal((0L, 2), (load.Snapshots[0].Position, load.Snapshots[0].State.Length));
    }

    [Fact]
    public async Task A_log_that_lost_its_end_is_refused_in_words()
    {
        var log = Guid.NewGuid();
        await _book.AdoptLogAsync(new LogCursor(log, Lane.Telemetry, 0), 0, TestContext.Current.CancellationToken);
        await _book.CommitAsync(new GrainCommit(Lane.Telemetry, new LogCursor(log, Lane.Telemetry, 500), [], []), TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<BookException>(() => _book.AdoptLogAsync(new LogCursor(log, Lane.Telemetry, 0), 400, TestContext.Current.CancellationToken));
        Assert.Contains("move its folder", refused.Message, StringComparison.Ordinal);
    }
}
