using SmartCity.City;
using SmartCity.Edge;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Signals;

namespace SmartCity.Simulators.Run;

/// <summary>One simulated device: asked for its values at a moment, it tells what its sensors would.</summary>
internal sealed class SimDevice
{
    private readonly Lock _gate = new();
    private readonly Signal[] _signals;
    private readonly MetricValue[] _values;
    private readonly ScenarioBoard _board;
    private readonly Moment _seed;
    private DateTimeOffset _last = DateTimeOffset.MinValue;

    /// <summary>A device of a plan.</summary>
    public SimDevice(PlanDevice plan, DeviceKind kind, int citySeed, ScenarioBoard board)
    {
        Plan = plan;
        Kind = kind;
        _board = board;
        _seed = new Moment(Noise.Seed(citySeed, "sky"), Noise.Seed(citySeed, plan.Id), plan.At, 0);
        var metrics = kind.Metrics.Where(m => m.Type != MetricType.String).ToList();
        _signals = [.. metrics.Select(m => SignalModels.Of(kind, m))];
        _values = [.. metrics.Select(m => new MetricValue(m.Name, 0))];
    }

    /// <summary>What the registry knows of it.</summary>
    public PlanDevice Plan { get; }

    /// <summary>Its kind.</summary>
    public DeviceKind Kind { get; }

    /// <summary>A scenario measures this device itself; its own rhythm pauses.</summary>
    public bool Paused { get; set; }

    /// <summary>Measures at a moment and hands the reading to the gateway; a device's readings never share a stamp nor go back.</summary>
    public MeasureResult Measure(Gateway gateway, DateTimeOffset at)
    {
        lock (_gate)
        {
            // A microsecond apart: stores of other makes keep no finer time.
            var stamp = at > _last ? at : _last.AddMicroseconds(1);
            var result = gateway.Measure(Kind.Name, Plan.Id, Values(stamp), stamp);
            if (result is MeasureResult.Logged or MeasureResult.Waiting)
            {
                _last = stamp;
            }

            return result;
        }
    }

    /// <summary>Measures at a moment of the past (a replayed flood), outside the device's own order.</summary>
    public MeasureResult MeasureHistorical(Gateway gateway, DateTimeOffset at)
    {
        lock (_gate)
        {
            return gateway.Measure(Kind.Name, Plan.Id, Values(at), at);
        }
    }

    /// <summary>The values at a moment; valid until the next call.</summary>
    public ReadOnlySpan<MetricValue> Values(DateTimeOffset at)
    {
        var moment = _seed.With((at - DateTimeOffset.UnixEpoch).TotalSeconds);
        for (var i = 0; i < _values.Length; i++)
        {
            var name = _values[i].Name;
            _values[i] = new MetricValue(name, _board.TryGet(Plan.Id, name, at, out var forced) ? forced : _signals[i](moment));
        }

        return _values;
    }
}
