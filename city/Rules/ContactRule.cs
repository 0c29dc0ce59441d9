namespace SmartCity.City;

/// <summary>
/// A state among a few: a loop, a button, a door. <c>equals</c> names the values that are on (or <c>other_than</c> those that are
/// not). With <c>ends</c> only those values end it, and any other leaves it as it was: a fire loop in alarm that is then cut has
/// not become well.
/// </summary>
public sealed class ContactRule : ConditionRule
{
    private readonly int _metric;
    private readonly double[] _values;
    private readonly double[] _ends;
    private readonly bool _otherThan;

    private ContactRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head, map, kind)
    {
        _metric = kind.Metric(map, "metric");
        _otherThan = map.Has("other_than");
        _values = [.. map.Numbers(_otherThan ? "other_than" : "equals")];
        _ends = [.. map.Numbers("ends")];
        if (_values.Length == 0)
        {
            map.Fault("equals", "is missing; add 'equals: 1' or 'other_than: [0, 1]'");
        }

        Watches = 1UL << _metric;
        Parameters = [Hold];
        Shape = new RuleShape(_otherThan ? "other-than" : "equals", [_metric]) { Values = _values };
    }

    internal override string Type => "contact";

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new ContactRule(head, map, kind);

    private protected override Verdict Judge(in RuleStep step, bool on, out double value, out double threshold)
    {
        value = threshold = double.NaN;
        return step.IsFresh(_metric) ? Compare(step, out value, out threshold) : Verdict.None;
    }

    private protected override Verdict JudgeLate(in RuleStep step, out double value, out double threshold)
    {
        value = threshold = double.NaN;
        return step.IsLate(_metric) ? Compare(step, out value, out threshold) : Verdict.None;
    }

    private Verdict Compare(in RuleStep step, out double value, out double threshold)
    {
        value = step.Values[_metric];
        threshold = _otherThan ? double.NaN : _values[0];
        if (_values.AsSpan().Contains(value) != _otherThan)
        {
            return Verdict.On;
        }

        return _ends.Length == 0 || _ends.AsSpan().Contains(value) ? Verdict.Off : Verdict.Keep;
    }
}
