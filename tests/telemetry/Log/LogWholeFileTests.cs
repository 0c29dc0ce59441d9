namespace SmartCity.Telemetry.Tests;

/// <summary>Files that are made whole.</summary>
public sealed class LogWholeFileTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_is_made_whole_and_cut_to_what_it_holds(bool killed)
    {
        using var temp = new TempLog();
        temp.Options = temp.Options with { Preallocate = true };
        var log = temp.Open();
        var lane = log[Lane.Telemetry];
        await TempLog.Append(lane, 0, 4000);
        var files = temp.Files();
        Assert.True(files.Count > 2);
        Assert.Equal(temp.Options.SegmentBytes, new FileInfo(files[^1]).Length);
        Assert.All(files.SkipLast(1), file => Assert.NotEqual(temp.Options.SegmentBytes, new FileInfo(file).Length));

        // What a process that is killed leaves: a whole file, of which a part is frames.
        using var copy = new TempLog();
        if (killed)
        {
            foreach (var file in Directory.EnumerateFiles(temp.Directory, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) is not ("lock" or "owner")))
            {
                var to = Path.Combine(copy.Directory, Path.GetRelativePath(temp.Directory, file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(file, to);
            }
        }

        await log.DisposeAsync();
        var after = killed ? copy : temp;
        Assert.Equal(killed, new FileInfo(after.Files()[^1]).Length == temp.Options.SegmentBytes);
        await using var again = after.Open();
        TempLog.CheckAll(again[Lane.Telemetry].OpenReader("r"), 0, 4000);
        await TempLog.Append(again[Lane.Telemetry], 4000, 4010);
    }

    [Fact]
    public async Task A_disk_that_is_short_of_space_is_not_taken_ahead()
    {
        using var temp = new TempLog();
        temp.Options = temp.Options with { Preallocate = true, MinimumFreeBytes = 100_000, Disk = new FaultyDisk { Free = 200_000 } };
        await using var log = temp.Open();
        await TempLog.Append(log[Lane.Telemetry], 0, 10);
        Assert.InRange(new FileInfo(temp.Files()[^1]).Length, 100, 2000);
    }
}
