using System.Globalization;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// A supervised fire detector loop on one channel of an ADS1115: <c>loop_state</c> 0 normal, 1 alarm, 2 cut, 3 short. A change needs two
/// equal conversions one after the other, which takes a few milliseconds, so an alarm is told by the first measurement that sees it. On
/// a border the former state stays. Settings beside the channel's: <c>supply</c> V (3.3), <c>series</c> Ω (1000), <c>eol</c> Ω (4700), <c>alarm</c> Ω
/// (1000), <c>detectors</c> that may be in alarm at once (5), <c>ratio</c> of a divider before the pin (1; a loop on 24 V needs one).
/// </summary>
internal sealed class FireLoop : Ads1115Driver
{
    /// <summary>Conversions of one measurement at most; five pairs.</summary>
    private const int Most = 6;

    /// <summary>Measurements without a clear state, one after the other, until that itself is a fault: a second at 100 ms.</summary>
    private const int Patience = 10;

    private readonly FireLoopBorders _borders;
    private readonly Ads1115Scale _scale;
    private readonly double _ratio;
    private LoopState? _state;
    private int _unclear;

    /// <summary>Makes it from its settings.</summary>
    public FireLoop(PartSettings settings, DriverContext context)
        : base("Fire loop", settings, context)
    {
        var supply = settings.Number("supply", 1, 30, 3.3);
        _ratio = settings.Number("ratio", 1, 100, 1);
        _borders = new FireLoopBorders(
            supply,
            settings.Number("series", 10, 1_000_000, 1_000),
            settings.Number("eol", 10, 1_000_000, 4_700),
            settings.Number("alarm", 10, 1_000_000, 1_000),
            settings.Whole("detectors", 1, 50, 5));
        if (supply / _ratio > 5.5)
        {
            settings.Fault("ratio", "the pin would get more than 5.5 V: a divider is needed before it");
        }

        if (_borders.Narrowest < 0.02 * supply)
        {
            settings.Fault("eol", "with these resistors two states lie less than 2 % of the supply apart: choose others, or fewer 'detectors'");
        }

        _scale = Ads1115.ScaleFor(supply / _ratio * 1.1);
    }

    /// <inheritdoc/>
    public override ValueTask StartAsync(CancellationToken cancel)
    {
        // What was before a fault says nothing about a voltage on a border now.
        _state = null;
        _unclear = 0;
        return base.StartAsync(cancel);
    }

    /// <summary>A converter has no interrupt of its own: ten looks a second, for the siren may take 200 ms from the contact.</summary>
    public override TimeSpan? Rhythm => TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        LoopState? last = null;
        LoopState? clear = null;
        var count = 0;
        await ConvertWhileAsync(_scale, Most, reading =>
        {
            // One conversion that says what was known is enough; a change needs two that agree.
            var now = Look(reading);
            clear = now == (count == 0 ? _state : last) ? now : null;
            last = now;
            count++;
            return clear is null;
        }, cancel);
        if (clear is { } state)
        {
            _state = state;
            _unclear = 0;
        }
        else if (_state is null || ++_unclear >= Patience)
        {
            throw Fault(DeviceFault.Range, "its state does not become clear: check the resistors of the loop and its settings");
        }

        into.Add("loop_state", (int)_state!.Value);
    }

    /// <summary>One conversion's state; on a border the former one, null when there is none yet.</summary>
    private LoopState? Look(Ads1115Reading reading)
    {
        var volts = reading.Volts * _ratio;
        var state = _borders.At(volts, out var impossible);
        if (impossible)
        {
            throw Fault(DeviceFault.Range, string.Create(
                CultureInfo.InvariantCulture, $"{volts:0.00} V cannot be on this loop: check 'supply', 'ratio' and the wiring"));
        }

        return state ?? _state;
    }
}
