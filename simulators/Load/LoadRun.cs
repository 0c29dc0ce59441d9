using System.Text.Json;
using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Load;

/// <summary>One run of the load generator.</summary>
internal sealed class LoadRun
{
    private readonly LoadOptions _options;
    private readonly TimeProvider _time;
    private readonly List<LoadSequence> _sequences = [];
    private readonly LoadTransport _transport;

    private LoadRun(LoadOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _transport = new LoadTransport(options.Server, options.Certificates, options.ServerOf);
    }

    /// <summary>Makes the load and reports; writes the ledger when one is asked for.</summary>
    /// <param name="options">What load.</param>
    /// <param name="time">Clock of schedule and stamps.</param>
    /// <param name="stop">Ends new publishes early; what is under way is still awaited.</param>
    /// <exception cref="ArgumentException">An option makes no sense; the message says which.</exception>
    public static async Task<LoadReport> ExecuteAsync(LoadOptions options, TimeProvider time, CancellationToken stop)
    {
        var run = new LoadRun(options, time);
        run.Prepare();
        return await run.RunAsync(stop);
    }

    // What TLS does is the runtime's streams' business; everything else goes over one thread.
    private bool OneThread => OperatingSystem.IsLinux() && !_options.Server.Tls;

    private void Prepare()
    {
        var kind = LoadKind.Of(_options.Kind);
        var rows = LoadReadings.Rows(kind, _options.Json);
        var start = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var shared = new Histogram();
        foreach (var (client, devices) in Clients())
        {
            var readings = new LoadReadings(_options.Kind, devices, rows, start, _options.Step.Ticks * 100, _options.Json);
            _sequences.Add(new LoadSequence(_options, client, readings, OneThread ? shared : new Histogram(), _time.TimestampFrequency));
        }
    }

    private IEnumerable<(string Client, IReadOnlyList<string> Devices)> Clients()
    {
        if (_options.Clients is { } given)
        {
            return given;
        }

        if (_options.Registry is null)
        {
            return Enumerable.Range(1, _options.Connections).Select(c =>
            {
                var client = $"{_options.Prefix}-{c:0000}";
                return (client, (IReadOnlyList<string>)[.. Enumerable.Range(1, _options.DevicesPerConnection).Select(d => $"{client}-{d:00}")]);
            });
        }

        var byGateway = RegistryFile.DevicesByGateway(_options.Registry, _options.Kind)
            .Where(g => g.Devices.Count > 0).Take(_options.Connections).ToList();
        return byGateway.Count == _options.Connections
            ? byGateway
            : throw new ArgumentException(
                $"--connections {_options.Connections}: the registry has {byGateway.Count} gateways with devices of kind {_options.Kind}");
    }

    private async Task<LoadReport> RunAsync(CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(_options.Duration + _options.Drain, _time);
        using var early = stop.Register(() => deadline.CancelAfter(_options.Drain));
        var begun = _time.GetTimestamp();
        using var gate = new LoadEnd(stop, _time);
        void Begin()
        {
            begun = _time.GetTimestamp();
            gate.Set(begun + (long)(_options.Duration.TotalSeconds * _time.TimestampFrequency));

            // Each connection's schedule is shifted so that together they publish evenly, not all at the same instant.
            var spread = _options.PublishesPerSecond > 0 ? _time.TimestampFrequency / _options.PublishesPerSecond : 0;
            for (var i = 0; i < _sequences.Count; i++)
            {
                _sequences[i].Begin(begun + (long)(i * spread));
            }
        }

        if (!_options.ConnectFirst)
        {
            Begin();
        }

        var start = new LoadStart(_sequences.Count, _options.ConnectFirst, Begin);
        var processor = Environment.CpuUsage.TotalTime;
        if (OneThread)
        {
            using var loop = new LoadLoop(_options, _transport, _sequences, start, _time);
            await Task.Factory.StartNew(() => loop.Run(gate, deadline.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        else
        {
            await Task.WhenAll(_sequences.Select(s => Task.Run(
                () => new LoadConnection(_options, _transport, s, start, _time).RunAsync(gate, deadline.Token), CancellationToken.None)));
        }

        var report = LoadReport.Of(_options, _sequences, begun, Environment.CpuUsage.TotalTime - processor, _time);
        if (_options.Ledger is not null)
        {
            await WriteLedgerAsync(_options.Ledger, report);
        }

        return report;
    }

    private async Task WriteLedgerAsync(string path, LoadReport report)
    {
        await using var file = File.Create(path);
        await JsonSerializer.SerializeAsync(
            file,
            new LoadLedger(_options.Kind, LoadKind.Of(_options.Kind)[0].Name, report, [.. _sequences.SelectMany(c => c.Ledger())]),
            LoadJson.Default.LoadLedger);
    }
}

/// <summary>When the making of new publishes ends: at a stamp, or earlier when told to.</summary>
internal sealed class LoadEnd : IDisposable
{
    private readonly CancellationTokenRegistration _early;
    private readonly CancellationToken _stop;
    private readonly TimeProvider _time;
    private long _stamp = long.MaxValue;

    /// <summary>Ends at the moment of <paramref name="stop"/>, if not earlier.</summary>
    public LoadEnd(CancellationToken stop, TimeProvider time)
    {
        _stop = stop;
        _time = time;
        _early = stop.Register(() => Set(long.MaxValue));
    }

    /// <summary>Stamp from which on nothing new is due.</summary>
    public long Stamp => Volatile.Read(ref _stamp);

    /// <summary>Ends at <paramref name="stamp"/>; told to stop already, or by now, at once.</summary>
    public void Set(long stamp) =>
        Volatile.Write(ref _stamp, Math.Min(Math.Min(stamp, Stamp), _stop.IsCancellationRequested ? _time.GetTimestamp() : long.MaxValue));

    /// <inheritdoc/>
    public void Dispose() => _early.Dispose();
}
