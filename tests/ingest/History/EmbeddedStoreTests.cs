using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SmartCity.Ingest.History;
using SmartCity.Ingest.History.Embedded;
using SmartCity.Ingest.Quarantine;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.History;

/// <summary>What is the embedded store's own: its bytes, its bounds, its transaction.</summary>
public sealed class EmbeddedStoreTests
{
    private static byte[] Encode(string fields)
    {
        var buffer = new ByteBuffer();
        var reader = new LineReader(Encoding.UTF8.GetBytes("k " + fields));
        Assert.True(reader.Read());
        Assert.Equal(LineError.None, reader.Error);
        while (reader.NextField(out var field))
        {
            FieldCodec.Write(buffer, field.Name[0], field);
        }

        return buffer.Span.ToArray();
    }

    [Fact]
    public void Every_float_comes_back_bit_for_bit() => Prop.ForAll<double, int, byte>((any, whole, places) =>
    {
        double[] values = [any, whole / Math.Pow(10, places % 6), whole * 1e10, -0.0];
        return values.Where(double.IsFinite).All(v =>
            BitConverter.DoubleToInt64Bits(FieldCodec.Find(Encode(string.Create(CultureInfo.InvariantCulture, $"a={v:R}")), 'a')!.Value.Number!.Value) == BitConverter.DoubleToInt64Bits(v));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Usual_values_take_few_bytes()
    {
        Assert.Equal(3 + 2, Encode("a=21.37").Length + 1);
        Assert.Equal(3 + 3 + 2, Encode("a=21.37,b=1i,c=true").Length - 1);
    }

    [Fact]
    public void The_union_keeps_both_and_the_later_wins()
    {
        var buffer = new ByteBuffer();
        FieldCodec.Merge(buffer, Encode("a=1,b=2.5,s=\"x\""), Encode("b=3i,c=true"));
        var merged = buffer.Span.ToArray();
        Assert.Equal(1, FieldCodec.Find(merged, 'a')!.Value.Number);
        Assert.Equal(3, FieldCodec.Find(merged, 'b')!.Value.Number);
        Assert.True(FieldCodec.Find(merged, 'c')!.Value.Flag);
        Assert.Equal("x", FieldCodec.Find(merged, 's')!.Value.Text);
        Assert.Null(FieldCodec.Find(merged, 'z'));
    }

    [Fact]
    public void Damaged_bytes_are_an_error_not_a_value()
    {
        var bytes = Encode("a=0.12345678901234,s=\"text\"");
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            var part = bytes[..cut];
            try
            {
                FieldCodec.Find(part, 'z');
            }
            catch (InvalidDataException)
            {
                continue;
            }

            Assert.Contains(cut, new[] { 10, 11, bytes.Length }); // a cut between two fields cannot be seen
        }
    }

    [Fact]
    public async Task Old_readings_go_with_their_block_and_young_ones_stay()
    {
        var time = new FakeTime();
        await using var rig = StoreRig.Embedded(new EmbeddedOptions { Days = 10, SweepInterval = TimeSpan.FromHours(1) }, time: time);
        var start = Nanoseconds(time.GetUtcNow());
        for (var day = 0; day < 20; day++)
        {
            var text = new StringBuilder();
            for (var hour = 0; hour < 24; hour++)
            {
                for (var d = 0; d < 3; d++)
                {
                    text.Append(CultureInfo.InvariantCulture, $"k,device=d{d} v={day} {start + (((day * 24L) + hour) * 3_600_000_000_000)}\n");
                }
            }

            time.StepTo(DateTimeOffset.UnixEpoch.AddTicks((start / 100) + (TimeSpan.TicksPerDay * (day + 1))));
            await rig.WriteAsync(text.ToString(), day + 1);
            await rig.SettleAsync();
        }

        time.StepTo(time.GetUtcNow().AddMinutes(61)); // the next sweep is due; two hours of the eleventh day are too old by then, its block is not
        await rig.WriteAsync("", 100);
        await rig.SettleAsync();
        for (var d = 0; d < 3; d++)
        {
            var days = (await rig.PointsAsync("k", $"d{d}", "v")).Select(p => (int)p.Value.Number!.Value).ToArray();
            Assert.Equal(Enumerable.Range(10, 10).SelectMany(day => Enumerable.Repeat(day, 24)), days);
        }

        Assert.Equal(3 * 10 * 24, ((EmbeddedHistoryStore)rig.Store).Deleted);
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_costs_no_history()
    {
        var time = new FakeTime();
        await using var rig = StoreRig.Embedded(new EmbeddedOptions { Days = 10 }, time: time);
        var start = Nanoseconds(time.GetUtcNow());
        await rig.WriteAsync($"k,device=d v=1 {start}\n");
        await rig.SettleAsync();
        time.StepTo(time.GetUtcNow().AddYears(10));
        await rig.WriteAsync($"k,device=d v=2 {start + 1}\n");
        await rig.SettleAsync();
        await rig.WriteAsync("");
        await rig.SettleAsync();
        Assert.Equal(2, (await rig.PointsAsync("k", "d", "v")).Count);
    }

    [Fact]
    public async Task A_reading_of_the_end_of_time_costs_no_history()
    {
        var time = new FakeTime();
        await using var rig = StoreRig.Embedded(new EmbeddedOptions { Days = 10, SweepInterval = TimeSpan.FromMinutes(1) }, time: time);
        await rig.WriteAsync($"k,device=d v=1 {Nanoseconds(time.GetUtcNow())}\nk,device=d v=2 {long.MaxValue - 1}\n");
        await rig.SettleAsync();
        time.StepTo(time.GetUtcNow().AddMinutes(2));
        await rig.WriteAsync("");
        await rig.SettleAsync();
        Assert.Equal(2, (await rig.PointsAsync("k", "d", "v", to: long.MaxValue)).Count);
    }

    [Fact]
    public async Task Questions_are_answered_while_it_writes()
    {
        await using var rig = StoreRig.Embedded();
        var writing = Task.Run(async () =>
        {
            for (var n = 0; n < 2_000; n += 20)
            {
                await rig.WriteAsync(Readings.Lines(20, n, n + 20), n + 1);
            }
        });
        var seen = 0;
        while (seen < 2_000)
        {
            var pages = await Task.WhenAll(Enumerable.Range(0, 8).Select(d => rig.PointsAsync("environment", $"env-{d}", "energy_wh")));
            Assert.All(pages, p => Assert.Equal(Enumerable.Range(0, p.Count).Select(Readings.Time), p.Select(q => q.Time)));
            Assert.True(pages.Min(p => p.Count) >= seen);
            seen = pages.Min(p => p.Count);
            if (writing.IsCompleted)
            {
                await writing;
            }
        }
    }

    [Fact]
    public async Task Nothing_is_allocated_a_point()
    {
        await using var rig = StoreRig.Embedded();
        var batches = Enumerable.Range(0, 8).Select(round => StoreRig.Batch(rig.Store, Readings.Lines(50, round * 100, (round + 1) * 100), round + 1)).ToList();
        long allocated = 0;
        foreach (var batch in batches)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var written = rig.Store.WriteAsync(batch, default);
            Assert.True(written.IsCompletedSuccessfully);
            Assert.Equal(5_000, (await written).Written);
            var settled = rig.Store.SettleAsync(now: true, default);
            Assert.True(settled.IsCompletedSuccessfully);
            await settled;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.InRange(allocated, 0, 8 * 1024); // a transaction costs some objects (retention's questions, the cursor), a point none
    }

    [Fact]
    public async Task The_file_is_bounded_and_the_oldest_go_first()
    {
        const long Maximum = 4 << 20;
        var time = new FakeTime(DateTimeOffset.UnixEpoch.AddTicks(Readings.Time(20_000) / 100));
        await using var rig = StoreRig.Embedded(new EmbeddedOptions { Days = 3650, MaximumBytes = Maximum }, time: time);
        for (var n = 0; n < 20_000; n += 500)
        {
            await rig.WriteAsync(Readings.Lines(20, n, n + 500), n + 1);
            await rig.SettleAsync();
            Assert.InRange(new FileInfo(Path.Combine(rig.Folder, "history.db")).Length, 0, Maximum * 3 / 2);
        }

        for (var d = 0; d < 20; d++)
        {
            var points = await rig.PointsAsync("environment", $"env-{d}", "energy_wh");
            Assert.InRange(points.Count, 2_000, 19_000);
            Assert.Equal(Enumerable.Range(20_000 - points.Count, points.Count).Select(Readings.Time), points.Select(p => p.Time));
        }
    }

    [Fact]
    public async Task More_devices_than_allowed_go_to_the_quarantine()
    {
        await using var rig = StoreRig.Embedded(new EmbeddedOptions { Days = 36_500, MaximumSeries = 2 });
        Assert.Equal(new HistoryWritten(3, 2), await rig.WriteAsync("k,device=a v=1 1\nk,device=b v=1 1\nk,device=c v=1 1\nk,device=a v=2 2\nk,device=d v=1 1\n"));
        Assert.Equal(["k,device=c v=1 1", "k,device=d v=1 1"], rig.Quarantine.List(9).Items.Select(i => i.Line).Order());
    }

    [Fact]
    public async Task A_batch_the_quarantine_could_not_follow_has_moved_no_cursor()
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-atomic-").FullName;
        try
        {
            var broken = new QuarantineStore(Path.Combine(folder, "q1.db"), new QuarantineOptions(), TimeProvider.System);
            broken.Dispose();
            using var sound = new QuarantineStore(Path.Combine(folder, "q2.db"), new QuarantineOptions(), TimeProvider.System);
            var options = new EmbeddedOptions { Days = 36_500, MaximumSeries = 2 };
            var file = Path.Combine(folder, "history.db");
            await using (var store = new EmbeddedHistoryStore(file, options, broken, TimeProvider.System))
            {
                var batch = StoreRig.Batch(store, "k,device=a v=1 1\nk,device=b w=2 1\nk,device=z v=1 1\n", 5);
                for (var again = 0; again < 3; again++)
                {
                    await Assert.ThrowsAnyAsync<Exception>(async () => await store.WriteAsync(batch, default));
                }

                await store.SettleAsync(now: true, default);
                Assert.Null(store.Durable(Lane.Telemetry));
            }

            await using var next = new EmbeddedHistoryStore(file, options, sound, TimeProvider.System);
            Assert.Null(await next.LoadCursorAsync(Lane.Telemetry, default));
            Assert.Equal(new HistoryWritten(2, 1), await next.WriteAsync(StoreRig.Batch(next, "k,device=a v=1 1\nk,device=b w=2 1\nk,device=z v=1 1\n", 5), default));
            Assert.Single((await next.QueryAsync(new HistoryQuery("k", "b", "w", 0, 10), default)).Points);
            Assert.Equal("k,device=z v=1 1", Assert.Single(sound.List(9).Items).Line);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long Nanoseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks * 100;
}
