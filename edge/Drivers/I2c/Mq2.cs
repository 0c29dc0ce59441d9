using System.Globalization;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// Hanwei MQ-2 on one channel of an ADS1115: combustible gas as ppm of LPG, 200 … 10,000 (MQ-2 datasheet, technical data and figure 3; 20 °C,
/// 65 % humidity, load 5 kΩ). It needs its heater on for 24 h before its first use and some minutes after each power-on, and its resistance in
/// clean air, which it learns by itself once burnt in: it has to be installed in clean air. Less than 200 ppm, where its curve begins, is told
/// as 0; more than 10,000, where it ends, as 10,000. The figure is for raising alarms, not for measuring: temperature and humidity move it by
/// a third. Settings beside the channel's: <c>supply</c> V (5), <c>load</c> Ω (5000), <c>ratio</c> of a divider before the pin (1), <c>burnIn</c>
/// (24h), <c>warmUp</c> (3m), <c>r0</c> Ω (0 = learn it), <c>stuckAfter</c>.
/// </summary>
internal sealed class Mq2 : Ads1115Driver
{
    /// <summary>Resistance in clean air, in R0 (figure 3).</summary>
    public const double CleanAir = 9.83;

    /// <summary>Where the curve of LPG begins, in ppm.</summary>
    public const double Least = 200;

    /// <summary>Where it ends.</summary>
    public const double Greatest = 10_000;

    // The curve of LPG is a line on two logarithmic axes (figure 3): from 200 ppm at Rs/R0 = 10^0.21 to 10,000 ppm at 10^-0.59.
    private const double CurveStart = 0.21;
    private const double CurveSlope = -0.47;

    /// <summary>Measurements that make R0.</summary>
    private const int Samples = 10;

    // Rs is 3 … 30 kΩ in 1,000 ppm of isobutane (technical data), so R0 lies about there; with room for either side.
    private const double LeastR0 = 300;
    private const double GreatestR0 = 100_000;

    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(10);

    /// <summary>Longest time between two measurements that counts as heated.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromMinutes(5);

    private readonly DriverContext _context;
    private readonly double _supply;
    private readonly double _load;
    private readonly double _ratio;
    private readonly double _r0;
    private readonly TimeSpan _burnIn;
    private readonly TimeSpan _warmUp;
    private readonly string? _file;
    private readonly StuckWatch _stuck;
    private readonly List<double> _samples = new(Samples);
    private Mq2State _state;
    private long _savedAt;
    private bool _unsaved;
    private long? _poweredSince;
    private long _seenAt;

    /// <summary>Makes it from its settings; what it remembers is in <see cref="DriverContext.State"/>.</summary>
    public Mq2(PartSettings settings, DriverContext context)
        : base("MQ-2", settings, context)
    {
        _context = context;
        _supply = settings.Number("supply", 1, 30, 5);
        _load = settings.Number("load", 100, 1_000_000, 5_000);
        _ratio = settings.Number("ratio", 1, 100, 1);
        _r0 = settings.Number("r0", 0, GreatestR0, 0);
        _burnIn = settings.Time("burnIn", TimeSpan.Zero, TimeSpan.FromDays(7), TimeSpan.FromHours(24));
        _warmUp = settings.Time("warmUp", TimeSpan.Zero, TimeSpan.FromHours(1), TimeSpan.FromMinutes(3));
        _stuck = StuckWatch.Read(settings, TimeSpan.FromHours(6), context.Time);
        _file = context.State is null ? null : Path.Combine(context.State, $"mq2-{Place.Bus}-{Place.Address:x2}-{Channel}.state");
        _state = Mq2State.Load(_file);
        _savedAt = context.Time.GetTimestamp();
    }

    /// <summary>Parts per million of LPG at a resistance, within the curve.</summary>
    /// <param name="ratio">Rs/R0.</param>
    public static double Ppm(double ratio)
    {
        var ppm = Math.Pow(10, Math.Log10(Least) + ((Math.Log10(ratio) - CurveStart) / CurveSlope));
        return ppm < Least ? 0 : Math.Min(ppm, Greatest);
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        var (pin, raw, saturated) = await MeanAsync(Ads1115.ScaleFor(Math.Min(6, _supply / _ratio * 1.02)), cancel);
        var volts = pin * _ratio;
        CheckWiring(volts, saturated);
        Heat();
        var resistance = _load * (_supply - volts) / volts;
        var r0 = _r0 > 0 ? _r0 : _state.R0 > 0 ? _state.R0 : Calibrate(resistance);
        _stuck.Check(Where, (uint)raw);
        into.Add("combustible_ppm", Ppm(resistance / r0));
    }

    private void CheckWiring(double volts, bool saturated)
    {
        // In clean air some tens of kΩ … 300 kΩ stand before the load: less than 0.5 % of the supply is no sensor, or no supply.
        if (volts < 0.005 * _supply)
        {
            Unpowered();
            throw Fault(DeviceFault.OpenCircuit, "no voltage: the sensor has no supply, or a wire is cut");
        }

        if (saturated || volts > 0.98 * _supply)
        {
            Unpowered();
            throw Fault(DeviceFault.ShortCircuit, "the whole supply is at the load: the sensor or its wires are shorted");
        }
    }

    /// <summary>The heater may be cold from now on: the next warm-up begins anew.</summary>
    private void Unpowered()
    {
        _poweredSince = null;
        _samples.Clear();
    }

    /// <summary>Counts the time with the heater on.</summary>
    private void Heat()
    {
        var time = _context.Time;
        var now = time.GetTimestamp();
        if (_poweredSince is null)
        {
            _poweredSince = now;
        }
        else if (_state.Burned < _burnIn)
        {
            var gap = time.GetElapsedTime(_seenAt, now);
            _state = _state with { Burned = _state.Burned + (gap < LongestGap ? gap : LongestGap) };
            _unsaved = true;
        }

        _seenAt = now;
        if (_unsaved && (time.GetElapsedTime(_savedAt, now) >= SaveEvery || _state.Burned >= _burnIn))
        {
            Save(now);
        }

        if (_state.Burned < _burnIn)
        {
            throw Fault(DeviceFault.WarmingUp, $"burning in for another {(_burnIn - _state.Burned).TotalHours.ToString("0.0", CultureInfo.InvariantCulture)} h");
        }

        if (time.GetElapsedTime(_poweredSince.Value, now) < _warmUp)
        {
            throw Fault(DeviceFault.WarmingUp, "warming up after power-on");
        }
    }

    /// <summary>Learns R0 from clean air: the median of some measurements.</summary>
    private double Calibrate(double resistance)
    {
        _samples.Add(resistance);
        if (_samples.Count < Samples)
        {
            throw Fault(DeviceFault.WarmingUp, $"learning clean air, {_samples.Count} of {Samples}");
        }

        _samples.Sort();
        var r0 = _samples[Samples / 2] / CleanAir;
        _samples.Clear();
        if (r0 is < LeastR0 or > GreatestR0)
        {
            throw Fault(DeviceFault.Range, string.Create(
                CultureInfo.InvariantCulture, $"R0 would be {r0:0} Ω: check 'load' and 'supply', and that the air is clean; or set 'r0'"));
        }

        _state = _state with { R0 = r0 };
        Save(_context.Time.GetTimestamp());
        return r0;
    }

    /// <summary>Saves; what the disk does not take is tried again later, for a sensor that measures is worth more than its memory.</summary>
    private void Save(long now)
    {
        _unsaved = _file is not null && !_state.TrySave(_file);
        _savedAt = now;
    }
}
