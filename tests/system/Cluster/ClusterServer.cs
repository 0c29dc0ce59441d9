using System.Diagnostics;
using System.Globalization;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Cluster;

/// <summary>How and where a server of the city runs.</summary>
/// <param name="Name">Its name in the cluster.</param>
/// <param name="Data">Its folder.</param>
/// <param name="Into">Words that put a command on its machine.</param>
/// <param name="Environment">Settings in its environment; a <c>%launch%</c> in them is the number of the start.</param>
/// <param name="Arguments">Of <c>serve</c>.</param>
internal sealed record ServerPlan(
    string Name, string Data, IReadOnlyList<string> Into, IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> Arguments);

/// <summary>A server that ended though nobody had asked it to.</summary>
internal sealed record OwnEnd(string Server, int ExitCode, string Words);

/// <summary>
/// One server of two, with a supervisor as systemd is one: when its process ends by itself it is started again. Killed, stopped and woken by its process id.
/// </summary>
internal sealed class ClusterServer(ServerPlan plan) : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan RestartPause = TimeSpan.FromMilliseconds(300);

    private readonly Lock _gate = new();
    private readonly OutputLines _output = new();
    private readonly List<OwnEnd> _ends = [];
    private TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _process;
    private bool _wanted;
    private int _launch;

    /// <summary>Name in the cluster.</summary>
    public string Name => plan.Name;

    /// <summary>Data folder.</summary>
    public string Data => plan.Data;

    /// <summary>Number of the last start.</summary>
    public int Launches => Volatile.Read(ref _launch);

    /// <summary>All that it wrote.</summary>
    public string Log => _output.Text;

    /// <summary>Ends by itself so far.</summary>
    public IReadOnlyList<OwnEnd> Ends
    {
        get
        {
            lock (_gate)
            {
                return [.. _ends];
            }
        }
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        lock (_gate)
        {
            _wanted = true;
            Launch();
        }

        await ReadyAsync();
    }

    /// <summary>Waits until the present process, or one that its supervisor started after it, says that it is ready.</summary>
    public async Task ReadyAsync(TimeSpan? limit = null)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            Task ready;
            lock (_gate)
            {
                ready = _ready.Task;
            }

            await Task.WhenAny(ready, Task.Delay(100));
            if (ready.IsCompletedSuccessfully)
            {
                return;
            }

            if (watch.Elapsed > (limit ?? StartLimit))
            {
                Assert.Fail($"{Name} was not ready within {limit ?? StartLimit}:\n{Tail()}");
            }
        }
    }

    /// <summary><c>kill -9</c>, also of one that is stopped; gone when this returns.</summary>
    public void Kill()
    {
        Process? process;
        lock (_gate)
        {
            _wanted = false;
            process = _process;
            _process = null;
            _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (process is not null)
        {
            process.Kill();
            Assert.True(process.WaitForExit(StartLimit), "a killed server is still there");
            process.Dispose();
        }
    }

    /// <summary>SIGTERM, and its exit code.</summary>
    public async Task<int> StopAsync()
    {
        Process process;
        lock (_gate)
        {
            _wanted = false;
            process = _process!;
            _process = null;
            _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        using (process)
        {
            Signal("TERM", process.Id);
            await process.WaitForExitAsync().WaitAsync(StartLimit);
            return process.ExitCode;
        }
    }

    /// <summary>SIGSTOP: it stands still, in the middle of whatever it does.</summary>
    public void Pause() => Signal("STOP", Id());

    /// <summary>SIGCONT.</summary>
    public void Wake() => Signal("CONT", Id());

    /// <summary>The last lines it wrote.</summary>
    public string Tail(int lines = 60) => string.Join('\n', Log.Split('\n').TakeLast(lines));

    public ValueTask DisposeAsync()
    {
        Kill();
        return ValueTask.CompletedTask;
    }

    private static void Signal(string name, int id)
    {
        using var kill = Process.Start("kill", ["-" + name, id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private int Id()
    {
        lock (_gate)
        {
            return _process?.Id ?? throw new InvalidOperationException($"{Name} is not running.");
        }
    }

    // Under the gate.
    private void Launch()
    {
        var launch = ++_launch;
        var start = ClusterProgram.Describe(plan.Into, ["serve", "--data", plan.Data, .. plan.Arguments]);
        foreach (var (key, value) in plan.Environment)
        {
            start.Environment[key] = value.Replace("%launch%", launch.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        }

        var ready = _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _output.Add(string.Create(CultureInfo.InvariantCulture, $"--- {plan.Name}.{launch} {DateTime.UtcNow:HH:mm:ss.fff}"));
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, e) => Hear(e.Data, ready);
        process.ErrorDataReceived += (_, e) => Hear(e.Data, null);
        process.Exited += (_, _) => _ = Task.Run(() => EndedAsync(process));
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
    }

    private void Hear(string? line, TaskCompletionSource? ready)
    {
        _output.Add(line is null ? null : string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {line}"));
        if (line?.StartsWith("ready ", StringComparison.Ordinal) == true)
        {
            ready?.TrySetResult();
        }
    }

    // The supervisor.
    private async Task EndedAsync(Process process)
    {
        lock (_gate)
        {
            if (_process != process)
            {
                return;
            }

            _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await process.WaitForExitAsync(); // and its last words
        lock (_gate)
        {
            // What it said last on its own account: the closing of its connections may come behind.
            var said = Log.Split('\n');
            said = said[(Array.FindLastIndex(said, l => l.StartsWith("--- ", StringComparison.Ordinal)) + 1)..];
            _ends.Add(new OwnEnd(Name, process.ExitCode, Array.FindLast(said, l => l.Contains("superseded", StringComparison.OrdinalIgnoreCase)) ?? string.Join('\n', said.TakeLast(4))));
        }

        await Task.Delay(RestartPause);
        lock (_gate)
        {
            if (_wanted && _process == process)
            {
                Launch();
            }
        }
    }
}

/// <summary>The server's program, of whatever flavour <c>SMARTCITY_CHAOS_SERVER</c> names (path of its .dll); without it the one that was built beside the tests.</summary>
internal static class ClusterProgram
{
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(120);

    /// <summary>Path of the program.</summary>
    public static string Dll => Environment.GetEnvironmentVariable("SMARTCITY_CHAOS_SERVER") is { Length: > 0 } path ? Path.GetFullPath(path) : Repository.IngestDll;

    /// <summary>How it is started with these arguments.</summary>
    public static ProcessStartInfo Describe(IReadOnlyList<string> into, IReadOnlyList<string> arguments)
    {
        string[] words = [.. into, "dotnet", Dll, .. arguments];
        var start = new ProcessStartInfo(words[0])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var word in words.Skip(1))
        {
            start.ArgumentList.Add(word);
        }

        return start;
    }

    /// <summary>Runs one of its other commands; what it printed.</summary>
    public static async Task<string> RunAsync(IReadOnlyDictionary<string, string> environment, string? input, params string[] arguments)
    {
        var start = Describe([], arguments);
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        using var process = Process.Start(start)!;
        if (input is not null)
        {
            await process.StandardInput.WriteLineAsync(input);
        }

        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(CommandLimit);
        await process.WaitForExitAsync().WaitAsync(CommandLimit);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}{output}");
        return output;
    }
}
