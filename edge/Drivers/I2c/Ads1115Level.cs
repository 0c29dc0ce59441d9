using System.Globalization;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// A level probe of 4 … 20 mA over a shunt. The current tells faults of the loop apart from levels (NAMUR NE 43): below 3.6 mA a wire is
/// cut or the probe has no supply, above 21 mA a wire is shorted or the probe says that it is broken. Settings beside the channel's:
/// <c>shunt</c> in ohms (100), <c>span</c> in metres at 20 mA, <c>zero</c> in metres at 4 mA (0), <c>offset</c> in metres from the probe's zero to
/// the gauge's datum (0), <c>stuckAfter</c>. With the converter on 3.3 V a shunt may have 150 Ω at most: no pin may go above its supply.
/// </summary>
internal sealed class Ads1115Level : Ads1115Driver
{
    /// <summary>Below it the loop is broken, in mA (NE 43).</summary>
    public const double Open = 3.6;

    /// <summary>Above it the loop is broken, in mA (NE 43).</summary>
    public const double Short = 21;

    private readonly double _shunt;
    private readonly double _span;
    private readonly double _zero;
    private readonly double _offset;
    private readonly Ads1115Scale _scale;
    private readonly StuckWatch _stuck;

    /// <summary>Makes it from its settings.</summary>
    public Ads1115Level(PartSettings settings, DriverContext context)
        : base("4–20 mA probe", settings, context)
    {
        _shunt = settings.Number("shunt", 10, 250, 100);
        _span = settings.Number("span", 0.1, 100);
        _zero = settings.Number("zero", -100, 100, 0);
        _offset = settings.Number("offset", -1_000, 1_000, 0);
        if (_span <= _zero)
        {
            settings.Fault("span", "the level at 20 mA has to be above the one at 4 mA ('zero')");
        }

        // A little beyond the short-circuit border, so that a saturated converter is always beyond it.
        _scale = Ads1115.ScaleFor(_shunt * (Short + 1) / 1_000);
        _stuck = StuckWatch.Read(settings, TimeSpan.FromHours(24), context.Time);
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        var (volts, raw, saturated) = await MeanAsync(_scale, cancel);
        var milliamperes = volts / _shunt * 1_000;
        if (milliamperes < Open)
        {
            throw Fault(DeviceFault.OpenCircuit, string.Create(
                CultureInfo.InvariantCulture, $"{milliamperes:0.00} mA is less than 3.6: a wire is cut, or the probe has no supply"));
        }

        if (saturated || milliamperes > Short)
        {
            throw Fault(DeviceFault.ShortCircuit, string.Create(
                CultureInfo.InvariantCulture, $"{milliamperes:0.00} mA is more than 21: a wire is shorted, or the probe reports a fault"));
        }

        _stuck.Check(Where, (uint)raw);
        into.Add("water_level_m", _zero + ((milliamperes - 4) / 16 * (_span - _zero)) + _offset);
    }
}
