using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Telemetry.Tests;

/// <summary>kill -9 of a real process that appends: what it printed as acknowledged is there. SMARTCITY_KILLS sets how often.</summary>
public sealed class LogKillTests(ITestOutputHelper output)
{
    private static (int Process, byte Thread) _latest;

    private static int Kills =>
        int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 24;

    [Fact]
    public async Task Every_acknowledged_frame_is_there_after_kill_9()
    {
        using var temp = new TempLog();
        LogCursor? cursor = null;
        long acknowledged = 0, found = 0, torn = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            var last = await RunAndKill(temp.Directory, new Random(kill).Next(1, 4000));
            acknowledged += last.Values.Sum(number => number + 1L);
            await using var log = CityLog.Open(KilledChild.OptionsFor(temp.Directory), TimeProvider.System);
            var lane = log[Lane.Telemetry];
            torn += lane.TornBytes;
            using var reader = lane.OpenReader("parent", cursor);
            var next = new Dictionary<(int, byte), int>();
            found += ReadPublishes(reader, next);
            foreach (var (who, number) in last)
            {
                Assert.True(next.GetValueOrDefault(who) > number, $"kill {kill}: {who} was acknowledged up to {number}, the log has {next.GetValueOrDefault(who)}");
            }

            cursor = reader.Cursor;
            reader.Advance(reader.Cursor.Position);
        }

        output.WriteLine($"{Kills} kills, {acknowledged} publishes acknowledged, {found} found, {torn} torn bytes healed");
        Assert.True(found >= acknowledged);
        Assert.True(acknowledged > Kills);
    }

    [Fact]
    public async Task A_log_that_gives_up_its_oldest_is_whole_after_kill_9_and_has_the_newest()
    {
        using var temp = new TempLog();
        long acknowledged = 0, found = 0;
        var cursor = default(LogCursor?);
        for (var kill = 0; kill < Kills; kill++)
        {
            // Each publish has some hundred bytes: thousands of them go over the budget of four files many times.
            var last = await RunAndKill(temp.Directory, new Random(kill).Next(3_000, 12_000), drop: true);
            acknowledged += last.Values.Sum(number => number + 1L);
            var files = Directory.GetFiles(Path.Combine(temp.Directory, "telemetry"), "*.log");
            Assert.InRange(files.Length, 1, 5);
            await using var log = CityLog.Open(KilledChild.OptionsFor(temp.Directory, drop: true), TimeProvider.System);
            var lane = log[Lane.Telemetry];

            // The place of the first life is gone by now: it is begun at the oldest, and from there no publish is missing.
            using var reader = lane.OpenReader("parent", cursor);
            cursor ??= reader.Cursor;
            var newest = new Dictionary<(int, byte), int>();
            var open = false;
            while (reader.TryRead(100_000, out var batch))
            {
                foreach (var frame in batch)
                {
                    var who = (BinaryPrimitives.ReadInt32LittleEndian(frame.Source), frame.Source[4]);
                    var number = BinaryPrimitives.ReadInt32LittleEndian(frame.Payload);
                    Assert.Equal(open ? number : newest.GetValueOrDefault(who, number - 1) + 1, number);
                    newest[who] = number;
                    found += open ? 1 : 0;
                    open = !open;
                }
            }

            Assert.False(open);

            // A slow thread's last one may be old enough to go; the last of all may not.
            var (latest, count) = (_latest, last[_latest]);
            Assert.True(newest.GetValueOrDefault(latest, -1) >= count, $"kill {kill}: {latest} was acknowledged up to {count}, the newest is {newest.GetValueOrDefault(latest, -1)}");
        }

        output.WriteLine($"{Kills} kills, {acknowledged} publishes acknowledged, {found} found of what was not given up");
        Assert.True(found < acknowledged);
    }

    /// <summary>Runs a child until it has printed some acknowledgements, kills it, and returns the last number each of its threads was told.</summary>
    private static async Task<Dictionary<(int Process, byte Thread), int>> RunAndKill(string directory, int lines, bool drop = false)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { [KilledChild.Variable] = directory, [KilledChild.DropVariable] = drop ? "1" : "" },
        })!;
        var last = new Dictionary<(int, byte), int>();
        try
        {
            var read = 0;
            while (await child.StandardOutput.ReadLineAsync().WaitAsync(TempLog.Patience) is { } line)
            {
                if (++read == lines)
                {
                    child.Kill();
                }

                Note(line, last);
            }
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync();
        }

        Assert.Equal(128 + 9, child.ExitCode);
        return last;
    }

    private static void Note(string line, Dictionary<(int Process, byte Thread), int> last)
    {
        var parts = line.Split(' ');
        if (parts.Length != 3)
        {
            // Cut by the kill.
            return;
        }

        var who = (int.Parse(parts[0], CultureInfo.InvariantCulture), byte.Parse(parts[1], CultureInfo.InvariantCulture));
        var number = int.Parse(parts[2], CultureInfo.InvariantCulture);
        Assert.Equal(last.GetValueOrDefault(who, -1) + 1, number);
        last[who] = number;
        _latest = who;
    }

    private static long ReadPublishes(LogReader reader, Dictionary<(int Process, byte Thread), int> next)
    {
        long publishes = 0;
        var open = false;
        while (reader.TryRead(100_000, out var batch))
        {
            foreach (var frame in batch)
            {
                var who = (BinaryPrimitives.ReadInt32LittleEndian(frame.Source), frame.Source[4]);
                var number = BinaryPrimitives.ReadInt32LittleEndian(frame.Payload);
                Assert.Equal(open, frame.Flags == FrameFlags.Rejected);
                Assert.Equal(!open, frame.MoreFollow);
                Assert.Equal(next.GetValueOrDefault(who), number);
                if (open)
                {
                    next[who] = number + 1;
                    publishes++;
                }

                open = !open;
            }
        }

        Assert.False(open);
        return publishes;
    }
}
