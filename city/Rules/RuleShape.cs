namespace SmartCity.City;

/// <summary>How a rule judges, so that a program can say it in people's words. The numbers are in the rule's parameters.</summary>
/// <param name="Form">
/// <c>above</c>, <c>below</c>, <c>equals</c>, <c>other-than</c>, <c>rises</c>, <c>falls</c> (a minute), <c>lamp-failure</c>,
/// <c>lamp-unexpected</c>, <c>lamp-dimming</c>, <c>lamp-day</c>, <c>stage</c>, <c>vn-aqi</c>, <c>silence</c>.
/// </param>
/// <param name="Metrics">Places of what it looks at among the kind's metrics.</param>
public sealed record RuleShape(string Form, IReadOnlyList<int> Metrics)
{
    /// <summary>The values of <c>equals</c> or <c>other-than</c>.</summary>
    public IReadOnlyList<double> Values { get; init; } = [];

    /// <summary>Over how long a rate or trend is seen.</summary>
    public TimeSpan? Window { get; init; }
}
