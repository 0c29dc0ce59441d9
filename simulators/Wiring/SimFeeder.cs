namespace SmartCity.Simulators.Wiring;

/// <summary>What flows in a cabinet now.</summary>
/// <param name="Volts">Voltage behind its main switch.</param>
/// <param name="Watts">Active power: lamps, cable, and what the cabinet itself needs.</param>
/// <param name="Amperes">Current.</param>
/// <param name="EnergyKwh">Energy since installation.</param>
/// <param name="Load">Power of its lamps in parts of what they draw at full light, 0 … 1.</param>
internal readonly record struct FeederState(double Volts, double Watts, double Amperes, double EnergyKwh, double Load);

/// <summary>The main switch of a cabinet, the cable behind it and the lamps on that. Without it they are all dark, and the gateway goes on by
/// its battery.</summary>
/// <param name="time">Clock.</param>
internal sealed class SimFeeder(TimeProvider time)
{
    /// <summary>Part of the lamps' power that the cable keeps when all burn (it goes with the square of the current).</summary>
    private const double CableLoss = 0.012;

    /// <summary>Power factor of the gateway's own supply.</summary>
    private const double StandingFactor = 0.7;

    private readonly Lock _gate = new();
    private readonly List<(SimLamp Lamp, double Rated)> _lamps = [];
    private long _at = time.GetTimestamp();
    private double _watts;
    private double _energy;
    private volatile bool _cut;

    /// <summary>Voltage of the mains before the switch.</summary>
    public Func<double> Mains { get; set; } = static () => 230;

    /// <summary>What gateway, modem and controls need day and night, in watts.</summary>
    public double Standing { get; set; } = 25;

    /// <summary>The supply is cut: a fuse, a stolen cable, a fault of the grid.</summary>
    public bool Cut
    {
        get => _cut;
        set => _cut = value;
    }

    /// <summary>Voltage behind the switch.</summary>
    public double Volts => _cut ? 0 : Mains();

    /// <summary>Hangs a lamp on it.</summary>
    public void Add(SimLamp lamp, double ratedWatts)
    {
        lock (_gate)
        {
            _lamps.Add((lamp, ratedWatts));
        }
    }

    /// <summary>What it had counted before this run began.</summary>
    public void Since(double energyKwh) => _energy = energyKwh;

    /// <summary>The cabinet now; counts what has passed since it was looked at last.</summary>
    public FeederState Now()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _energy += _watts * time.GetElapsedTime(_at, now).TotalHours / 1_000;
            _at = now;
            var volts = Volts;
            if (volts <= 0)
            {
                _watts = 0;
                return new FeederState(0, 0, 0, _energy, 0);
            }

            double lamps = 0, amperes = Standing / (volts * StandingFactor), rated = 0;
            foreach (var (lamp, full) in _lamps)
            {
                var state = lamp.Now();
                lamps += state.Watts;
                amperes += state.Amperes;
                rated += full;
            }

            var load = rated > 0 ? lamps / rated : 0;
            _watts = (lamps * (1 + (CableLoss * load))) + Standing;
            return new FeederState(volts, _watts, amperes, _energy, load);
        }
    }
}
