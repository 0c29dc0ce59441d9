using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>Kills a process that commits, at moments of chance, and looks at what it left.</summary>
public sealed class CrashTests
{
    private const string FileName = "SMARTCITY_CRASH_FILE";
    private const string PipeName = "SMARTCITY_CRASH_PIPE";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Killed_while_it_commits_a_book_holds_every_acknowledged_transition_once()
    {
        await using var rig = await BookRig.OpenAsync();
        await rig.Book.DisposeAsync();
        var chance = new Random(4711);
        long acknowledged = 0;
        for (var round = 0; round < 5; round++)
        {
            acknowledged = Math.Max(acknowledged, await RunAndKillAsync(rig.File, chance.Next(5, 60)));
            await using var book = await rig.AgainAsync();
            var load = await book.LoadAsync(Lane.Alarm, CancellationToken.None);
            var cursor = load.Cursor!.Value.Position;
            Assert.True(cursor >= acknowledged, $"acknowledged {acknowledged}, book at {cursor}");

            // State and cursor of one commit come together: the counter in the grain is the cursor.
            Assert.Equal(cursor, BitConverter.ToInt64(Assert.Single(load.Snapshots).State.Span));
            var rows = await book.Store.ReadAsync(
                sql => sql.Query("SELECT seq, alert, cause FROM transitions ORDER BY seq", r => (Seq: r.GetInt64(0), Alert: r.GetString(1), Cause: r.GetString(2))),
                CancellationToken.None);
            Assert.Equal(Enumerable.Range(1, (int)cursor).Select(n => Cause(n)), rows.Select(r => r.Cause));
            Assert.Equal(Enumerable.Range(1, rows.Count).Select(n => (long)n), rows.Select(r => r.Seq));
        }
    }

    /// <summary>Not a test: the process that is killed.</summary>
    [Fact(Explicit = true)]
    public async Task Child()
    {
        var file = Environment.GetEnvironmentVariable(FileName);
        if (file is null)
        {
            return;
        }

        await using var pipe = new NamedPipeClientStream(".", Environment.GetEnvironmentVariable(PipeName)!, PipeDirection.Out);
        await pipe.ConnectAsync(10_000);
        await using var said = new StreamWriter(pipe) { AutoFlush = true };
        await using var book = await CityBook.OpenAsync(TestBook.At(file), TimeProvider.System, _ => true);
        var done = (await book.LoadAsync(Lane.Alarm, CancellationToken.None)).Cursor?.Position ?? 0;

        // As a reader that starts again does: from a little before, saying some transitions twice.
        for (var n = Math.Max(1, done - 5); n < 100_000; n++)
        {
            var changes = new List<AlertChange>();
            for (var again = Math.Max(1, n - 2); again <= n; again++)
            {
                changes.Add(BookRig.Change(
                    "a" + (again % 7).ToString(CultureInfo.InvariantCulture), Cause((int)again), again <= 7 ? AlertChangeKind.Raised : AlertChangeKind.Updated));
            }

            var position = Math.Max(n, done);
            await book.CommitAsync(
                new(Lane.Alarm, new LogCursor(BookRig.Log, Lane.Alarm, position), changes, [new("device/x", position, BitConverter.GetBytes(position))]),
                CancellationToken.None);
            await said.WriteLineAsync(position.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static string Cause(int n) => "c" + n.ToString(CultureInfo.InvariantCulture);

    private static async Task<long> RunAndKillAsync(string file, int commits)
    {
        var name = "smartcity-" + Guid.NewGuid().ToString("N")[..12];
        await using var pipe = new NamedPipeServerStream(name, PipeDirection.In, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "SmartCity.Ingest.Tests.dll"));
        start.ArgumentList.Add("-explicit");
        start.ArgumentList.Add("only");
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(CrashTests).FullName}.{nameof(Child)}");
        start.Environment[FileName] = file;
        start.Environment[PipeName] = name;
        using var child = Process.Start(start)!;
        child.OutputDataReceived += (_, _) => { };
        child.ErrorDataReceived += (_, _) => { };
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        long last = 0;
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            await pipe.WaitForConnectionAsync(patience.Token);
            using var heard = new StreamReader(pipe);
            for (var i = 0; i < commits; i++)
            {
                last = long.Parse((await heard.ReadLineAsync(patience.Token))!, CultureInfo.InvariantCulture);
            }

            child.Kill(); // SIGKILL, in the middle of whatever commit is under way
            while (await heard.ReadLineAsync(patience.Token) is { } line && long.TryParse(line, CultureInfo.InvariantCulture, out var more))
            {
                last = more;
            }
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync();
        }

        return last;
    }
}
