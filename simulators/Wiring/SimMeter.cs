namespace SmartCity.Simulators.Wiring;

/// <summary>An energy meter as it is: off by up to half a percent for good (class 0.5) and by as much again from second to second. It counts the
/// energy that it believes it sees.</summary>
/// <param name="seed">What is its own.</param>
/// <param name="time">Clock.</param>
internal sealed class SimMeter(ulong seed, TimeProvider time)
{
    /// <summary>Largest lasting error, and largest error of one reading: part of the value.</summary>
    private const double Share = 0.005;

    private readonly Lock _gate = new();
    private readonly double _gain = 1 + (Share * Spread(seed));
    private double? _seen;
    private double _counted;

    /// <summary>Its multiplier is dead: it measures voltage and current, and says 0 W and counts nothing.</summary>
    public bool Lies { get; set; }

    /// <summary>A voltage as it says it.</summary>
    public double Volts(double volts) => volts * Noise(1);

    /// <summary>A current as it says it. Zero is zero: no meter of this class sees what is not there.</summary>
    public double Amperes(double amperes) => amperes * _gain * Noise(3);

    /// <summary>A power as it says it.</summary>
    public double Watts(double watts) => Lies ? 0 : watts * _gain * Noise(2);

    /// <summary>What its counter says when this much energy has passed in truth, both in kWh. It never falls.</summary>
    public double Energy(double kilowattHours)
    {
        lock (_gate)
        {
            // What was counted before this run was counted by this meter.
            _counted = _seen is not { } seen ? kilowattHours : _counted + (Lies ? 0 : Math.Max(0, kilowattHours - seen) * _gain);
            _seen = kilowattHours;
            return _counted;
        }
    }

    private double Noise(ulong salt)
    {
        var second = (ulong)time.GetUtcNow().ToUnixTimeSeconds();
        return 1 + (Share * Spread(seed ^ Signals.Noise.Hash((second << 3) + salt)));
    }

    private static double Spread(ulong of) => (2 * Signals.Noise.Unit(of)) - 1;
}
