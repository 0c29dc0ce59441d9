namespace SmartCity.City;

/// <summary>A number a rule works with; a device's thresholds may replace it.</summary>
/// <param name="Name">Within its rule.</param>
/// <param name="Value">As the kind says; NaN = no value, and then what needs it is not judged.</param>
public readonly record struct RuleParameter(string Name, double Value)
{
    /// <summary>The lowest figure that a device may have of its own.</summary>
    public double Minimum { get; init; }

    /// <summary>The highest.</summary>
    public double Maximum { get; init; } = double.MaxValue;

    /// <summary>Its unit, for people; empty where there is none.</summary>
    public string Unit { get; init; } = "";
}

/// <summary>Something a rule works out and people like to see: an air quality index, a flood's stage and outlook.</summary>
/// <param name="Name">For instance <c>vn_aqi</c>, <c>flood_next_stage_seconds</c>.</param>
/// <param name="Value">Its value.</param>
/// <param name="At">The measured time it holds for, Unix ns.</param>
public readonly record struct DerivedValue(string Name, double Value, long At);

/// <summary>
/// One rule of a kind: a pure step over a fixed slice of memory. It sees readings and ticks, never a clock, and says its changes
/// into a <see cref="ChangeSink"/>.
/// </summary>
public abstract class Rule
{
    private protected Rule(RuleHead head)
    {
        Name = head.Name;
        Alert = head.Alert;
        Severity = head.Severity;
        Detail = head.Detail;
    }

    /// <summary>Unique in its kind; part of the alert's identifier, so renaming it makes new alerts.</summary>
    public string Name { get; }

    /// <summary>The kind of alert it raises.</summary>
    public string Alert { get; }

    /// <summary>How bad that is.</summary>
    public Severity Severity { get; }

    /// <summary>Words that stand in every alert of it, or null.</summary>
    public string? Detail { get; }

    /// <summary>The numbers it works with, in a fixed order.</summary>
    public IReadOnlyList<RuleParameter> Parameters { get; private protected init; } = [];

    /// <summary>How it judges, for people.</summary>
    public RuleShape Shape { get; private protected init; } = new("", []);

    /// <summary>What is wrong with these figures together, in words, or null. In the order of <see cref="Parameters"/>; NaN = none.</summary>
    internal virtual string? Fault(ReadOnlySpan<double> parameters) => null;

    /// <summary>How many longs of memory it owns. Zeroes mean "nothing known".</summary>
    internal abstract int Slots { get; }

    /// <summary>The rule's type as written in a kind's file. A snapshot's memory is kept only for the same name, type and size.</summary>
    internal abstract string Type { get; }

    /// <summary>A reading arrived; the state already holds what was new in it.</summary>
    internal abstract void Apply(in RuleStep step);

    /// <summary>Would <see cref="Tick"/> change anything now? Reads only.</summary>
    internal virtual bool IsDue(in RuleStep step, in TickView tick) => false;

    /// <summary>
    /// The earliest moment, Unix ns, from which <see cref="IsDue"/> may be true if nothing but time passes: never later than it becomes so, perhaps
    /// earlier. <see cref="long.MaxValue"/>: not without another reading. What a reading brings forward it says to the sink
    /// (<see cref="ChangeSink.Wake"/>). Reads only.
    /// </summary>
    internal virtual long DueAt(in RuleStep step, in TickView tick) => long.MaxValue;

    /// <summary>Time passed.</summary>
    internal virtual void Tick(in RuleStep step, in TickView tick)
    {
    }

    /// <summary>What was read between the saving of this memory and now is not known: what waited for it waits anew. Alerts that stand go on standing.</summary>
    internal virtual void Interrupt(Span<long> memory)
    {
    }

    /// <summary>Says again to the zone what goes on now, as if it had begun at the step's time. Reads only.</summary>
    internal virtual void Restate(in RuleStep step)
    {
    }

    /// <summary>Adds what it has worked out so far. Reads only.</summary>
    internal virtual void Describe(in RuleStep step, ICollection<DerivedValue> values)
    {
    }
}
