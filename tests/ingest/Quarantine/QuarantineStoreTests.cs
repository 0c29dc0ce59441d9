using SmartCity.Ingest.Quarantine;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Quarantine;

public sealed class QuarantineStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-quarantine-").FullName;
    private readonly FakeTime _time = new();

    private string FilePath => Path.Combine(_folder, "quarantine.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static QuarantineEntry Entry(string line, string reason = "range", string source = "gw-1") => new()
    {
        Reason = reason,
        Lane = Lane.Telemetry,
        Source = source,
        Line = line,
        Column = 3,
        Device = "d-1",
        Message = "too high",
        ReceivedAt = 1_000_000_000,
    };

    private static LogCursor At(long position) => new(Guid.Empty, Lane.Telemetry, position);

    [Fact]
    public void The_oldest_go_when_there_are_too_many_and_that_is_counted()
    {
        var options = new QuarantineOptions { MaximumRows = 100 };
        using (var store = new QuarantineStore(FilePath, options, _time))
        {
            for (var i = 0; i < 25; i++)
            {
                store.Add([.. Enumerable.Range(i * 10, 10).Select(n => Entry($"line {n}"))], At(i + 1));
            }

            Assert.Equal((100, 150, 250), (store.Figures.Rows, store.Figures.Evicted, store.Figures.Total));
        }

        using var again = new QuarantineStore(FilePath, options, _time);
        Assert.Equal((100, 150, 250), (again.Figures.Rows, again.Figures.Evicted, again.Figures.Total));
        Assert.Equal(At(25), again.LoadCursor(Lane.Telemetry));
        Assert.Null(again.LoadCursor(Lane.Alarm));
        Assert.Equal(Enumerable.Range(150, 100).Reverse().Select(n => $"line {n}"), again.List(1000).Items.Select(i => i.Line));
    }

    [Fact]
    public void Bytes_are_bounded_too()
    {
        using var store = new QuarantineStore(FilePath, new QuarantineOptions { MaximumBytes = 50_000 }, _time);
        for (var i = 0; i < 200; i++)
        {
            store.Add([Entry(i + new string('x', 5000))], At(i));
            Assert.InRange(store.Figures.Bytes, 1, 50_000);
        }

        Assert.Equal(200, store.Figures.Rows + store.Figures.Evicted);
        Assert.All(store.List(1000).Items, i => Assert.Equal(1024, i.Line.Length));
    }

    [Fact]
    public void One_addition_larger_than_the_ring_keeps_its_newest()
    {
        using var store = new QuarantineStore(FilePath, new QuarantineOptions { MaximumRows = 10 }, _time);
        store.Add([.. Enumerable.Range(0, 500).Select(n => Entry($"line {n}"))], At(1));
        Assert.Equal((10, 490), (store.Figures.Rows, store.Figures.Evicted));
        Assert.Equal("line 499", store.List(1).Items[0].Line);
    }

    [Fact]
    public void Pages_meet_without_gap_or_overlap_and_can_be_filtered()
    {
        using var store = new QuarantineStore(FilePath, new QuarantineOptions(), _time);
        store.Add([.. Enumerable.Range(0, 95).Select(n => Entry($"line {n}", n % 2 == 0 ? "range" : "clock", n % 5 == 0 ? "gw-2" : "gw-1"))], At(1));
        foreach (var (reason, source, expected) in new[] { (null, null, 95), ("clock", null, 47), ("range", "gw-2", 10), ((string?)null, "gw-2", 19), ("x' OR 1=1 --", null, 0) })
        {
            var seen = new List<long>();
            string? cursor = null;
            do
            {
                var page = store.List(10, cursor, reason, source);
                seen.AddRange(page.Items.Select(i => i.Id));
                cursor = page.Next;
            }
            while (cursor is not null);

            Assert.Equal(expected, seen.Count);
            Assert.Equal(seen.Distinct().OrderDescending(), seen);
        }

        Assert.Equal(48, store.Figures.ByReason["range"]);
        Assert.Throws<FormatException>(() => store.List(10, "1; DROP TABLE quarantine"));
        var first = store.List(1).Items[0];
        Assert.Equal((DateTimeOffset.UnixEpoch.AddSeconds(1), Lane.Telemetry, "gw-1", "d-1", "range", 3, "line 94", "too high"),
            (first.ReceivedAt, first.Lane, first.Source, first.Device, first.Reason, first.Column, first.Line, first.Message));
    }

    [Fact]
    public void What_the_store_refused_twice_is_there_once_but_what_was_sent_twice_is_there_twice()
    {
        using var store = new QuarantineStore(FilePath, new QuarantineOptions(), _time);
        store.Add([Entry("a"), Entry("a"), Entry("b")]);
        store.Add([Entry("a")]);
        Assert.Equal(2, store.Figures.Rows);
        store.Add([Entry("a"), Entry("a")], At(1));
        Assert.Equal(4, store.Figures.Rows);
    }

    [Fact]
    public void Invented_reasons_cannot_grow_the_counters()
    {
        using var store = new QuarantineStore(FilePath, new QuarantineOptions(), _time);
        for (var i = 0; i < 300; i++)
        {
            store.Add([Entry("x", $"reason-{i}")], At(i));
        }

        Assert.Equal(65, store.Figures.ByReason.Count);
        Assert.Equal(236, store.Figures.ByReason["other"]);
    }

    [Fact]
    public void Text_is_cut_between_characters()
    {
        using var store = new QuarantineStore(FilePath, new QuarantineOptions { MaximumLineBytes = 10 }, _time);
        store.Add([Entry("đèn đường"), Entry("ab😀😀😀")], At(1));
        Assert.Equal(["ab😀😀", "đèn đư"], store.List(2).Items.Select(i => i.Line));
    }
}
