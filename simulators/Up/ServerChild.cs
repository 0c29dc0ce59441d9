using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.Simulators.Up;

/// <summary>The real server, as a process of its own.</summary>
internal sealed class ServerChild : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private readonly Process _process;

    private ServerChild(Process process) => _process = process;

    /// <summary>The ports that the server said it listens on, by name: http, mqtt, mqtts.</summary>
    public IReadOnlyDictionary<string, Uri> Addresses { get; private set; } = new Dictionary<string, Uri>(StringComparer.Ordinal);

    /// <summary>A link that signs an administrator in once.</summary>
    public string? Login { get; private set; }

    /// <summary>Completes when the server has ended.</summary>
    public Task Ended => _process.WaitForExitAsync(CancellationToken.None);

    /// <summary>Its exit code, once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Process id.</summary>
    public int Id => _process.Id;

    /// <summary>Starts <c>serve</c> and waits until it says that it is ready.</summary>
    /// <param name="program">The server.</param>
    /// <param name="arguments">Of <c>serve</c>; <c>--one-time-login</c> is among them.</param>
    /// <param name="log">File for what it says.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <param name="again">Whether the file goes on.</param>
    /// <exception cref="InvalidOperationException">It ended, or was not ready in time; its last words are in the log.</exception>
    public static async Task<ServerChild> StartAsync(string program, IEnumerable<string> arguments, string log, CancellationToken cancel, bool again = false)
    {
        var process = Start(program, ["serve", .. arguments]);
        var child = new ServerChild(process);
        var words = new StreamWriter(log, append: again) { AutoFlush = true };
        _ = DrainAsync(process.StandardError, words);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(StartLimit);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.StartsWith("ready ", StringComparison.Ordinal))
                {
                    child.Addresses = line.Split(' ').Skip(1).Select(a => a.Split('=', 2)).ToDictionary(a => a[0], a => new Uri(a[1]), StringComparer.Ordinal);
                }
                else if (line.StartsWith("login ", StringComparison.Ordinal))
                {
                    child.Login = line["login ".Length..];
                    _ = DrainAsync(process.StandardOutput, words);
                    return child;
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // told below
        }

        await child.DisposeAsync();
        throw new InvalidOperationException($"The server did not start. Its last words are in {log}:\n{Tail(log)}");
    }

    /// <summary>Runs one of the server's commands to its end and gives its output.</summary>
    /// <param name="program">The server.</param>
    /// <param name="arguments">The command.</param>
    /// <param name="cancel">Stops.</param>
    /// <param name="input">What it is told on standard input: secrets.</param>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it said.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancel, string? input = null)
    {
        using var process = Start(program, arguments);
        await process.StandardInput.WriteLineAsync(input.AsMemory(), cancel);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(cancel);
        var output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException((await errors).Trim());
    }

    /// <summary>The port if it is free, else 0: any.</summary>
    public static string FreePort(int wanted)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, wanted);
            probe.Start();
            return wanted.ToString(CultureInfo.InvariantCulture);
        }
        catch (SocketException)
        {
            Console.WriteLine(FormattableString.Invariant($"Port {wanted} is taken: another one is used, see below"));
            return "0";
        }
    }

    /// <summary>A port that is free now: the one wanted, or any.</summary>
    public static int Port(int wanted)
    {
        if (FreePort(wanted) != "0")
        {
            return wanted;
        }

        using var any = new TcpListener(IPAddress.Loopback, 0);
        any.Start();
        return ((IPEndPoint)any.LocalEndpoint).Port;
    }

    /// <summary>Asks the server to end, and ends it when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var ask = Process.Start(new ProcessStartInfo("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]));
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
    }

    private static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    private static async Task DrainAsync(StreamReader from, StreamWriter to)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (to)
            {
                to.WriteLine(line);
            }
        }
    }

    private static string Tail(string log)
    {
        using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return string.Join('\n', reader.ReadToEnd().Split('\n').TakeLast(10));
    }
}
