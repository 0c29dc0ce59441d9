namespace SmartCity.Simulators.Wiring;

/// <summary>A lamp as physics has it: it burns as its dimming input says, draws power, and its meter counts.</summary>
/// <param name="ratedWatts">Power at 100 %.</param>
/// <param name="level">The dimming input now, 0 … 100 %.</param>
/// <param name="time">Clock.</param>
internal sealed class SimLamp(double ratedWatts, Func<double> level, TimeProvider time)
{
    /// <summary>What a driver draws when its lamp is off, in watts.</summary>
    private const double Standby = 0.4;

    private readonly Lock _gate = new();
    private long _at = time.GetTimestamp();
    private double _watts = Standby;
    private bool _on;

    /// <summary>Energy since installation, kWh.</summary>
    public double EnergyKwh { get; private set; }

    /// <summary>Hours burnt since installation.</summary>
    public double BurningHours { get; private set; }

    /// <summary>Times it was switched on.</summary>
    public double SwitchOns { get; private set; }

    /// <summary>It draws no power whatever it is told: the lamp is dead.</summary>
    public bool Dead { get; set; }

    /// <summary>It burns at 100 % whatever it is told: its relay is stuck.</summary>
    public bool Stuck { get; set; }

    /// <summary>What it had counted before this run began.</summary>
    public SimLamp Since(double energyKwh, double burningHours, double switchOns)
    {
        (EnergyKwh, BurningHours, SwitchOns) = (energyKwh, burningHours, switchOns);
        return this;
    }

    /// <summary>Active power now, in watts: an LED driver's floor of 6 %, then in proportion.</summary>
    public double Watts()
    {
        lock (_gate)
        {
            Count();
            var told = Stuck ? 100 : level();
            var on = told > 0 && !Dead;
            if (on && !_on)
            {
                SwitchOns++;
            }

            _on = on;
            return _watts = Dead ? 0 : on ? ratedWatts * (0.06 + (0.94 * told / 100)) : Standby;
        }
    }

    private void Count()
    {
        var now = time.GetTimestamp();
        var hours = time.GetElapsedTime(_at, now).TotalHours;
        _at = now;
        EnergyKwh += _watts * hours / 1_000;
        if (_on)
        {
            BurningHours += hours;
        }
    }
}
