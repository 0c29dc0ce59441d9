using SmartCity.City;
using SmartCity.Simulators.Chips.Lines;
using SmartCity.Simulators.Plan;
using SmartCity.Simulators.Signals;
using SmartCity.Simulators.Wiring;

namespace SmartCity.Simulators.Run;

/// <summary>What is around one device, as its sensors would feel it: the city's signals, and what scenarios do there.</summary>
internal sealed class SimDevice
{
    private readonly Dictionary<string, Signal> _signals;
    private readonly Dictionary<string, Func<double>> _made = new(StringComparer.Ordinal);
    private readonly ScenarioBoard _board;
    private readonly TimeProvider _time;
    private readonly Moment _seed;

    /// <summary>A device of a plan.</summary>
    public SimDevice(PlanDevice plan, DeviceKind kind, int citySeed, ScenarioBoard board, TimeProvider time)
    {
        Plan = plan;
        Kind = kind;
        _board = board;
        _time = time;
        _seed = new Moment(Noise.Seed(citySeed, "sky"), Noise.Seed(citySeed, plan.Id), plan.At, 0);
        _signals = kind.Metrics.Where(m => m.Type != MetricType.String && !SignalModels.IsOfHardware(kind.Name, m.Name)).ToDictionary(m => m.Name, m => SignalModels.Of(kind, m), StringComparer.Ordinal);
    }

    /// <summary>What the registry knows of it.</summary>
    public PlanDevice Plan { get; }

    /// <summary>Its kind.</summary>
    public DeviceKind Kind { get; }

    /// <summary>Its contacts.</summary>
    public List<SimContact> Contacts { get; } = [];

    /// <summary>Its lamp, if it is one.</summary>
    public SimLamp? Lamp { get; set; }

    /// <summary>Its bucket, if it is a rain gauge.</summary>
    public SimBucket? Bucket { get; set; }

    /// <summary>The main switch of its gateway's cabinet, if it is that cabinet.</summary>
    public SimFeeder? Feeder { get; set; }

    /// <summary>What measures its power, if anything does.</summary>
    public SimMeter? Meter { get; set; }

    /// <summary>What its meter had counted when the city was last at work; null when nobody knows.</summary>
    public Counters? Left { get; set; }

    /// <summary>What of it stands on the serial line of its gateway.</summary>
    public List<SimModbusSlave> Units { get; } = [];

    /// <summary>This place now, for signals that are nobody's metric.</summary>
    public Moment Here => _seed.With((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);

    /// <summary>From now on a metric is what hardware makes of it, and no signal.</summary>
    public void Makes(string metric, Func<double> value) => _made[metric] = value;

    /// <summary>A metric's physical value now: what a scenario wants, else what hardware makes, else the signal.</summary>
    public double Value(string metric) => ValueAt(metric, _time.GetUtcNow());

    /// <summary>A metric's physical value at a moment; what hardware makes is always of now.</summary>
    public double ValueAt(string metric, DateTimeOffset at) =>
        _board.TryGet(Plan.Id, metric, at, out var forced) ? forced
        : _made.TryGetValue(metric, out var made) ? made()
        : _signals[metric](_seed.With((at - DateTimeOffset.UnixEpoch).TotalSeconds));

    /// <summary>Moves what does not wait to be asked: contacts and buckets. Once a second, and at once when a scenario touches the device.</summary>
    /// <param name="seconds">Since the last time.</param>
    public void Live(double seconds)
    {
        foreach (var contact in Contacts)
        {
            contact.Line.Level = Value(contact.Metric) >= 0.5;
        }

        Bucket?.Rain(Value("rain_mm_h") * seconds / 3_600);
    }
}
