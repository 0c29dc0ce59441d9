using System.Diagnostics;
using System.Globalization;
using SmartCity.Edge;

namespace SmartCity.Simulators.Sweep;

/// <summary>The server under test, in a process of its own, and what it says of itself.</summary>
internal sealed class SweepServer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMinutes(4);

    private const int MostWords = 40;

    private readonly Process _process;
    private readonly Queue<string> _words = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private IReadOnlyDictionary<string, Uri> _addresses = new Dictionary<string, Uri>(StringComparer.Ordinal);

    private SweepServer(Process process) => _process = process;

    /// <summary>Time from its start to its ready line.</summary>
    public TimeSpan Start { get; private set; }

    /// <summary>HTTP.</summary>
    public Uri Http => _addresses["http"];

    /// <summary>Its last lines on standard error.</summary>
    public string Words
    {
        get
        {
            lock (_words)
            {
                return string.Join('\n', _words);
            }
        }
    }

    /// <summary>Processor time so far, kernel included.</summary>
    public TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Resident bytes.</summary>
    public long Resident
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Where gateways connect.</summary>
    public ServerEndpoint Mqtt(bool tls) => ServerEndpoint.Parse(_addresses[tls ? "mqtts" : "mqtt"].ToString().TrimEnd('/'));

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended, or was not ready in time.</exception>
    public static async Task<SweepServer> StartAsync(string program, string data, CancellationToken stop, params string[] arguments)
    {
        var watch = Stopwatch.GetTimestamp();
        var process = Launch(program, ["serve", "--data", data, "--http", "0", "--mqtt", "0", "--mqtts", "0", "--open", .. arguments]);
        var server = new SweepServer(process);
        process.ErrorDataReceived += server.Hear;
        process.BeginErrorReadLine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(StartLimit);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.StartsWith("ready ", StringComparison.Ordinal))
                {
                    server.Start = Stopwatch.GetElapsedTime(watch);
                    server._addresses = line.Split(' ').Skip(1).Select(a => a.Split('=', 2)).ToDictionary(a => a[0], a => new Uri(a[1]), StringComparer.Ordinal);
                    return server;
                }
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // told below
        }

        await server.DisposeAsync();
        throw new InvalidOperationException("the server did not start:\n" + server.Words);
    }

    /// <summary>Runs one of the server's commands to its end; gives what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<string> CommandAsync(string program, CancellationToken stop, params string[] arguments)
    {
        using var process = Launch(program, arguments);
        var errors = process.StandardError.ReadToEndAsync(stop);
        var output = await process.StandardOutput.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException((await errors).Trim());
    }

    /// <summary>Looks at /metrics.</summary>
    public async Task<SweepFigures> LookAsync(CancellationToken stop) => SweepFigures.Parse(await _http.GetStringAsync(new Uri(Http, "/metrics"), stop));

    /// <summary>Waits until every reader has caught up: a rate that they cannot follow is not a rate of the server.</summary>
    /// <returns>The figures then, how many looks it took, and when it was so (the middle between the last two looks, as a stamp).</returns>
    public async Task<(SweepFigures Figures, int Looks, long At)> SettleAsync(CancellationToken stop)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var looks = 1; ; looks++)
        {
            var figures = await LookAsync(stop);
            var now = Stopwatch.GetTimestamp();
            if (figures["reader_lag_bytes"] == 0)
            {
                return (figures, looks, now);
            }

            if (Stopwatch.GetElapsedTime(begun) > SettleLimit)
            {
                throw new InvalidOperationException("the readers have not caught up within four minutes");
            }

            await Task.Delay(250, stop);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            using var ask = Process.Start(new ProcessStartInfo("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]));
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
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

    private void Hear(object sender, DataReceivedEventArgs line)
    {
        lock (_words)
        {
            if (line.Data is not null)
            {
                _words.Enqueue(line.Data);
            }

            while (_words.Count > MostWords)
            {
                _words.Dequeue();
            }
        }
    }

    private static Process Launch(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }
}

/// <summary>The figures of one look at /metrics.</summary>
internal sealed class SweepFigures
{
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);

    /// <summary>A figure, summed over its labels; 0 where the server has none of that name.</summary>
    public double this[string name] => Of(name, "");

    /// <summary>A figure, summed over those of its labels that hold a text.</summary>
    public double Of(string name, string label) =>
        _values.Where(v => (v.Key == "smartcity_" + name || v.Key.StartsWith($"smartcity_{name}{{", StringComparison.Ordinal)) && v.Key.Contains(label, StringComparison.Ordinal)).Sum(v => v.Value);

    /// <summary>Reads the Prometheus text format.</summary>
    public static SweepFigures Parse(string text)
    {
        var figures = new SweepFigures();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var space = line.LastIndexOf(' ');
            if (line[0] != '#' && space > 0 && double.TryParse(line.AsSpan(space + 1), CultureInfo.InvariantCulture, out var value))
            {
                figures._values[line[..space]] = value;
            }
        }

        return figures;
    }
}
