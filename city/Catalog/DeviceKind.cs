using System.Globalization;
using System.Text;
using SmartCity.Telemetry;

namespace SmartCity.City;

/// <summary>A kind of device: its lane, its metrics with one type each, and its rules. Made from data by <see cref="KindCatalog"/>.</summary>
public sealed class DeviceKind
{
    /// <summary>A reading's metrics are marked in one 64-bit word.</summary>
    public const int MaximumMetrics = 64;

    private readonly Metric[] _metrics;
    private readonly byte[][] _names;
    private readonly Rule[] _rules;
    private readonly RulePlace[] _places;
    private readonly int[] _memoryOffsets;
    private readonly int[] _parameterOffsets;
    private double[]? _usual;

    internal DeviceKind(string name, Title title, Lane lane, TimeSpan interval, Metric[] metrics, Rule[] rules, string fingerprint)
    {
        Name = name;
        NameUtf8 = Encoding.UTF8.GetBytes(name);
        Title = title;
        Lane = lane;
        Interval = interval;
        IntervalNs = interval.Ticks * TimeSpan.NanosecondsPerTick;
        Fingerprint = fingerprint;
        _metrics = metrics;
        _names = [.. metrics.Select(m => m.NameUtf8.ToArray())];
        _rules = rules;
        _memoryOffsets = new int[rules.Length];
        _parameterOffsets = new int[rules.Length];
        for (var i = 0; i < rules.Length; i++)
        {
            _memoryOffsets[i] = MemorySlots;
            _parameterOffsets[i] = ParameterCount;
            MemorySlots += rules[i].Slots;
            ParameterCount += rules[i].Parameters.Count;
        }

        _places = [.. rules.Select((rule, i) => new RulePlace(rule, _memoryOffsets[i], rule.Slots, _parameterOffsets[i], rule.Parameters.Count))];
        SupplyRule = Array.FindIndex(rules, r => r is ConditionRule { Role: CircuitRole.Supply });
        WitnessRule = Array.FindIndex(rules, r => r is LampSupplyRule);
        MeterRule = Array.FindIndex(rules, r => r is LampMeterRule);
        CyclingRule = Array.FindIndex(rules, r => r is LampCyclingRule);
        BalanceRule = Array.FindIndex(rules, r => r is CabinetBalanceRule);
        IsOfCircuit = SupplyRule >= 0 || WitnessRule >= 0;
    }

    /// <summary>The measurement in a line: <c>fire_detector</c>.</summary>
    public string Name { get; }

    /// <summary><see cref="Name"/> as it stands in a line.</summary>
    public ReadOnlyMemory<byte> NameUtf8 { get; }

    /// <summary>For people.</summary>
    public Title Title { get; }

    /// <summary>The lane its readings travel on, and no other.</summary>
    public Lane Lane { get; }

    /// <summary>How often it reports when nothing happens.</summary>
    public TimeSpan Interval { get; }

    /// <summary>Its metrics; a metric's place is its index.</summary>
    public IReadOnlyList<Metric> Metrics => _metrics;

    /// <summary>Its rules, in the order they are applied.</summary>
    public IReadOnlyList<Rule> Rules => _rules;

    /// <summary>SHA-256 of the text it was read from, hexadecimal: changes when the kind is edited.</summary>
    public string Fingerprint { get; }

    /// <summary>Its devices are judged together with the others of their gateway: lamps, and the cabinet that feeds them.</summary>
    public bool IsOfCircuit { get; }

    /// <summary>The rule that is the supply of a circuit; −1 where the kind is no cabinet.</summary>
    internal int SupplyRule { get; }

    /// <summary>The rule that knows of a lamp's supply; −1 where the kind is no lamp.</summary>
    internal int WitnessRule { get; }

    /// <summary>The rule that judges the lamp's own meter, or −1.</summary>
    internal int MeterRule { get; }

    /// <summary>The rule that sees a lamp go on and off, or −1.</summary>
    internal int CyclingRule { get; }

    /// <summary>The rule that weighs a cabinet's power against that of its lamps, or −1.</summary>
    internal int BalanceRule { get; }

    internal long IntervalNs { get; }

    internal int MemorySlots { get; }

    internal int ParameterCount { get; }

    internal ReadOnlySpan<Rule> RuleSpan => _rules;

    /// <summary>The rules with the places of what is theirs: for the step that every reading takes.</summary>
    internal ReadOnlySpan<RulePlace> Places => _places;

    /// <summary>The index of a metric by its UTF-8 name, or −1. Does not allocate.</summary>
    public int IndexOf(ReadOnlySpan<byte> metricUtf8)
    {
        // A kind has a handful of metrics: comparing lengths and bytes in a row beats any table.
        var names = _names;
        for (var i = 0; i < names.Length; i++)
        {
            if (metricUtf8.SequenceEqual(names[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The UTF-8 name of the metric of that index; empty where there is none. Always the same span: <see cref="LoggedLines.NextField(ReadOnlySpan{byte}, out LineField)"/>
    /// gives it back when it met what it expected.</summary>
    public ReadOnlySpan<byte> NameAt(int metric) => (uint)metric < (uint)_names.Length ? _names[metric] : default;

    /// <summary>The index of a metric by its name, or −1.</summary>
    public int IndexOf(string metric) => Array.FindIndex(_metrics, m => string.Equals(m.Name, metric, StringComparison.Ordinal));

    /// <summary>
    /// What is wrong with a device's own thresholds: names that no rule of the kind has, figures out of range, figures that
    /// contradict each other. Each sentence says what would be right.
    /// </summary>
    public IEnumerable<string> ThresholdFaults(IReadOnlyDictionary<string, double> own)
    {
        ArgumentNullException.ThrowIfNull(own);
        var known = _rules.SelectMany(r => r.Parameters.Select(p => (Rule: r.Name, Parameter: p))).ToList();
        var good = true;
        foreach (var (name, value) in own)
        {
            var meant = known.Where(k => k.Parameter.Name == name || $"{k.Rule}.{k.Parameter.Name}" == name).Select(k => k.Parameter).ToList();
            if (meant.Count == 0)
            {
                good = false;
                yield return known.Count == 0
                    ? $"a {Name} has no thresholds"
                    : $"a {Name} has no threshold \"{name}\"; there are {string.Join(", ", known.Select(k => k.Parameter.Name).Distinct(StringComparer.Ordinal))}; one rule's is written such as {known[0].Rule}.{known[0].Parameter.Name}";
                continue;
            }

            var (low, high) = (meant.Max(p => p.Minimum), meant.Min(p => p.Maximum));
            if (!(value >= low && value <= high))
            {
                good = false;
                yield return string.Create(
                    CultureInfo.InvariantCulture, $"{name} is from {low} {(high == double.MaxValue ? "up" : string.Create(CultureInfo.InvariantCulture, $"to {high}"))} {meant[0].Unit}").TrimEnd();
            }
        }

        if (good)
        {
            var resolved = ResolveParameters(own);
            for (var r = 0; r < _rules.Length; r++)
            {
                if (_rules[r].Fault(resolved.AsSpan(_parameterOffsets[r], _rules[r].Parameters.Count)) is { } fault)
                {
                    yield return fault;
                }
            }
        }
    }

    internal int MemoryOffset(int rule) => _memoryOffsets[rule];

    internal int ParameterOffset(int rule) => _parameterOffsets[rule];

    /// <summary>A rule's parameter as it is for a device with these thresholds of its own (<c>rule.parameter</c> or <c>parameter</c>); NaN = no value.</summary>
    public static double Resolve(Rule rule, RuleParameter parameter, IReadOnlyDictionary<string, double>? own)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return own is not null && (own.TryGetValue($"{rule.Name}.{parameter.Name}", out var mine) || own.TryGetValue(parameter.Name, out mine))
            ? mine
            : parameter.Value;
    }

    /// <summary>The parameters of all rules for a device with these thresholds. Devices without any share one array: nobody may write into it.</summary>
    internal double[] ResolveParameters(IReadOnlyDictionary<string, double>? own)
    {
        if (own is null or { Count: 0 } && _usual is not null)
        {
            return _usual;
        }

        var resolved = new double[ParameterCount];
        for (var r = 0; r < _rules.Length; r++)
        {
            var parameters = _rules[r].Parameters;
            for (var p = 0; p < parameters.Count; p++)
            {
                resolved[_parameterOffsets[r] + p] = Resolve(_rules[r], parameters[p], own);
            }
        }

        _usual ??= own is null or { Count: 0 } ? resolved : null;
        return resolved;
    }
}

/// <summary>A rule, and which part of a device's memory and parameters is its own.</summary>
internal readonly record struct RulePlace(Rule Rule, int Memory, int Slots, int Parameter, int Parameters);
