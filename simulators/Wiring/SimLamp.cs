namespace SmartCity.Simulators.Wiring;

/// <summary>What a lamp does now.</summary>
/// <param name="Percent">Light, 0 … 100 %.</param>
/// <param name="Watts">Active power.</param>
/// <param name="Factor">Power factor, 0 … 1.</param>
/// <param name="Amperes">Current at its supply's voltage.</param>
/// <param name="Warmth">How much warmer than the air around it its housing is, in °C.</param>
/// <param name="EnergyKwh">Energy since installation.</param>
/// <param name="BurningHours">Hours burnt since installation.</param>
/// <param name="SwitchOns">Times it was switched on.</param>
internal readonly record struct LampState(
    double Percent, double Watts, double Factor, double Amperes, double Warmth, double EnergyKwh, double BurningHours, double SwitchOns);

/// <summary>
/// A lamp as physics has it: with a supply it burns as its dimming input says, draws power, grows warm and counts. Nothing of it goes by a
/// timetable: what it does is what the gateway's output and its own faults make of it.
/// </summary>
internal sealed class SimLamp
{
    /// <summary>How long a cycling lamp burns before its driver switches off.</summary>
    public static readonly TimeSpan CycleOn = TimeSpan.FromMinutes(4);

    /// <summary>How long it stays dark before it tries again.</summary>
    public static readonly TimeSpan CycleOff = TimeSpan.FromMinutes(2);

    /// <summary>What a driver draws when its lamp is off, in watts.</summary>
    public const double Standby = 0.4;

    /// <summary>Least voltage at which an LED driver works.</summary>
    private const double LeastVolts = 90;

    /// <summary>Housing above air at full light, in °C, and the time in which it gets two thirds of the way there.</summary>
    private const double FullWarmth = 24;
    private static readonly TimeSpan Inertia = TimeSpan.FromMinutes(15);

    private readonly Lock _gate = new();
    private readonly double _rated;
    private readonly Func<double> _level;
    private readonly Func<double> _volts;
    private readonly TimeProvider _time;
    private LampState _state;
    private LampFault _fault;
    private long _at;
    private long? _asked;

    /// <summary>A lamp.</summary>
    /// <param name="ratedWatts">Power at 100 %.</param>
    /// <param name="level">The dimming input now, 0 … 100 %.</param>
    /// <param name="volts">Its supply now.</param>
    /// <param name="time">Clock.</param>
    public SimLamp(double ratedWatts, Func<double> level, Func<double> volts, TimeProvider time)
    {
        (_rated, _level, _volts, _time) = (ratedWatts, level, volts, time);
        _at = time.GetTimestamp();
    }

    /// <summary>What is wrong with it.</summary>
    public LampFault Fault
    {
        get
        {
            lock (_gate)
            {
                return _fault;
            }
        }

        set
        {
            lock (_gate)
            {
                _fault = value;
            }
        }
    }

    /// <summary>What it had counted before this run began.</summary>
    public SimLamp Since(double energyKwh, double burningHours, double switchOns)
    {
        lock (_gate)
        {
            _state = _state with { EnergyKwh = energyKwh, BurningHours = burningHours, SwitchOns = switchOns };
        }

        return this;
    }

    /// <summary>The lamp now. It counts what has passed since it was looked at last, so somebody looks each second.</summary>
    public LampState Now()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var hours = _time.GetElapsedTime(_at, now).TotalHours;
            _at = now;
            var before = _state;
            var volts = _volts();
            var percent = volts < LeastVolts ? 0 : Percent(now);

            // An LED driver's own needs are 6 % of the rated power, the rest is in proportion to the light.
            var watts = volts < LeastVolts || _fault == LampFault.Dead ? 0 : percent > 0 ? _rated * (0.06 + (0.94 * percent / 100)) : Standby;
            var factor = percent > 0 ? 0.97 - (0.12 * (1 - (percent / 100))) : 0.55;
            var pull = 1 - Math.Exp(-hours / Inertia.TotalHours);
            return _state = new LampState(
                percent,
                watts,
                factor,
                watts <= 0 ? 0 : watts / (volts * factor),
                before.Warmth + (((FullWarmth * watts / _rated) - before.Warmth) * pull),
                before.EnergyKwh + (before.Watts * hours / 1_000),
                before.BurningHours + (before.Percent > 0 ? hours : 0),
                before.SwitchOns + (percent > 0 && before.Percent <= 0 ? 1 : 0));
        }
    }

    private double Percent(long now)
    {
        var told = Math.Clamp(_level(), 0, 100);
        _asked = told > 0 ? _asked ?? now : null;
        return _fault switch
        {
            LampFault.Dead => 0,
            LampFault.StuckOn => 100,
            LampFault.NoDimming => told > 0 ? 100 : 0,
            LampFault.Cycling when _asked is { } since => Burns(_time.GetElapsedTime(since, now)) ? told : 0,
            _ => told,
        };
    }

    private static bool Burns(TimeSpan asked) => asked.Ticks % (CycleOn + CycleOff).Ticks < CycleOn.Ticks;
}
