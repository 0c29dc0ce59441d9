using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;
using SmartCity.TestSupport;
using static SmartCity.Grains.Tests.TestCity;

namespace SmartCity.Grains.Tests;

/// <summary>The host on the real log, as the server puts them together.</summary>
public sealed class LogTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grains-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Reads_the_log_acknowledges_after_the_book_and_reads_on_from_its_cursor_in_another_process()
    {
        var time = new FakeTime();
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var (book, directory) = (new TestBook(), new TestDirectory());
        var options = new LogOptions { Directory = _directory.FullName, ReserveBytes = 0, MinimumFreeBytes = 0, MemoryBytes = 1 << 20, AlarmMemoryBytes = 1 << 20 };
        await using (var log = CityLog.Open(options, TimeProvider.System))
        {
            var lane = log[Lane.Alarm];
            var waiter = new Waiter();
            Append(lane, waiter, 1, Line("fire_detector", "d1", "loop_state=1i", now));
            Append(lane, waiter, 2, Line("manual_call_point", "c1", "pressed=true", now + Second));
            await lane.FlushAsync();
            Assert.Empty(waiter.Tokens); // on disk is not enough on this lane

            var host = new EmbeddedHost(Lane.Alarm, KindCatalog.BuiltIn, directory, book, time);
            await host.LoadAsync(default);
            using var reader = lane.OpenReader("grains", host.Cursor);
            Assert.True(reader.TryRead(1 << 20, out var batch));
            host.Apply(batch);
            await host.CommitAsync(default);
            lane.AcknowledgeUpTo(host.Position!.Value.Position);
            Assert.Equal([1, 2], waiter.Tokens);
            Assert.Equal(["fire-prealarm", "fire"], book.Changes.Select(c => c.Kind));
            await host.CheckpointAsync(default);
            reader.Advance(host.Cursor!.Value.Position);
            Append(lane, null, 3, Line("fire_detector", "d1", "loop_state=2i", now + (2 * Second)));
            await lane.FlushAsync();
        }

        await using (var log = CityLog.Open(options, TimeProvider.System))
        {
            var host = new EmbeddedHost(Lane.Alarm, KindCatalog.BuiltIn, directory, book, time);
            await host.LoadAsync(default);
            using var reader = log[Lane.Alarm].OpenReader("grains", host.Cursor);
            Assert.True(reader.TryRead(1 << 20, out var batch));
            host.Apply(batch);
            await host.CommitAsync(default);
            Assert.Equal((1, 0), (host.Counters.Lines, host.Counters.Skipped));
            Assert.Equal("fire-fault", book.Changes[^1].Kind);
        }
    }

    private static void Append(LogLane lane, ILogWaiter? waiter, long token, string lines) =>
        Assert.True(lane.TryAppend(FrameFlags.None, 1, "gw"u8, Encoding.UTF8.GetBytes(lines), waiter, token, out _));

    private sealed class Waiter : ILogWaiter
    {
        public List<long> Tokens { get; } = [];

        public void Durable(long token) => Tokens.Add(token);
    }
}
