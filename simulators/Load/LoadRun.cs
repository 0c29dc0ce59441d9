using System.Text.Json;
using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Load;

/// <summary>One run of the load generator.</summary>
internal sealed class LoadRun
{
    private readonly LoadOptions _options;
    private readonly TimeProvider _time;
    private readonly List<LoadConnection> _connections = [];

    private LoadRun(LoadOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
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

    private void Prepare()
    {
        var kind = LoadKind.Of(_options.Kind);
        var rows = LoadReadings.Rows(kind, _options.Json);
        var start = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var transport = new LoadTransport(_options.Server, _options.Certificates);
        foreach (var (client, devices) in Clients())
        {
            var readings = new LoadReadings(_options.Kind, devices, rows, start, _options.Step.Ticks * 100, _options.Json);
            _connections.Add(new LoadConnection(_options, transport, client, readings, _time));
        }
    }

    private IEnumerable<(string Client, IReadOnlyList<string> Devices)> Clients()
    {
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
        var start = _time.GetTimestamp();
        var end = start + (long)(_options.Duration.TotalSeconds * _time.TimestampFrequency);
        var spread = _options.PublishesPerSecond > 0 ? _time.TimestampFrequency / _options.PublishesPerSecond : 0;
        using var gate = new LoadEnd(end, stop, _time);

        // Each connection's schedule is shifted so that together they publish evenly, not all at the same instant.
        await Task.WhenAll(_connections.Select((c, i) => Task.Run(() => c.RunAsync(start + (long)(i * spread), gate, deadline.Token), CancellationToken.None)));

        var report = LoadReport.Of(_options, _connections, start, _time);
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
            new LoadLedger(_options.Kind, LoadKind.Of(_options.Kind)[0].Name, report, [.. _connections.SelectMany(c => c.Ledger())]),
            LoadJson.Default.LoadLedger);
    }
}

/// <summary>When the making of new publishes ends: at a stamp, or earlier when told to.</summary>
internal sealed class LoadEnd : IDisposable
{
    private readonly CancellationTokenRegistration _early;
    private long _stamp;

    /// <summary>Ends at <paramref name="stamp"/>, or at the moment of <paramref name="stop"/>.</summary>
    public LoadEnd(long stamp, CancellationToken stop, TimeProvider time)
    {
        _stamp = stamp;
        _early = stop.Register(() => Volatile.Write(ref _stamp, Math.Min(stamp, time.GetTimestamp())));
    }

    /// <summary>Stamp from which on nothing new is due.</summary>
    public long Stamp => Volatile.Read(ref _stamp);

    /// <inheritdoc/>
    public void Dispose() => _early.Dispose();
}
