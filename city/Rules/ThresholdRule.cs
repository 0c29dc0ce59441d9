namespace SmartCity.City;

/// <summary>
/// A value above (or below) a level for as long as the hold: <c>raise</c> switches on, <c>clear</c> off; between the two it stays
/// as it was, in a running hold too.
/// </summary>
public sealed class ThresholdRule : ConditionRule
{
    private const int RaiseIndex = 1;
    private const int ClearIndex = 2;

    private readonly int _metric;
    private readonly bool _below;

    private ThresholdRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head, map, kind)
    {
        _metric = kind.Metric(map, "metric");
        _below = map.Has("below");
        var raise = map.Number(_below ? "below" : "above", required: true);
        var clear = map.Number("clear", raise);
        if (_below ? clear < raise : clear > raise)
        {
            map.Fault("clear", _below ? "must be at or above 'below'; raise it" : "must be at or below 'above'; lower it");
        }

        Watches = 1UL << _metric;
        Parameters = [Hold, kind.Level("raise", raise, _metric), kind.Level("clear", clear, _metric)];
        Shape = new RuleShape(_below ? "below" : "above", [_metric]);
    }

    internal override string Type => "threshold";

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new ThresholdRule(head, map, kind);

    internal override string? Fault(ReadOnlySpan<double> parameters) =>
        _below ? parameters[ClearIndex] < parameters[RaiseIndex] ? $"{Name}: clear lies at or above raise" : null
        : parameters[ClearIndex] > parameters[RaiseIndex] ? $"{Name}: clear lies at or below raise"
        : null;

    private protected override Verdict Judge(in RuleStep step, bool on, out double value, out double threshold)
    {
        if (!step.IsFresh(_metric))
        {
            value = threshold = double.NaN;
            return Verdict.None;
        }

        return Compare(step, on, out value, out threshold);
    }

    private protected override Verdict JudgeLate(in RuleStep step, out double value, out double threshold)
    {
        if (!step.IsLate(_metric))
        {
            value = threshold = double.NaN;
            return Verdict.None;
        }

        return Compare(step, on: false, out value, out threshold);
    }

    // A reading exactly at the level is on; exactly at the clear level it is off, unless both levels are one.
    private Verdict Compare(in RuleStep step, bool on, out double value, out double threshold)
    {
        value = step.Values[_metric];
        var (raise, clear) = (step.Parameters[RaiseIndex], step.Parameters[ClearIndex]);
        threshold = raise;
        if (_below ? value <= raise : value >= raise)
        {
            return Verdict.On;
        }

        threshold = on ? clear : raise;
        return (_below ? value >= clear : value <= clear) || !on ? Verdict.Off : Verdict.Keep;
    }
}
