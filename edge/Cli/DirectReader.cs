using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Cli;

/// <summary>Measures the devices of a configuration without a gateway: nothing is logged or sent, and no output is opened (opening one sets it).</summary>
internal sealed class DirectReader : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly EdgeConfig _config;
    private readonly Board _board;
    private readonly TimeProvider _time;
    private readonly List<Device> _devices = [];

    private sealed class Part(Driver driver, IReadOnlyDictionary<string, string> names)
    {
        public Driver Driver => driver;

        public IReadOnlyDictionary<string, string> Names => names;

        public bool Started { get; set; }

        public long MeasuredAt { get; set; }
    }

    private sealed class Device(DeviceConfig config)
    {
        public DeviceConfig Config => config;

        public List<Part> Parts { get; } = [];

        public Dictionary<string, double> Values { get; } = new(StringComparer.Ordinal);

        public DeviceFault Fault { get; set; }

        public string? Words { get; set; }

        public long? MeasuredAt { get; set; }
    }

    /// <summary>Takes the board over; it is closed with this.</summary>
    public DirectReader(EdgeConfig config, Board board, TimeProvider time)
    {
        _config = config;
        _board = board;
        _time = time;
        foreach (var device in config.Devices)
        {
            var made = new Device(device);
            made.Parts.AddRange(device.Sensors.Select(p => new Part(p.Driver.Create(p.Settings, new DriverContext(board, time)), p.Metrics)));
            _devices.Add(made);
        }
    }

    /// <summary>Measures whatever may be measured again by now.</summary>
    public async Task<ControlStatus> ReadAsync(CancellationToken cancel)
    {
        await Task.WhenAll(_devices.Select(d => MeasureAsync(d, cancel)));
        return new ControlStatus
        {
            Version = DoctorCommand.Version,
            Gateway = _config.Options.Gateway,
            Devices = [.. _devices.Select(d => new ControlDevice(d.Config.Id, d.Config.Kind)
            {
                Place = d.Config.Place,
                Zone = d.Config.Zone,
                Values = new Dictionary<string, double>(d.Values, StringComparer.Ordinal),
                Fault = (int)d.Fault,
                Words = d.Words,
                AgeSeconds = d.MeasuredAt is { } at ? _time.GetElapsedTime(at).TotalSeconds : null,
            })],
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var part in _devices.SelectMany(d => d.Parts))
        {
            await part.Driver.DisposeAsync();
        }

        _board.Dispose();
    }

    private async Task MeasureAsync(Device device, CancellationToken cancel)
    {
        var (fault, words) = (DeviceFault.None, default(string));
        foreach (var part in device.Parts)
        {
            if (part.Started && _time.GetElapsedTime(part.MeasuredAt) < part.Driver.MinimumInterval)
            {
                (fault, words) = (device.Fault, device.Words);
                continue;
            }

            using var limit = new CancellationTokenSource(Patience, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
            var measurement = new Measurement();
            try
            {
                if (!part.Started)
                {
                    await part.Driver.StartAsync(both.Token);
                    part.Started = true;
                }

                await part.Driver.MeasureAsync(measurement, both.Token);
                part.MeasuredAt = _time.GetTimestamp();
                device.MeasuredAt = part.MeasuredAt;
                Keep(device, part, measurement);
            }
            catch (Exception e) when (e is DriverException or BusException or IOException or UnauthorizedAccessException or TimeoutException
                || (e is OperationCanceledException && !cancel.IsCancellationRequested))
            {
                (fault, words) = Faults.Of(e);
                part.Started &= !Faults.NeedsRestart(fault);
            }
        }

        (device.Fault, device.Words) = (fault, words);
        if (fault != DeviceFault.None && device.Parts.Count == 1)
        {
            // A value that was not measured now is not shown as if it were.
            device.Values.Clear();
        }
    }

    private static void Keep(Device device, Part part, Measurement measurement)
    {
        foreach (var value in measurement.Values)
        {
            var name = part.Names.GetValueOrDefault(value.Name, value.Name);
            if (name.Length > 0)
            {
                device.Values[name] = value.Number;
            }
        }
    }
}
