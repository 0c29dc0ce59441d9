using System.Diagnostics;
using System.Globalization;
using SmartCity.TestSupport;

namespace SmartCity.SystemTests.Support;

/// <summary>
/// The real server (<c>serve</c>) in a process of its own. It keeps its ports over <see cref="RestartAsync"/>, so that clients find it again.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    // Not a promise of speed: a machine that builds beside the tests starts a server slowly.
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(180);

    private readonly string[] _arguments;
    private readonly OutputLines _output = new();
    private readonly bool _ownsData;
    private Process? _process;

    private ServerProcess(string data, bool ownsData, string[] arguments)
    {
        Data = data;
        _ownsData = ownsData;
        _arguments = arguments;
    }

    /// <summary>The data folder.</summary>
    public string Data { get; }

    /// <summary>What it listens on, by name: http, mqtt, and https, mqtts if asked for.</summary>
    public IReadOnlyDictionary<string, Uri> Addresses { get; private set; } = new Dictionary<string, Uri>(StringComparer.Ordinal);

    /// <summary>Plain HTTP's address.</summary>
    public Uri Http => Addresses["http"];

    /// <summary>Plain MQTT's port.</summary>
    public int MqttPort => Addresses["mqtt"].Port;

    /// <summary>MQTT over TLS (only when started with <c>--mqtts</c>).</summary>
    public int MqttsPort => Addresses["mqtts"].Port;

    /// <summary>A client of <see cref="Http"/>; good over restarts.</summary>
    public HttpClient Client { get; private set; } = new();

    /// <summary>All that it wrote to stdout and stderr, over all its lives.</summary>
    public string Log => _output.Text;

    /// <summary>Whether a process is there.</summary>
    public bool Running => _process is { HasExited: false };

    /// <summary>Process id.</summary>
    public int Id => _process?.Id ?? throw new InvalidOperationException("The server is not running.");

    /// <summary>Resident memory in bytes, as the kernel counts it.</summary>
    public long ResidentBytes => long.Parse(
        File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) * 1024;

    /// <summary>Starts on a new data folder that goes with the server, and free ports for HTTP and MQTT.</summary>
    /// <param name="arguments">Further arguments of <c>serve</c>: <c>--open</c>, <c>--influx</c>, <c>--set key=value</c> …; <c>--https 0</c> and <c>--mqtts 0</c> for TLS.</param>
    public static Task<ServerProcess> StartAsync(params string[] arguments) =>
        StartAsync(Directory.CreateTempSubdirectory("smartcity-sys-").FullName, ownsData: true, arguments);

    /// <summary>The same on a folder of the caller's.</summary>
    public static Task<ServerProcess> StartInAsync(string data, params string[] arguments) => StartAsync(data, ownsData: false, arguments);

    /// <summary>Runs one of the program's other commands on a data folder (<c>gateway code</c>, <c>user add</c> …) to its end.</summary>
    /// <returns>Exit code and what it wrote.</returns>
    public static async Task<(int ExitCode, string Output, string Errors)> CommandAsync(string? input, params string[] arguments)
    {
        using var process = Process.Start(Describe(arguments)) ?? throw new InvalidOperationException("dotnet did not start.");
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }

        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(CommandLimit);
            await process.WaitForExitAsync().WaitAsync(CommandLimit);
            return (process.ExitCode, output, await errors.WaitAsync(CommandLimit));
        }
        catch (TimeoutException e)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"'{string.Join(' ', arguments)}' did not end within {CommandLimit}.", e);
        }
    }

    /// <summary><c>kill -9</c>, and waits until the kernel has let go of the process.</summary>
    public void KillHard()
    {
        var process = _process ?? throw new InvalidOperationException("The server is not running.");
        _process = null;
        process.Kill();                                     // SIGKILL
        Assert.True(process.WaitForExit(StopLimit), "a killed server is still there");
        process.Dispose();
    }

    /// <summary>Starts again on the same data folder and the same ports.</summary>
    public async Task RestartAsync()
    {
        if (Running)
        {
            throw new InvalidOperationException("The server is running.");
        }

        await LaunchAsync();
    }

    /// <summary>Starts again, and kills it so much later, ready or not.</summary>
    public async Task RestartAndKillAsync(TimeSpan after)
    {
        using var process = Launch();
        await Task.Delay(after);
        if (process.HasExited)
        {
            throw new InvalidOperationException($"The server ended by itself while it started, with {process.ExitCode}:\n{Log}");
        }

        process.Kill();
        await process.WaitForExitAsync().WaitAsync(StopLimit);
    }

    /// <summary>Asks it to end (SIGTERM) and gives its exit code.</summary>
    public async Task<int> StopAsync()
    {
        var process = _process ?? throw new InvalidOperationException("The server is not running.");
        _process = null;
        using (process)
        {
            using var ask = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException e)
            {
                process.Kill();
                await process.WaitForExitAsync().WaitAsync(StopLimit);
                throw new InvalidOperationException($"The server did not end within {StopLimit}.\n{Log}", e);
            }

            return process.ExitCode;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            KillHard();
        }

        Client.Dispose();
        if (_ownsData)
        {
            Directory.Delete(Data, recursive: true);
        }

        await ValueTask.CompletedTask;
    }

    private static async Task<ServerProcess> StartAsync(string data, bool ownsData, string[] arguments)
    {
        // Ports asked for as 0 are chosen here, so that they can be the same after a kill.
        var given = arguments.ToList();
        foreach (var name in (string[])["--http", "--mqtt"])
        {
            if (!given.Contains(name))
            {
                given.AddRange([name, "0"]);
            }
        }

        for (var i = 1; i < given.Count; i++)
        {
            if (given[i] == "0" && given[i - 1] is ("--http" or "--mqtt" or "--https" or "--mqtts"))
            {
                given[i] = Ports.Free().ToString(CultureInfo.InvariantCulture);
            }
        }

        var server = new ServerProcess(data, ownsData, ["serve", "--data", data, .. given]);
        try
        {
            await server.LaunchAsync();
            server.Client = new HttpClient { BaseAddress = server.Http, Timeout = TimeSpan.FromMinutes(1) };
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private static ProcessStartInfo Describe(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(Repository.IngestDll);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private Process Launch(TaskCompletionSource<string>? ready = null)
    {
        var process = Process.Start(Describe(_arguments)) ?? throw new InvalidOperationException("dotnet did not start.");
        process.OutputDataReceived += (_, e) =>
        {
            _output.Add(e.Data);
            if (e.Data?.StartsWith("ready ", StringComparison.Ordinal) == true)
            {
                ready?.TrySetResult(e.Data);
            }
        };
        process.ErrorDataReceived += (_, e) => _output.Add(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task LaunchAsync()
    {
        var ready = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = _process = Launch(ready);
        using var limit = new CancellationTokenSource(StartLimit);
        var ended = process.WaitForExitAsync(limit.Token);
        if (await Task.WhenAny(ready.Task, ended) != ready.Task)
        {
            throw new InvalidOperationException($"The server was not ready ({(process.HasExited ? $"exit code {process.ExitCode}" : "in time")}):\n{Log}");
        }

        Addresses = (await ready.Task).Split(' ').Skip(1).Select(a => a.Split('=', 2)).ToDictionary(a => a[0], a => new Uri(a[1]), StringComparer.Ordinal);
    }
}
