using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace SmartCity.Telemetry.Tests;

/// <summary>A really full disk: a small tmpfs. Needs the right to mount.</summary>
public sealed class LogFullDiskTests : IDisposable
{
    private const int Size = 4 << 20;
    private readonly string _mount = Path.Combine(Path.GetTempPath(), "smartcity-tmpfs-" + Guid.NewGuid().ToString("N"));
    private readonly bool _mounted;

    public LogFullDiskTests()
    {
        Directory.CreateDirectory(_mount);
        _mounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=" + Size.ToString(CultureInfo.InvariantCulture), "tmpfs", _mount);
    }

    public void Dispose()
    {
        if (_mounted)
        {
            Run("umount", "-l", _mount);
        }

        Directory.Delete(_mount, recursive: true);
    }

    [Fact]
    public async Task Telemetry_pauses_alarms_go_on_and_all_recovers_by_itself()
    {
        Assert.SkipUnless(_mounted, "not permitted to mount a tmpfs here: the full-disk test did not run");
        var token = TestContext.Current.CancellationToken;
        using var temp = new TempLog(_mount);
        temp.Options = temp.Options with { ReserveBytes = 512 * 1024, BudgetBytes = 64 << 20, AlarmBudgetBytes = 64 << 20 };
        var filler = Path.Combine(_mount, "filler");
        var sent = 0;
        await using (var log = temp.Open())
        {
            var telemetry = log[Lane.Telemetry];
            var alarms = log[Lane.Alarm];
            await TempLog.Append(alarms, 0, 1);
            var reserve = Path.Combine(temp.Directory, "reserve");
            Assert.True(SpinWait.SpinUntil(() => File.Exists(reserve), TempLog.Patience));
            Fill(filler);
            Assert.Equal(0, new DriveInfo(_mount).AvailableFreeSpace);

            // Telemetry until the disk refuses it.
            var waiter = new Waiter();
            while (telemetry.Paused != PauseReason.DiskError)
            {
                if (telemetry.TryAppend(FrameFlags.None, 7, "gw-1"u8, Encoding.UTF8.GetBytes(TempLog.TextOf(sent, 1000)), waiter, sent, out _))
                {
                    sent++;
                }
            }

            Assert.Contains(temp.Notices, notice => notice is { Kind: LogNoticeKind.DiskError, Lane: Lane.Telemetry });
            Assert.True(waiter.Tokens.Count < sent);

            // Alarms across several of their files: the first has its disk, the next ones take it from the reserve.
            var slowest = TimeSpan.Zero;
            for (var i = 1; i <= 300; i++)
            {
                var watch = Stopwatch.StartNew();
                await TempLog.Append(alarms, i, i + 1, 800);
                slowest = watch.Elapsed > slowest ? watch.Elapsed : slowest;
            }

            Assert.True(temp.Files(Lane.Alarm).Count >= 4);
            Assert.True(slowest < TimeSpan.FromSeconds(1), slowest.ToString());
            Assert.Contains(temp.Notices, notice => notice.Kind == LogNoticeKind.Reserve);
            Assert.False(File.Exists(reserve));
            Assert.Equal(PauseReason.DiskError, telemetry.Paused);

            // Space returns.
            var room = telemetry.RoomAsync(token).AsTask();
            File.Delete(filler);
            await room.WaitAsync(TempLog.Patience, token);
            waiter.WaitFor(sent);
            await TempLog.Append(telemetry, sent, sent + 10, 1000);
            Assert.True(SpinWait.SpinUntil(() => File.Exists(reserve), TempLog.Patience));
        }

        await using (var log = temp.Open())
        {
            TempLog.CheckAll(log[Lane.Telemetry].OpenReader("r"), 0, sent + 10, 1000);
            Assert.Equal(301, TempLog.ReadAll(log[Lane.Alarm].OpenReader("r")).Count);
        }
    }

    [Fact]
    public async Task A_log_opens_on_a_full_disk_and_takes_alarms()
    {
        Assert.SkipUnless(_mounted, "not permitted to mount a tmpfs here: the full-disk test did not run");
        using var temp = new TempLog(_mount);
        temp.Options = temp.Options with { ReserveBytes = 512 * 1024 };
        var reserve = Path.Combine(temp.Directory, "reserve");
        await using (var log = temp.Open())
        {
            await TempLog.Append(log[Lane.Telemetry], 0, 10);
            await TempLog.Append(log[Lane.Alarm], 0, 10);
            Assert.True(SpinWait.SpinUntil(() => File.Exists(reserve), TempLog.Patience));
        }

        Fill(Path.Combine(_mount, "filler"));
        await using (var log = temp.Open())
        {
            await TempLog.Append(log[Lane.Alarm], 10, 20);
            TempLog.CheckAll(log[Lane.Alarm].OpenReader("r"), 0, 20);
            TempLog.CheckAll(log[Lane.Telemetry].OpenReader("r"), 0, 10);
        }
    }

    private static void Fill(string path)
    {
        using var file = File.Create(path);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full, as wanted.
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false });
        process!.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
