using System.Globalization;

namespace SmartCity.City;

/// <summary>What a staged level looks like now.</summary>
/// <param name="Stage">0 = below all; else the place of the stage in its rule, from 1.</param>
/// <param name="PerHour">The trend, in the metric's unit an hour; NaN when unknown.</param>
/// <param name="Next">The stage that comes next if the trend goes on (above when it rises, the present one's end when it falls); 0 = none.</param>
/// <param name="TimeToNext">When, from the newest reading; null when there is none.</param>
public readonly record struct StageOutlook(int Stage, double PerHour, int Next, TimeSpan? TimeToNext);

/// <summary>
/// A level with named stages (báo động I, II, III). A stage is reached at its figure and left when the level is below it by the
/// hysteresis. A stage without a figure is never raised; levels are the device's own (<c>I</c>, <c>II</c>, <c>III</c> among its
/// thresholds). One alert from the first stage until all are left, updated at every change of stage.
/// </summary>
public sealed class StageRule : Rule
{
    private const int StageSlot = 0;
    private const int OnsetSlot = 1;
    private const int RaisedReceivedSlot = 2;
    private const int FixedSlots = 3;

    private const int HysteresisIndex = 0;
    private const int FirstStageIndex = 1;

    private const double Hour = 3600e9;

    private readonly int _metric;
    private readonly long _trend;
    private readonly bool _tracksLate;
    private readonly Severity[] _severities;

    private StageRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head)
    {
        _metric = kind.Metric(map, "metric");
        _tracksLate = kind.Lane == Telemetry.Lane.Alarm;
        _trend = map.Duration("trend", TimeSpan.FromHours(3)).Ticks * TimeSpan.NanosecondsPerTick;
        var parameters = new List<RuleParameter> { kind.Span("hysteresis", map.Number("hysteresis", 0), _metric) };
        var severities = new List<Severity>();
        foreach (var stage in map.Maps("stages"))
        {
            parameters.Add(kind.Level(stage.Text("name", required: true) ?? "", stage.Number("level"), _metric));
            severities.Add(stage.Choice("severity", head.Severity));
            stage.Close();
        }

        if (severities.Count == 0)
        {
            map.Fault("stages", "is missing; add a list of '- { name: I, severity: minor }'");
        }

        _severities = [.. severities];
        Parameters = parameters;
        Shape = new RuleShape("stage", [_metric]) { Window = TimeSpan.FromTicks(_trend / TimeSpan.NanosecondsPerTick) };
    }

    /// <summary>Names of its stages, the lowest first; each is also the name of the parameter that holds its figure.</summary>
    public IEnumerable<string> Stages => Parameters.Skip(FirstStageIndex).Select(p => p.Name);

    internal override int Slots => FixedSlots + SampleRing.Slots + (_tracksLate ? LateEpisodes.Slots : 0);

    internal override string Type => "stage";

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new StageRule(head, map, kind);

    internal override string? Fault(ReadOnlySpan<double> parameters)
    {
        var below = double.NaN;
        for (var i = FirstStageIndex; i < parameters.Length; i++)
        {
            if (parameters[i] <= below)
            {
                return $"{Parameters[i].Name} lies above the stage before it";
            }

            below = double.IsNaN(parameters[i]) ? below : parameters[i];
        }

        return null;
    }

    internal override void Apply(in RuleStep step)
    {
        if (step.IsLate(_metric))
        {
            ApplyLate(step);
            return;
        }

        if (!step.IsFresh(_metric))
        {
            return;
        }

        var memory = step.Memory;
        var value = step.Values[_metric];
        Samples(step).Add(step.MeasuredAt, value, _trend);
        var was = Stage(memory);
        var now = StageOf(step.Parameters, value, was);
        if (now == was)
        {
            return;
        }

        memory[StageSlot] = now;
        if (was == 0)
        {
            memory[OnsetSlot] = step.MeasuredAt;
            memory[RaisedReceivedSlot] = step.ReceivedAt;
            Say(step, AlertChangeKind.Raised, "raised", step.MeasuredAt, now, value, historical: false);
        }
        else if (now == 0)
        {
            var onset = memory[OnsetSlot];
            if (_tracksLate)
            {
                Late(step).Remember(onset, step.MeasuredAt);
            }

            Say(step, AlertChangeKind.Cleared, Causes.Cleared(step.MeasuredAt), onset, was, value, memory[RaisedReceivedSlot] > step.MeasuredAt);
        }
        else
        {
            Say(step, AlertChangeKind.Updated, Causes.Stage(now, step.MeasuredAt), memory[OnsetSlot], now, value, historical: false);
        }
    }

    internal override void Describe(in RuleStep step, ICollection<DerivedValue> values)
    {
        var at = step.State.Times[_metric];
        if (at == 0)
        {
            return;
        }

        var outlook = Outlook(step);
        values.Add(new DerivedValue($"{Name}_stage", outlook.Stage, at));
        if (double.IsFinite(outlook.PerHour))
        {
            values.Add(new DerivedValue($"{Name}_per_hour", outlook.PerHour, at));
        }

        if (outlook.TimeToNext is { } time)
        {
            values.Add(new DerivedValue($"{Name}_next_stage", outlook.Next, at));
            values.Add(new DerivedValue($"{Name}_next_stage_seconds", time.TotalSeconds, at));
        }
    }

    /// <summary>Where the level goes if the trend of the last hours goes on. Pure.</summary>
    internal StageOutlook Outlook(in RuleStep step)
    {
        var stage = Stage(step.Memory);
        var (at, value) = (step.State.Times[_metric], step.State.Values[_metric]);
        var slope = at == 0 ? double.NaN : Samples(step).Slope(at, _trend);
        if (double.IsNaN(slope) || slope == 0)
        {
            return new StageOutlook(stage, slope * Hour, 0, null);
        }

        var next = slope > 0 ? NextAbove(step.Parameters, stage) : stage;
        if (next == 0)
        {
            return new StageOutlook(stage, slope * Hour, 0, null);
        }

        var hours = Math.Max((LevelOf(step.Parameters, next) - value) / (slope * Hour), 0);
        return hours < 24 * 30
            ? new StageOutlook(stage, slope * Hour, next, TimeSpan.FromHours(hours))
            : new StageOutlook(stage, slope * Hour, 0, null);
    }

    /// <summary>In range whatever a damaged snapshot says.</summary>
    private int Stage(ReadOnlySpan<long> memory) => (int)Math.Clamp(memory[StageSlot], 0, _severities.Length);

    private static double LevelOf(ReadOnlySpan<double> parameters, int stage) => parameters[FirstStageIndex + stage - 1];

    private int NextAbove(ReadOnlySpan<double> parameters, int stage)
    {
        for (var s = stage + 1; s <= _severities.Length; s++)
        {
            if (!double.IsNaN(LevelOf(parameters, s)))
            {
                return s;
            }
        }

        return 0;
    }

    private int StageOf(ReadOnlySpan<double> parameters, double value, int was)
    {
        for (var stage = _severities.Length; stage > 0; stage--)
        {
            var level = LevelOf(parameters, stage);
            var leave = level - (stage <= was ? parameters[HysteresisIndex] : 0);
            if (value >= leave)
            {
                return stage; // never for a missing level: no comparison with NaN is true
            }
        }

        return 0;
    }

    private void ApplyLate(in RuleStep step)
    {
        if (!_tracksLate || step.Memory[StageSlot] != 0)
        {
            return; // while it stands, its alert tells more than any older reading
        }

        var (at, value) = (step.MeasuredAt, step.Values[_metric]);
        var stage = StageOf(step.Parameters, value, was: 0);
        if (stage == 0)
        {
            Late(step).Close(at);
        }
        else if (Late(step).Extend(at, hold: 0, persist: 0, out var onset))
        {
            Say(step, AlertChangeKind.Raised, "raised", onset, stage, value, historical: true);
            Say(step, AlertChangeKind.Cleared, "cleared", onset, stage, value, historical: true);
        }
    }

    private static SampleRing Samples(in RuleStep step) => new(step.Memory.Slice(FixedSlots, SampleRing.Slots));

    private static LateEpisodes Late(in RuleStep step) => new(step.Memory[^LateEpisodes.Slots..]);

    private void Say(in RuleStep step, AlertChangeKind what, string cause, long onset, int stage, double value, bool historical) =>
        step.Sink.Add(new AlertChange
        {
            AlertId = AlertIds.Make(step.Device.Subject, Name, onset),
            What = what,
            Cause = cause,
            Kind = Alert,
            Severity = _severities[stage - 1],
            Device = step.Device.Id,
            Zone = step.Device.Zone,
            Rule = Name,
            Value = value,
            Threshold = Causes.Known(LevelOf(step.Parameters, stage)),
            MeasuredAt = step.MeasuredAt,
            ReceivedAt = step.ReceivedAt,
            Historical = historical,
            AutoResolve = true,
            Detail = Causes.Detail(Detail, $"stage {Parameters[FirstStageIndex + stage - 1].Name}", OutlookWords(step, historical), Causes.Words(step.Faults)),
        });

    private string? OutlookWords(in RuleStep step, bool historical)
    {
        var outlook = Outlook(step);
        return historical || outlook.TimeToNext is not { } time || outlook.Next == outlook.Stage
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"stage {Parameters[FirstStageIndex + outlook.Next - 1].Name} in about {time.TotalHours:0.0} h at {outlook.PerHour:0.00} an hour");
    }
}
