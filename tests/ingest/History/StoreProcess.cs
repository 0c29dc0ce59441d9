using System.Diagnostics;
using System.Text.Json;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.History;

/// <summary>A real store's program on a free loopback port with a folder of its own; killed by its process handle.</summary>
internal abstract class StoreProcess(string program, string package) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<string> _output = [];
    private readonly List<string> _torn = [];
    private Process? _process;

    /// <summary>What it said of its own files being damaged.</summary>
    public IReadOnlyList<string> Torn
    {
        get
        {
            lock (_output)
            {
                return [.. _torn];
            }
        }
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("smartcity-store-").FullName;

    public int Port { get; private set; }

    /// <summary>Address of this machine that it listens on.</summary>
    public string Host { get; init; } = "127.0.0.1";

    public Uri Url => new($"http://{Host}:{Port}");

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    protected abstract string ReadyPath { get; }

    public async Task StartAsync()
    {
        var file = (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin").Split(':').Append("/usr/bin").Append("/usr/sbin")
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        Assert.True(file is not null, $"{program} is not installed; run: apt-get install -y {package}");
        Port = Port == 0 ? Ports.Free() : Port;
        var start = new ProcessStartInfo(file!) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        Arrange(start);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await ReadyAsync();
    }

    /// <summary>As <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    /// <summary>As a person stops it (SIGTERM); gone when this returns.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            using (var ask = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            {
                await ask.WaitForExitAsync();
            }

            await process.WaitForExitAsync().WaitAsync(Patience);
            process.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Client.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    protected abstract void Arrange(ProcessStartInfo start);

    private void Keep(object sender, DataReceivedEventArgs e)
    {
        lock (_output)
        {
            if (e.Data is not null && _output.Count < 1000)
            {
                _output.Add(e.Data);
            }

            if (e.Data?.Contains("corrupt", StringComparison.OrdinalIgnoreCase) == true && _torn.Count < 100)
            {
                _torn.Add(e.Data);
            }
        }
    }

    private async Task ReadyAsync()
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Patience && !_process!.HasExited)
        {
            try
            {
                using var answer = await Client.GetAsync(new Uri(Url, ReadyPath));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // not yet
            }

            await Task.Delay(20);
        }

        lock (_output)
        {
            Assert.Fail($"{program} did not start:\n{string.Join('\n', _output)}");
        }
    }
}

/// <summary>Debian's InfluxDB 1.6.7.</summary>
internal sealed class InfluxProcess() : StoreProcess("influxd", "influxdb")
{
    private int _rpcPort;

    protected override string ReadyPath => "/ping";

    public async Task<string> CreateDatabaseAsync()
    {
        var name = "t" + Guid.NewGuid().ToString("N");
        await QueryAsync(null, $"CREATE DATABASE {name}");
        return name;
    }

    public async Task<string> QueryAsync(string? database, string statement)
    {
        using var form = new FormUrlEncodedContent([new("q", statement), new("db", database ?? ""), new("epoch", "ns")]);
        using var answer = await Client.PostAsync(new Uri(Url, "/query"), form);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode && !text.Contains("\"error\"", StringComparison.Ordinal), text);
        return text;
    }

    protected override void Arrange(ProcessStartInfo start)
    {
        _rpcPort = _rpcPort == 0 ? Ports.Free() : _rpcPort;
        var config = Path.Combine(Folder, "influxdb.conf");
        File.WriteAllText(config, $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:{_rpcPort}"
            [meta]
              dir = "{Folder}/meta"
            [data]
              dir = "{Folder}/data"
              wal-dir = "{Folder}/wal"
              query-log-enabled = false
            [monitor]
              store-enabled = false
            [http]
              bind-address = "{Host}:{Port}"
              log-enabled = false
            """);
        start.ArgumentList.Add("run");
        start.ArgumentList.Add("-config");
        start.ArgumentList.Add(config);
    }
}

/// <summary>Debian's VictoriaMetrics: numbers and milliseconds behind the v2 write API.</summary>
internal sealed class VictoriaProcess() : StoreProcess("victoria-metrics", "victoria-metrics")
{
    protected override string ReadyPath => "/health";

    /// <summary>Every series as JSON, one a line; the store is told to make what it was given searchable first.</summary>
    /// <summary>Every series that matches, once there are so many samples in them: the store shows what it has acknowledged some time later, on a busy machine seconds.</summary>
    public async Task<string[]> ExportAsync(string match, long samples = 0)
    {
        for (var again = 0; ; again++)
        {
            using var flush = await Client.GetAsync(new Uri(Url, "/internal/force_flush"));
            flush.EnsureSuccessStatusCode();
            var text = await Client.GetStringAsync(new Uri(Url, "/api/v1/export?match=" + Uri.EscapeDataString(match)));
            var series = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (again == 40 || series.Sum(one => (long)JsonDocument.Parse(one).RootElement.GetProperty("timestamps").GetArrayLength()) >= samples)
            {
                return series;
            }

            await Task.Delay(500);
        }
    }

    protected override void Arrange(ProcessStartInfo start)
    {
        start.ArgumentList.Add($"-storageDataPath={Folder}/data");
        start.ArgumentList.Add($"-httpListenAddr=127.0.0.1:{Port}");
        start.ArgumentList.Add("-dedup.minScrapeInterval=1ms");
        start.ArgumentList.Add("-retentionPeriod=100y");
    }
}

/// <summary>One of each for all tests; they start when first asked for.</summary>
public sealed class RealStores : IAsyncLifetime
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private InfluxProcess? _influx;
    private VictoriaProcess? _victoria;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await (_influx?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_victoria?.DisposeAsync() ?? ValueTask.CompletedTask);
        _gate.Dispose();
    }

    internal Task<InfluxProcess> InfluxAsync() => StartedAsync(() => _influx, p => _influx = p);

    internal Task<VictoriaProcess> VictoriaAsync() => StartedAsync(() => _victoria, p => _victoria = p);

    private async Task<T> StartedAsync<T>(Func<T?> get, Action<T> set)
        where T : StoreProcess, new()
    {
        await _gate.WaitAsync();
        try
        {
            if (get() is { } running)
            {
                return running;
            }

            var process = new T();
            set(process);
            await process.StartAsync();
            return process;
        }
        finally
        {
            _gate.Release();
        }
    }
}

/// <summary>Tests that share the real stores run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class RealStoresCollection : ICollectionFixture<RealStores>
{
    public const string Name = "real stores";
}
