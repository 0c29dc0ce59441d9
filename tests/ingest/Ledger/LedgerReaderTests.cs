using System.Diagnostics;
using System.IO.Pipes;
using System.Text;
using SmartCity.Ingest.Ledger;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Ledger;

public sealed class LedgerReaderTests
{
    private const string FolderName = "SMARTCITY_LEDGER_FOLDER";
    private const string PipeName = "SMARTCITY_LEDGER_PIPE";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_the_log_says_is_in_the_book_night_by_night_and_month_by_month()
    {
        await using var rig = await LedgerRig.OpenAsync();
        await rig.SayAsync("power_cabinet,device=cab energy_kwh=1000 " + LedgerRig.At(0) + "\nfire_detector,device=x smoke_density_percent=3 " + LedgerRig.At(0) + "\n");
        for (var hour = 0; hour < 48; hour++)
        {
            await rig.LampAsync("a", hour, 5 + (hour * 0.05), 20 + (hour * 0.5), 3 + (hour / 24));
        }

        await rig.SayAsync("power_cabinet,device=cab energy_kwh=1010.5 " + LedgerRig.At(1) + "\n");
        await rig.ReadAsync();

        // From noon of the 29th; the second night begins on the 30th.
        Assert.Equal([(29, 1.2, 12.0, 1L), (30, 1.15, 11.5, 0L)], (await rig.NightsAsync("a")).Select(n => (n.Day.Day, n.Sums.Energy / 1e6, n.Sums.Seconds / 3600.0, n.Sums.Switches)));
        Assert.Equal(10_500_000, Assert.Single(await rig.NightsAsync("cab")).Sums.Energy);
        Assert.Equal([((2026 * 12) + 10, 2_350_000L)], await rig.MonthsAsync("a"));
    }

    [Fact]
    public async Task A_reader_that_begins_again_anywhere_counts_nothing_twice()
    {
        await using var rig = await LedgerRig.OpenAsync(new LedgerOptions { AtOnce = 1 });
        var chance = new Random(11);
        for (var hour = 0; hour < 60; hour++)
        {
            await rig.LampAsync("a", hour, hour * 0.1, hour * 0.5, hour);
            await rig.LampAsync("b", hour, hour % 20 * 0.2, hour % 20 * 0.5, hour % 20); // begins anew twice
            if (chance.Next(4) == 0)
            {
                // What it has counted is written, but not how far it read; or not even that.
                await rig.ReadAsync(cursor: chance.Next(3) == 0, write: chance.Next(3) > 0);
            }
        }

        await rig.ReadAsync();
        Assert.Equal(5_900_000, (await rig.NightsAsync("a")).Sum(n => n.Sums.Energy));
        Assert.Equal(59, (await rig.NightsAsync("a")).Sum(n => n.Sums.Switches));
        Assert.Equal(3 * 3_800_000, (await rig.NightsAsync("b")).Sum(n => n.Sums.Energy));
        Assert.Equal((await rig.NightsAsync("b")).Sum(n => n.Sums.Energy), (await rig.MonthsAsync("b")).Sum(m => m.Energy));
    }

    [Fact]
    public async Task A_lamp_that_takes_a_place_over_begins_where_the_old_one_ended()
    {
        await using var rig = await LedgerRig.OpenAsync();
        await rig.LampAsync("a", 6, 100, 1_000, 300);
        await rig.LampAsync("a", 7, 100.1, 1_001, 301);
        Assert.True(await rig.Book.Registry.ReplaceDeviceAsync("a", "a2", "test", CancellationToken.None));
        await rig.LampAsync("a", 7.5, 100.15, 1_001.5, 301); // was on its way
        await rig.LampAsync("a2", 8, 0.03, 0.3, 1);
        await rig.LampAsync("a2", 9, 0.13, 1.3, 1);
        await rig.ReadAsync();

        Assert.Equal(150_000, Assert.Single(await rig.NightsAsync("a")).Sums.Energy);
        var after = Assert.Single(await rig.NightsAsync("a2")).Sums;
        Assert.Equal((130_000L, 4_680L, 1L), (after.Energy, after.Seconds, after.Switches));
    }

    [Fact]
    public async Task A_lamp_that_is_new_in_the_city_brings_no_energy_of_its_past()
    {
        await using var rig = await LedgerRig.OpenAsync();
        await rig.LampAsync("a", 6, 0.5, 2, 1);
        await rig.ReadAsync();
        Assert.Empty(await rig.NightsAsync("a"));
        Assert.Equal(long.MinValue, (await rig.Ledger.LoadCursorAsync(rig.Log.Id, Lane.Telemetry, CancellationToken.None))!.Since); // it has read the log from its very beginning
    }

    [Fact]
    public async Task Readings_allocate_nothing_once_warm()
    {
        await using var rig = await LedgerRig.OpenAsync();
        for (var minute = 0; minute < 300; minute++)
        {
            var lines = new StringBuilder();
            for (var lamp = 0; lamp < 20; lamp++)
            {
                lines.Append(System.Globalization.CultureInfo.InvariantCulture, $"streetlight,device=l{lamp} dim_percent=100,power_w={80 + (minute % 7)},voltage_v=230.5,current_a=0.36 {LedgerRig.At(7 + (minute / 60.0))}\n");
            }

            await rig.SayAsync(lines.ToString());
        }

        var reader = await rig.OpenReaderAsync();
        while (reader.Readings < 3_000 && reader.TakeNext(4_096))
        {
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        while (reader.Readings < 5_500 && reader.TakeNext(4_096))
        {
        }

        Assert.True(reader.Readings >= 5_500);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Another_log_is_read_from_its_beginning_and_nothing_is_counted_twice()
    {
        await using var rig = await LedgerRig.OpenAsync();
        await rig.LampAsync("a", 6, 1, 2, 1);
        await rig.LampAsync("a", 7, 1.1, 3, 1);
        await rig.ReadAsync();
        await rig.OtherLogAsync();
        await rig.LampAsync("a", 7, 1.1, 3, 1);
        await rig.LampAsync("a", 8, 1.3, 4, 1);
        await rig.ReadAsync();
        Assert.Equal(300_000, Assert.Single(await rig.NightsAsync("a")).Sums.Energy);
    }

    [Fact]
    public async Task Nights_and_months_older_than_what_is_kept_are_forgotten()
    {
        await using var rig = await LedgerRig.OpenAsync(new LedgerOptions { Nights = 3, Months = 1 });
        rig.Time.StepTo(LedgerRig.Noon.AddDays(5));
        for (var day = -40; day <= 5; day++)
        {
            await rig.LampAsync("a", (day * 24) + 5, 50 + day, 1_000 + day, 100);
            await rig.LampAsync("a", (day * 24) + 6, 50.1 + day, 1_000 + day, 100);
        }

        await rig.ReadAsync();
        Assert.Equal([1, 2, 3, 4], (await rig.NightsAsync("a")).Select(n => n.Day.Day));
        Assert.Equal([(2026 * 12) + 10, (2026 * 12) + 11], (await rig.MonthsAsync("a")).Select(m => m.Month));
    }

    [Fact]
    public async Task While_it_runs_figures_are_written_by_time_and_a_closed_log_ends_it()
    {
        await using var rig = await LedgerRig.OpenAsync(new LedgerOptions { MaximumBytes = 1 });
        var reader = await rig.OpenReaderAsync();
        using var stop = new CancellationTokenSource();
        var running = reader.RunAsync(stop.Token);
        await rig.LampAsync("a", 6, 1, 2, 1);
        await rig.LampAsync("a", 7, 1.1, 3, 1);
        var end = rig.Log[Lane.Telemetry].Committed;
        var watch = Stopwatch.StartNew();
        while (await rig.CursorAsync() < end)
        {
            Assert.True(watch.Elapsed < Patience, "nothing was written");
            await Task.Delay(10);
        }

        Assert.Equal(100_000, Assert.Single(await rig.NightsAsync("a")).Sums.Energy);
        await stop.CancelAsync();
        await running.WaitAsync(Patience);
    }

    [Fact]
    public async Task Killed_while_it_writes_it_goes_on_without_loss_and_without_counting_twice()
    {
        var rig = await LedgerRig.OpenAsync();
        await using var kept = rig;
        for (var hour = 0; hour < 400; hour++)
        {
            var lines = new StringBuilder();
            for (var lamp = 0; lamp < 20; lamp++)
            {
                lines.Append(LedgerRig.Line($"l{lamp}", hour, hour * 0.1, hour * 0.5, hour));
            }

            await rig.SayAsync(lines.ToString());
        }

        await rig.CloseAsync();
        var chance = new Random(4711);
        for (var round = 0; round < 5; round++)
        {
            await RunAndKillAsync(rig.Folder, chance.Next(1, 25));
        }

        await rig.ReopenAsync();
        var before = await rig.CursorAsync();
        Assert.InRange(before, 1, rig.Log[Lane.Telemetry].Committed - 1); // it was killed on the way, and had come somewhere
        await rig.ReadAsync();
        for (var lamp = 0; lamp < 20; lamp++)
        {
            var nights = await rig.NightsAsync($"l{lamp}");
            Assert.Equal((39_900_000, 399), (nights.Sum(n => n.Sums.Energy), nights.Sum(n => n.Sums.Switches)));
            Assert.Equal(39_900_000, (await rig.MonthsAsync($"l{lamp}")).Sum(m => m.Energy));
        }
    }

    /// <summary>Not a test: the process that is killed.</summary>
    [Fact(Explicit = true)]
    public async Task Child()
    {
        if (Environment.GetEnvironmentVariable(FolderName) is not { } folder)
        {
            return;
        }

        await using var pipe = new NamedPipeClientStream(".", Environment.GetEnvironmentVariable(PipeName)!, PipeDirection.InOut, PipeOptions.Asynchronous);
        await pipe.ConnectAsync(10_000);
        var written = new byte[] { 1 };
        var heard = new byte[1];
        var ahead = 0;
        var rig = await LedgerRig.OpenAsync(new LedgerOptions { AtOnce = 3 }, folder);
        var reader = await rig.OpenReaderAsync();
        while (reader.TakeNext(4096))
        {
            await reader.WriteMetersAsync(CancellationToken.None);
            await reader.WriteCursorAsync(CancellationToken.None);
            await pipe.WriteAsync(written);

            // It writes on while it is told to be killed, but not to the end of the log where nobody finds the time to kill it.
            if (++ahead > 3)
            {
                await pipe.ReadExactlyAsync(heard);
            }
        }
    }

    private static async Task RunAndKillAsync(string folder, int writes)
    {
        var name = "smartcity-" + Guid.NewGuid().ToString("N")[..12];
        await using var pipe = new NamedPipeServerStream(name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in new[] { "exec", Path.Combine(AppContext.BaseDirectory, "SmartCity.Ingest.Tests.dll"), "-explicit", "only", "-method", $"{typeof(LedgerReaderTests).FullName}.{nameof(Child)}" })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[FolderName] = folder;
        start.Environment[PipeName] = name;
        using var child = Process.Start(start)!;
        child.OutputDataReceived += (_, _) => { };
        child.ErrorDataReceived += (_, _) => { };
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            await pipe.WaitForConnectionAsync(patience.Token);
            var written = new byte[1];
            for (var i = 0; i < writes; i++)
            {
                await pipe.ReadExactlyAsync(written, patience.Token);
                await pipe.WriteAsync(written, patience.Token);
            }
        }
        finally
        {
            child.Kill(); // SIGKILL, in the middle of whatever write is under way
            await child.WaitForExitAsync();
        }
    }
}
