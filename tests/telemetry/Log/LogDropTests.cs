using System.Text;

namespace SmartCity.Telemetry.Tests;

/// <summary>A log that gives up its oldest files rather than what comes: a gateway's, when a link is down for too long.</summary>
public sealed class LogDropTests : IDisposable
{
    private const int Length = 1000;
    private readonly TempLog _temp = new();
    private readonly List<LogDropped> _lost = [];

    public LogDropTests() => _temp.Options = _temp.Options with
    {
        BudgetBytes = 4 * 64 * 1024,
        Overflow = LogOverflow.DropOldest,
        Dropped = lost =>
        {
            lock (_lost)
            {
                _lost.Add(lost);
            }
        },
    };

    private int Lost
    {
        get
        {
            lock (_lost)
            {
                return (int)_lost.Sum(l => l.Frames);
            }
        }
    }

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task The_oldest_go_in_whole_files_are_told_and_the_rest_is_read_in_order()
    {
        await using var log = _temp.Open();
        var lane = log[Lane.Telemetry];
        using var reader = lane.OpenReader("uplink");
        await TempLog.Append(lane, 0, 1_000, Length);
        Assert.InRange(lane.Appended - lane.First, 3 * 64 * 1024, 4 * 64 * 1024);
        Assert.True(_temp.Files().Count <= 4);
        Assert.Equal(lane.DroppedFrames, Lost);
        Assert.InRange(Lost, 700, 900);
        TempLog.CheckAll(reader, Lost, 1_000, Length);
        Assert.All(_lost, l => Assert.Equal((Lane.Telemetry, 7L, 7L), (l.Lane, l.First, l.Last)));
        Assert.DoesNotContain(_temp.Notices, n => n.Kind is LogNoticeKind.Paused or LogNoticeKind.Fault or LogNoticeKind.DiskError);
    }

    [Fact]
    public async Task Alarms_are_never_given_up()
    {
        _temp.Options = _temp.Options with { AlarmBudgetBytes = 128 * 1024, AlarmAcknowledgeOnCommit = true };
        await using var log = _temp.Open();
        var lane = log[Lane.Alarm];
        using var reader = lane.OpenReader("uplink");
        var sent = 0;
        while (lane.Paused != PauseReason.Budget)
        {
            if (lane.TryAppend(FrameFlags.None, 7, "gw-1"u8, Encoding.UTF8.GetBytes(TempLog.TextOf(sent, Length)), null, 0, out _))
            {
                sent++;
            }
        }

        await lane.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Empty(_lost);
        TempLog.CheckAll(reader, 0, sent, Length);
    }

    [Fact]
    public async Task What_a_reader_has_advanced_over_is_not_counted_as_lost()
    {
        await using var log = _temp.Open();
        var lane = log[Lane.Telemetry];
        using var reader = lane.OpenReader("uplink");
        await TempLog.Append(lane, 0, 100, Length);
        Assert.True(reader.TryRead(50 * (Length + 100), out var batch));
        var read = batch.Count;
        reader.Advance(reader.Cursor.Position);
        await TempLog.Append(lane, 100, 1_000, Length);
        var rest = TempLog.ReadAll(reader);
        Assert.Equal(1_000, read + Lost + rest.Count);
        Assert.Equal(TempLog.TextOf(999, Length), rest[^1]);

        // What had been read and was not advanced over may still be: nothing is in the way.
        reader.Advance(reader.Cursor.Position);
        Assert.Equal(0, lane.BacklogBytes);
    }

    [Fact]
    public async Task A_reader_that_comes_again_with_a_place_that_is_gone_begins_at_the_oldest()
    {
        LogCursor place;
        await using (var log = _temp.Open())
        {
            using var reader = log[Lane.Telemetry].OpenReader("uplink");
            await TempLog.Append(log[Lane.Telemetry], 0, 10, Length);
            TempLog.CheckAll(reader, 0, 10, Length);
            place = reader.Cursor;
            reader.Advance(place.Position);
            await TempLog.Append(log[Lane.Telemetry], 10, 1_000, Length);
            using var again = log[Lane.Telemetry].OpenReader("uplink", place);
            TempLog.CheckAll(again, 10 + Lost, 1_000, Length);
        }

        await using var reopened = _temp.Open();
        using var after = reopened[Lane.Telemetry].OpenReader("uplink", place);
        TempLog.CheckAll(after, 10 + Lost, 1_000, Length);
    }

    [Fact]
    public async Task Too_little_free_disk_takes_the_oldest_and_then_makes_appends_wait()
    {
        var disk = new FaultyDisk { Free = 10 << 20 };
        _temp.Options = _temp.Options with { Disk = disk, MinimumFreeBytes = 1 << 20 };
        await using var log = _temp.Open();
        var lane = log[Lane.Telemetry];
        using var reader = lane.OpenReader("uplink");
        await TempLog.Append(lane, 0, 200, Length);
        Assert.Empty(_lost);
        disk.Free = 1000;
        var sent = 200;
        while (lane.Paused != PauseReason.DiskFree)
        {
            sent += lane.TryAppend(FrameFlags.None, 7, "gw-1"u8, Encoding.UTF8.GetBytes(TempLog.TextOf(sent, Length)), null, 0, out _) ? 1 : 0;
        }

        Assert.True(Lost > 100);
        disk.Free = 10 << 20;
        await lane.RoomAsync().AsTask().WaitAsync(TempLog.Patience);
        await TempLog.Append(lane, sent, sent + 1, Length);
        TempLog.CheckAll(reader, Lost, sent + 1, Length);
    }

    [Fact]
    public async Task A_full_disk_is_made_room_on_by_the_oldest()
    {
        var disk = new FaultyDisk { ErrorNumber = 28 };
        _temp.Options = _temp.Options with { Disk = disk };
        await using var log = _temp.Open();
        var lane = log[Lane.Telemetry];
        using var reader = lane.OpenReader("uplink");
        await TempLog.Append(lane, 0, 200, Length);
        disk.FailWrites = 1;
        await TempLog.Append(lane, 200, 210, Length);
        Assert.InRange(Lost, 50, 70);
        TempLog.CheckAll(reader, Lost, 210, Length);
    }

    [Theory]
    [InlineData(LogOverflow.Pause)]
    [InlineData(LogOverflow.DropOldest)]
    public async Task Telemetry_does_not_take_what_was_given_up_for_alarms(LogOverflow overflow)
    {
        // Less must stay free than the reserve has: only the reserve itself can say that what is free is the alarms'.
        var disk = new FaultyDisk { Free = 64 << 20, Only = "alarm", ErrorNumber = 28 };
        _temp.Options = _temp.Options with { Disk = disk, ReserveBytes = 1 << 20, MinimumFreeBytes = 4096, AlarmAcknowledgeOnCommit = true, Overflow = overflow };
        await using var log = _temp.Open();
        var (telemetry, alarms) = (log[Lane.Telemetry], log[Lane.Alarm]);
        using var reader = telemetry.OpenReader("uplink");
        await TempLog.Append(telemetry, 0, 10);
        var reserve = Path.Combine(_temp.Directory, "reserve");
        Assert.True(SpinWait.SpinUntil(() => File.Exists(reserve), TempLog.Patience));
        disk.Free = 1 << 20;
        disk.FailWrites = 1;
        await TempLog.Append(alarms, 0, 1);
        Assert.False(File.Exists(reserve));
        Assert.True(telemetry.TryAppend(FrameFlags.None, 7, "gw-1"u8, Encoding.UTF8.GetBytes(TempLog.TextOf(10)), null, 0, out _));
        Assert.True(SpinWait.SpinUntil(() => telemetry.Paused == PauseReason.DiskError, TempLog.Patience));
        await TempLog.Append(alarms, 1, 50);
        Assert.Equal(PauseReason.DiskError, telemetry.Paused);

        disk.Free = 64 << 20;
        await TempLog.Append(telemetry, 11, 12);
        TempLog.CheckAll(reader, 0, 12);
    }

    [Fact]
    public async Task A_lane_whose_only_file_is_empty_keeps_its_place_whatever_happens_at_opening()
    {
        LogCursor end;
        await using (var log = _temp.Open())
        {
            using var reader = log[Lane.Alarm].OpenReader("uplink");
            await TempLog.Append(log[Lane.Alarm], 0, 300, Length);
            while (reader.TryRead(10_000, out _))
            {
            }

            end = reader.Cursor;
            reader.Advance(end.Position);
        }

        // The newest file without frames, alone, as a kill leaves it; and the one that was being made.
        foreach (var file in _temp.Files(Lane.Alarm))
        {
            File.Delete(file);
        }

        var header = new byte[Segment.HeaderBytes];
        Segment.WriteHeader(header, end.LogId, Lane.Alarm, end.Position);
        var path = Path.Combine(_temp.Directory, "alarm", Segment.NameOf(end.Position));
        File.WriteAllBytes(path, header);
        File.WriteAllBytes(path + ".new", header[..9]);
        for (var crash = 0; crash < 3; crash++)
        {
            var recovered = new Recovery(Path.Combine(_temp.Directory, "alarm"), end.LogId, Lane.Alarm, LogDisk.Real).Run();
            Assert.Equal(end.Position, recovered.End);
        }

        await using var again = _temp.Open();
        using var after = again[Lane.Alarm].OpenReader("uplink", end);
        await TempLog.Append(again[Lane.Alarm], 300, 310, Length);
        TempLog.CheckAll(after, 300, 310, Length);
        Assert.Single(_temp.Files(Lane.Alarm));
    }
}
