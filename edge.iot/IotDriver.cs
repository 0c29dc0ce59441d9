using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Iot;

/// <summary>
/// A sensor of Iot.Device.Bindings as a driver. Its calls block (they sleep for conversions), so each runs on a thread of its own; one
/// that does not end within <see cref="Longest"/> is a fault, and no other is begun before it has. What those types hide stays hidden:
/// a type that gives its last value on a wrong checksum does so here, too.
/// </summary>
internal sealed class IotDriver : Driver
{
    /// <summary>Longest time of one call.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly IotReadings _readings;
    private readonly DriverContext _context;
    private readonly Func<Board, IotSensor> _make;
    private Task? _work;
    private IotSensor? _sensor;

    /// <summary>Makes it from its settings.</summary>
    public IotDriver(string name, IotShape shape, IotReadings readings, PartSettings settings, DriverContext context)
    {
        (var where, _make) = shape.Read(settings);
        Where = $"{name} at {where}";
        _readings = readings;
        _context = context;
    }

    /// <inheritdoc/>
    public override string Where { get; }

    /// <inheritdoc/>
    public override async ValueTask StartAsync(CancellationToken cancel)
    {
        await CloseAsync();
        _sensor = await RunAsync(() => _make(_context.Board), static late => late.GiveBack(), cancel);
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        var sensor = _sensor ?? throw new DriverException(DeviceFault.Unavailable, $"{Where}: it was not started");
        var values = await RunAsync(() => Read(sensor.Instance), static _ => { }, cancel);
        foreach (var (metric, value) in values)
        {
            into.Add(metric, value);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await base.DisposeAsync();
    }

    private List<(string Metric, double Value)> Read(object sensor)
    {
        var result = _readings.Measure(sensor)
            ?? throw new DriverException(DeviceFault.Frame, $"{Where}: it gave no result; check its wires");
        return _readings.Values
            .Select(r => (r.Metric, IotUnits.Value(r.Get(result))
                ?? throw new DriverException(DeviceFault.Range, $"{Where}: it gave no {r.Metric}; leave it out (metrics:) or check the sensor")))
            .ToList();
    }

    /// <summary>Makes a call on a thread of its own.</summary>
    /// <param name="call">The call.</param>
    /// <param name="late">What to do with its result when nobody waits for it any more.</param>
    /// <param name="cancel">Ends the waiting, not the call.</param>
    private async Task<T> RunAsync<T>(Func<T> call, Action<T> late, CancellationToken cancel)
    {
        if (_work is { IsCompleted: false })
        {
            throw new DriverException(DeviceFault.NoAnswer, $"{Where}: the last call has still not ended");
        }

        var work = Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _work = work;
        try
        {
            return await work.WaitAsync(Longest, _context.Time, cancel);
        }
        catch (Exception e) when (!work.IsCompleted && e is TimeoutException or OperationCanceledException)
        {
            _ = work.ContinueWith(
                static (w, l) => ((Action<T>)l!)(((Task<T>)w).Result), late, CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            cancel.ThrowIfCancellationRequested();
            throw new DriverException(DeviceFault.NoAnswer, $"{Where}: it did not answer within {Longest.TotalSeconds:0} s", e);
        }
        catch (Exception e) when (e is not (BusException or DriverException))
        {
            // Those types say what is wrong by whatever exception they like; the words are theirs.
            throw new DriverException(e is IOException ? DeviceFault.Bus : DeviceFault.Frame, $"{Where}: {e.Message}", e);
        }
    }

    private async Task CloseAsync()
    {
        var sensor = _sensor;
        _sensor = null;
        if (sensor is null)
        {
            return;
        }

        if (_work is { IsCompleted: false })
        {
            // A call hangs in the sensor: take the bus away from it.
            sensor.GiveBack();
            return;
        }

        await RunAsync(
            () =>
            {
                sensor.Close();
                return true;
            },
            static _ => { },
            CancellationToken.None);
    }
}
