namespace SmartCity.Telemetry.Tests;

public sealed class LogRecoveryTests
{
    [Fact]
    public async Task A_tail_torn_at_any_byte_is_cut_off_and_the_log_goes_on()
    {
        using var temp = new TempLog();
        var (file, whole, starts) = await Build(temp);
        var last = starts[^1];
        for (var cut = last + 1; cut < whole.Length; cut++)
        {
            await Check(whole[..cut], cut - last);
        }

        // The same length, but bytes that never reached the disk.
        for (var hole = last; hole < whole.Length; hole += 3)
        {
            var holed = whole.ToArray();
            holed.AsSpan(hole).Clear();
            await Check(holed, whole.Length - last);
        }

        await Check([.. whole, .. new byte[5000]], 5000, lost: 0);
        await Check([.. whole, .. "garbage"u8], 7, lost: 0);

        async Task Check(byte[] bytes, int torn, int lost = 1)
        {
            temp.Dispose();
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, bytes);
            await File.WriteAllTextAsync(Path.Combine(temp.Directory, "id"), IdText(whole));
            var count = starts.Count - lost;
            await using (var log = temp.Open())
            {
                var lane = log[Lane.Telemetry];
                Assert.Equal(torn, lane.TornBytes);
                Assert.Equal(lost == 0 ? whole.Length - 64 : last - 64, lane.Committed);
                TempLog.CheckAll(lane.OpenReader("r"), 0, count);
                await TempLog.Append(lane, count, count + 2);
            }

            await using (var log = temp.Open())
            {
                Assert.Equal(0, log[Lane.Telemetry].TornBytes);
                TempLog.CheckAll(log[Lane.Telemetry].OpenReader("r"), 0, count + 2);
            }
        }
    }

    [Fact]
    public async Task Damage_before_a_later_commit_is_loud()
    {
        using var temp = new TempLog();
        var (file, whole, starts) = await Build(temp);
        for (var at = starts[1]; at < starts[^1]; at += 5)
        {
            var offset = at - starts.Last(start => start <= at);
            if (offset is >= 20 and < 32)
            {
                // The commit mark: it says nothing about the frame.
                continue;
            }

            var damaged = whole.ToArray();
            damaged[at] ^= 0x40;
            await File.WriteAllBytesAsync(file, damaged, TestContext.Current.CancellationToken);
            var error = Assert.Throws<LogDamagedException>(() => temp.Open());
            Assert.Equal(file, error.File);
            Assert.Equal(starts.Last(start => start <= at), error.Offset);
            Assert.Equal(damaged, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        }

        await File.WriteAllBytesAsync(file, whole, TestContext.Current.CancellationToken);
        await using var log = temp.Open();
        TempLog.CheckAll(log[Lane.Telemetry].OpenReader("r"), 0, starts.Count);
    }

    [Fact]
    public async Task A_missing_or_shortened_or_foreign_file_is_loud()
    {
        using var temp = new TempLog();
        await using (var log = temp.Open())
        {
            await TempLog.Append(log[Lane.Telemetry], 0, 600, 500);
        }

        var files = temp.Files();
        Assert.True(files.Count > 3);
        var bytes = await File.ReadAllBytesAsync(files[1], TestContext.Current.CancellationToken);
        File.Delete(files[1]);
        Assert.Equal(files[0], Assert.Throws<LogDamagedException>(() => temp.Open()).File);
        await File.WriteAllBytesAsync(files[1], bytes[..^1], TestContext.Current.CancellationToken);
        Assert.Equal(files[1], Assert.Throws<LogDamagedException>(() => temp.Open()).File);
        await File.WriteAllBytesAsync(files[1], [.. bytes[..16], 1, .. bytes[17..]], TestContext.Current.CancellationToken);
        Assert.Equal(files[1], Assert.Throws<LogDamagedException>(() => temp.Open()).File);
        await File.WriteAllBytesAsync(files[1], bytes, TestContext.Current.CancellationToken);
        var stray = Path.Combine(Path.GetDirectoryName(files[0])!, "notes.log");
        await File.WriteAllTextAsync(stray, "x", TestContext.Current.CancellationToken);
        Assert.Equal(stray, Assert.Throws<LogDamagedException>(() => temp.Open()).File);
        File.Delete(stray);
        var id = Path.Combine(temp.Directory, "id");
        var text = await File.ReadAllTextAsync(id, TestContext.Current.CancellationToken);
        File.Delete(id);
        Assert.Equal(id, Assert.Throws<LogDamagedException>(() => temp.Open()).File);
        await File.WriteAllTextAsync(id, text, TestContext.Current.CancellationToken);
        await using var again = temp.Open();
        TempLog.CheckAll(again[Lane.Telemetry].OpenReader("r"), 0, 600, 500);
    }

    [Fact]
    public async Task A_publish_of_several_frames_is_there_whole_or_not_at_all()
    {
        using var temp = new TempLog();
        await using (var log = temp.Open())
        {
            var lane = log[Lane.Telemetry];
            await TempLog.Append(lane, 0, 1);
            Assert.True(lane.TryBegin(200, 2, out var append));
            using (append)
            {
                append.Add(FrameFlags.None, 0, "gw"u8, "good"u8);
                append.Add(FrameFlags.Rejected, 0, "gw"u8, "bad"u8);
                append.Complete();
            }

            await lane.FlushAsync();
        }

        var file = Assert.Single(temp.Files());
        var whole = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, whole[..^1], TestContext.Current.CancellationToken);
        await using (var log = temp.Open())
        {
            TempLog.CheckAll(log[Lane.Telemetry].OpenReader("r"), 0, 1);
            Assert.Equal(34 + 4 + 34 + 3 - 1, log[Lane.Telemetry].TornBytes);
            Assert.Contains(temp.Notices, notice => notice.Kind == LogNoticeKind.Healed);
        }
    }

    [Fact]
    public async Task A_file_that_was_just_being_made_is_dropped()
    {
        using var temp = new TempLog();
        long end;
        await using (var log = temp.Open())
        {
            await TempLog.Append(log[Lane.Telemetry], 0, 5);
            end = log[Lane.Telemetry].Committed;
        }

        var unborn = Path.Combine(Path.GetDirectoryName(temp.Files()[0])!, Segment.NameOf(end));
        foreach (var length in (int[])[0, 10, 64])
        {
            await File.WriteAllBytesAsync(unborn, new byte[length], TestContext.Current.CancellationToken);
            await using var log = temp.Open();
            Assert.Equal(end, log[Lane.Telemetry].Committed);
            TempLog.CheckAll(log[Lane.Telemetry].OpenReader("r"), 0, 5);
        }
    }

    /// <summary>One file with a commit a frame; the offsets at which frames begin.</summary>
    private static async Task<(string File, byte[] Bytes, List<int> Starts)> Build(TempLog temp)
    {
        var starts = new List<int>();
        await using (var log = temp.Open())
        {
            for (var i = 0; i < 6; i++)
            {
                starts.Add((int)log[Lane.Telemetry].Committed + Segment.HeaderBytes);
                await TempLog.Append(log[Lane.Telemetry], i, i + 1);
            }
        }

        var file = Assert.Single(temp.Files());
        return (file, await File.ReadAllBytesAsync(file), starts);
    }

    private static string IdText(byte[] file) => "smartcity-log 1 " + new Guid(file.AsSpan(16, 16)).ToString("D") + "\n";
}
