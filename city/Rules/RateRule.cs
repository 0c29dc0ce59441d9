namespace SmartCity.City;

/// <summary>A value that rises (or falls) by so much a minute, seen over a window. Below <c>clear</c> it is over.</summary>
public sealed class RateRule : ConditionRule
{
    private const int RaiseIndex = 1;
    private const int ClearIndex = 2;
    private const double Minute = 60e9;

    private readonly int _metric;
    private readonly long _window;
    private readonly int _sign;

    private RateRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head, map, kind)
    {
        _metric = kind.Metric(map, "metric");
        _sign = map.Has("falls_per_minute") ? -1 : 1;
        var raise = map.Number(_sign < 0 ? "falls_per_minute" : "rises_per_minute", required: true);
        var clear = map.Number("clear", raise / 2);
        if (raise <= 0 || clear > raise)
        {
            map.Fault("clear", "must be at or below the rate, which must be above 0; lower it");
        }

        var window = map.Duration("window", TimeSpan.FromMinutes(1));
        if (window <= TimeSpan.Zero)
        {
            map.Fault("window", "must be longer than nothing; write for instance 60s");
        }

        _window = window.Ticks * TimeSpan.NanosecondsPerTick;
        Watches = 1UL << _metric;
        Parameters = [Hold, kind.Span("raise", raise, _metric, "/min"), kind.Span("clear", clear, _metric, "/min")];
        Shape = new RuleShape(_sign < 0 ? "falls" : "rises", [_metric]) { Window = window };
    }

    internal override string Type => "rate";

    private protected override int ExtraSlots => SampleRing.Slots;

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new RateRule(head, map, kind);

    internal override string? Fault(ReadOnlySpan<double> parameters) =>
        parameters[ClearIndex] > parameters[RaiseIndex] ? $"{Name}: clear lies at or below raise" : null;

    private protected override Verdict Judge(in RuleStep step, bool on, out double value, out double threshold)
    {
        value = threshold = double.NaN;
        if (!step.IsFresh(_metric))
        {
            return Verdict.None;
        }

        var now = step.Values[_metric];
        var samples = new SampleRing(Own(step));
        var rate = samples.Rate(step.MeasuredAt, now, _window) * Minute * _sign;
        samples.Add(step.MeasuredAt, now, _window);
        if (double.IsNaN(rate))
        {
            return Verdict.None; // nothing to compare with yet
        }

        value = rate;
        var (raise, clear) = (step.Parameters[RaiseIndex], step.Parameters[ClearIndex]);
        threshold = raise;
        return rate >= raise ? Verdict.On : rate <= clear || !on ? Verdict.Off : Verdict.Keep;
    }
}
