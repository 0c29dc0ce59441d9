using System.Buffers.Binary;
using System.Text;

namespace SmartCity.Telemetry.Tests;

public sealed class LogReaderTests
{
    [Fact]
    public async Task A_slow_reader_reads_from_disk_across_files()
    {
        using var temp = new TempLog();
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        var slow = lane.OpenReader("slow");
        await TempLog.Append(lane, 0, 2000, 500);
        Assert.True(temp.Files().Count > 10);
        TempLog.CheckAll(slow, 0, 2000, 500);
        Assert.True(slow.DiskReads > 10);
        Assert.True(slow.CaughtUp);
        var before = slow.DiskReads;
        await TempLog.Append(lane, 2000, 2050, 500);
        TempLog.CheckAll(slow, 2000, 2050, 500);
        Assert.Equal(before, slow.DiskReads);
    }

    [Fact]
    public async Task What_every_reader_has_advanced_over_is_deleted()
    {
        using var temp = new TempLog();
        temp.Options = temp.Options with { Readers = ["grains", "history"] };
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        var grains = lane.OpenReader("grains");
        await TempLog.Append(lane, 0, 1000, 500);
        var files = temp.Files().Count;
        TempLog.CheckAll(grains, 0, 1000, 500);
        Assert.Equal(lane.Appended, lane.BacklogBytes);
        grains.Advance(grains.Cursor.Position);
        Assert.Equal(files, temp.Files().Count);

        var history = lane.OpenReader("history");
        TempLog.CheckAll(history, 0, 1000, 500);
        var half = lane.Committed / 2;
        Assert.Throws<ArgumentOutOfRangeException>(() => history.Advance(lane.Committed + 1));
        history.Advance(history.Cursor.Position);
        Assert.Throws<ArgumentOutOfRangeException>(() => history.Advance(half));
        Assert.Single(temp.Files());
        Assert.Equal(0, lane.BacklogBytes);
        Assert.True(lane.First > 0);

        // A disposed reader still holds; a forgotten one does not.
        history.Dispose();
        await TempLog.Append(lane, 0, 1000, 500);
        TempLog.CheckAll(grains, 0, 1000, 500);
        grains.Advance(grains.Cursor.Position);
        Assert.True(temp.Files().Count > 5);
        Assert.True(lane.Forget("grains"));
        Assert.False(lane.Forget("nobody"));
        TempLog.CheckAll(lane.OpenReader("history", history.Cursor), 0, 1000, 500);
    }

    [Fact]
    public async Task Cursors_that_do_not_fit_are_refused_with_words()
    {
        using var temp = new TempLog();
        using var other = new TempLog();
        await using var log = temp.Open();
        await using var stranger = other.Open();
        var lane = log[Lane.Telemetry];
        await TempLog.Append(lane, 0, 300, 500);
        var reader = lane.OpenReader("r");
        Assert.True(reader.TryRead(2000, out var batch));
        var good = batch.End;
        TempLog.ReadAll(lane.OpenReader("copy", good));

        Refused(good with { LogId = stranger.Id }, "belongs to log");
        Refused(good with { Lane = Lane.Alarm }, "lane");
        Refused(good with { Position = lane.Committed + 1 }, "beyond the log's end");
        Refused(good with { Position = good.Position + 1 }, "no sound frame begins there");
        Refused(good with { Position = good.Position - 1 }, "no sound frame begins there");
        Refused(good with { Position = lane.Committed - 1 }, "no sound frame begins there");
        Assert.Throws<LogCursorException>(() => stranger[Lane.Telemetry].OpenReader("r", good));
        TempLog.ReadAll(reader);
        reader.Advance(reader.Cursor.Position);
        lane.Forget("copy");
        Assert.True(lane.First > good.Position);
        Refused(good, "deleted");
        Assert.Empty(TempLog.ReadAll(lane.OpenReader("end", lane.End)));

        void Refused(LogCursor cursor, string words) =>
            Assert.Contains(words, Assert.Throws<LogCursorException>(() => lane.OpenReader("r2", cursor)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_on_disk_is_named_with_file_and_offset()
    {
        using var temp = new TempLog();
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        await TempLog.Append(lane, 0, 600, 500);
        var file = temp.Files()[1];
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[20_000] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        var reader = lane.OpenReader("r");
        var error = Assert.Throws<LogDamagedException>(() => TempLog.ReadAll(reader));
        Assert.Equal(file, error.File);
        Assert.InRange(error.Offset, 20_000 - 532, 20_000);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frame_longer_than_the_batch_is_read_alone()
    {
        using var temp = new TempLog();
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        var longest = lane.MaximumPublishBytes - 32 - 4;
        var fromMemory = lane.OpenReader("memory");
        for (var i = 0; i < 20; i++)
        {
            await TempLog.Append(lane, new string((char)('a' + i), longest));
            await TempLog.Append(lane, "short");
        }

        await lane.FlushAsync();
        var texts = TempLog.ReadAll(fromMemory, 1);
        Assert.Equal(40, texts.Count);
        Assert.Equal(new string('t', longest), texts[^2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => lane.TryAppend(FrameFlags.None, 0, "gw-1"u8, new byte[longest + 1], null, 0, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => lane.TryAppend(FrameFlags.None, 0, new byte[64], "x"u8, null, 0, out _));
    }

    /// <summary>The reader's look-again must catch every frame that was overwritten while it was copied: four readers of different laziness race three writers round a ring of 64 KiB.</summary>
    [Fact]
    public async Task Readers_race_the_ring_and_see_every_frame_in_order()
    {
        const int Writers = 3;
        const int Each = 30_000;
        using var temp = new TempLog();
        temp.Options = temp.Options with { SegmentBytes = 1 << 20, BudgetBytes = 256 << 20 };
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        var readers = Enumerable.Range(0, 4).Select(i => Task.Run(() => Follow(lane.OpenReader("r" + i), 1 << (6 + (3 * i))))).ToArray();
        var writers = Enumerable.Range(0, Writers).Select(i => Task.Run(() => Write((byte)i))).ToArray();
        await Task.WhenAll(writers).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        await lane.FlushAsync();
        await Task.WhenAll(readers).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        async Task Write(byte writer)
        {
            var random = new Random(writer);
            var payload = new byte[2000];
            for (var number = 0; number < Each; number++)
            {
                var length = 4 + random.Next(number % 50 == 0 ? 1900 : 60);
                payload.AsSpan(0, length).Fill((byte)number);
                BinaryPrimitives.WriteInt32LittleEndian(payload, number);
                while (!lane.TryAppend(FrameFlags.None, number, [writer], payload.AsSpan(0, length), null, 0, out _))
                {
                    await lane.RoomAsync();
                }
            }
        }

        async Task Follow(LogReader reader, int bytes)
        {
            var next = new int[Writers];
            while (next.Sum() < Writers * Each)
            {
                var batch = await reader.ReadAsync(bytes);
                foreach (var frame in batch)
                {
                    var writer = frame.Source[0];
                    Assert.Equal(next[writer], BinaryPrimitives.ReadInt32LittleEndian(frame.Payload));
                    Assert.Equal(next[writer], frame.ReceivedAt);
                    Assert.True(frame.Payload[4..].IndexOfAnyExcept((byte)next[writer]) < 0);
                    next[writer]++;
                }

                reader.Advance(batch.End.Position);
            }
        }
    }

    [Fact]
    public async Task The_budget_pauses_appends_until_the_readers_have_caught_up()
    {
        using var temp = new TempLog();
        temp.Options = temp.Options with { BudgetBytes = 256 * 1024 };
        await using var log = temp.Open();
        var lane = log[Lane.Telemetry];
        var reader = lane.OpenReader("r");
        var payload = Encoding.UTF8.GetBytes(new string('x', 1000));
        while (lane.TryAppend(FrameFlags.None, 0, "gw"u8, payload, null, 0, out _) || lane.Paused == PauseReason.Memory)
        {
            await lane.RoomAsync().AsTask().WaitAsync(TempLog.Patience);
        }

        Assert.Equal(PauseReason.Budget, lane.Paused);
        Assert.InRange(lane.BacklogBytes, (256 * 1024) - 1100, 256 * 1024);
        Assert.Contains(temp.Notices, notice => notice.Kind == LogNoticeKind.Paused);
        var room = lane.RoomAsync().AsTask();
        await lane.FlushAsync();
        Assert.False(room.IsCompleted);
        Assert.True(log[Lane.Alarm].TryAppend(FrameFlags.None, 0, "gw"u8, payload, null, 0, out _));
        TempLog.ReadAll(reader);
        Assert.False(room.IsCompleted);
        reader.Advance(reader.Cursor.Position);
        await room.WaitAsync(TempLog.Patience);
        Assert.Equal(PauseReason.None, lane.Paused);
        Assert.True(lane.TryAppend(FrameFlags.None, 0, "gw"u8, payload, null, 0, out _));
        Assert.Contains(temp.Notices, notice => notice.Kind == LogNoticeKind.Resumed);
    }
}
