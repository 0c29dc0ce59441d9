using System.Globalization;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.I2c;

/// <summary>
/// A voltage behind a divider, as a battery's. Settings beside the channel's: <c>ratio</c> (volts at the battery for one volt at the pin),
/// <c>metric</c> (battery_volt), <c>minimum</c> and <c>maximum</c> volts that can be true (0.5, 60): less is a cut wire or a blown fuse.
/// <c>stuckAfter</c> is off unless set: a floating battery may well stand still.
/// </summary>
internal sealed class Ads1115Volt : Ads1115Driver
{
    private readonly double _ratio;
    private readonly double _minimum;
    private readonly double _maximum;
    private readonly string _metric;
    private readonly StuckWatch _stuck;

    /// <summary>Makes it from its settings.</summary>
    public Ads1115Volt(PartSettings settings, DriverContext context)
        : base("Voltage", settings, context)
    {
        _ratio = settings.Number("ratio", 1, 1_000, 1);
        _minimum = settings.Number("minimum", 0, 1_000, 0.5);
        _maximum = settings.Number("maximum", 0, 1_000, 60);
        _metric = settings.Text("metric", "battery_volt");
        _stuck = StuckWatch.Read(settings, TimeSpan.Zero, context.Time);
    }

    /// <inheritdoc/>
    public override async ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        var (pin, raw, saturated) = await MeanAsync(Ads1115Scale.Volts6144, cancel);
        var volts = pin * _ratio;
        if (saturated || volts > _maximum)
        {
            throw Fault(DeviceFault.Range, string.Create(
                CultureInfo.InvariantCulture, $"{volts:0.00} V is more than {_maximum:0.##}: check the divider and its 'ratio'"));
        }

        if (volts < _minimum)
        {
            throw Fault(DeviceFault.OpenCircuit, string.Create(
                CultureInfo.InvariantCulture, $"{volts:0.00} V is less than {_minimum:0.##}: a wire is cut, or a fuse has blown"));
        }

        _stuck.Check(Where, (uint)raw);
        into.Add(_metric, volts);
    }
}
