using SmartCity.City;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Lamps;

/// <summary>
/// One lamp's output and what it was told. Calls of the output never overlap. What is wanted is handed in by the desk each second;
/// whether and when the output is told is decided here: a large step waits for the lamp's place in the cabinet, a ramp goes in
/// steps of one percent, and the end of a ramp is exact. Levels are percent of the nominal light; with a curve of constant light output
/// (<see cref="ConstantOutput"/>) the output is given its <see cref="Share"/> of them. What the output has (fields below) is in percent of its own power.
/// </summary>
internal sealed partial class Lamp
{
    /// <summary>From here on a step is large, in percent: half a cabinet's lamps at a quarter more is what its fuse is made for.</summary>
    public const double LargeStep = 25;

    /// <summary>Steps of a ramp, in percent; the eye sees no smaller one.</summary>
    public const double RampStep = 1;

    /// <summary>An output that moved by more than this without being told has lost its setting, in percent.</summary>
    public const double Drift = 1;

    /// <summary>Longest call of an output.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly OutputDriver _output;
    private readonly TimeProvider _time;
    private readonly long _place;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _gate = new();
    private LampDecision _wanted;
    private double _before = double.NaN;
    private double _applied = double.NaN;
    private double _feedback = double.NaN;
    private double _settled = double.NaN;
    private double _share = 100;
    private long _dueAt = Stamps.Never;
    private long? _steppedAt;
    private long _unmeasuredAt = Stamps.Never;
    private long _changedAt = long.MinValue;
    private long _hurriedAt = long.MinValue;
    private bool _ready;
    private bool _busy;
    private bool _hand;
    private Exception? _failure;
    private (double Percent, long Until)? _test;

    /// <summary>A lamp.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="output">What dims or switches it.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="place">How long after its cabinet a large step is made.</param>
    /// <param name="time">Clock.</param>
    public Lamp(string id, OutputDriver output, LampPlan plan, TimeSpan place, TimeProvider time)
    {
        Id = id;
        Plan = plan;
        _output = output;
        _time = time;
        _place = Stamps.Of(time, place);
        _wanted = new LampDecision(Lighting.DefaultPercent, LightReason.Default, static () => "just started");
        Part = new LampPart(this);
    }

    /// <summary>Its identifier.</summary>
    public string Id { get; }

    /// <summary>Its plan; replaced when a new document is in force.</summary>
    public LampPlan Plan { get; set; }

    /// <summary>What its device measures of it: <c>dim_percent</c>, the feedback.</summary>
    public LampPart Part { get; }

    /// <summary>The switch at the pole is on.</summary>
    public bool Hand
    {
        get => Volatile.Read(ref _hand);
        set => Volatile.Write(ref _hand, value);
    }

    /// <summary>Told when target, feedback or reason is another one.</summary>
    public Action? Changed { get; set; }

    /// <summary>The curve of its luminaire; null = none. A part that only switches has no use for one.</summary>
    public ConstantOutput? Clo { get; private set; }

    /// <summary>Percent of the driver's power that stands for 100 % of the nominal light.</summary>
    public double Share
    {
        get
        {
            lock (_gate)
            {
                return _share;
            }
        }
    }

    /// <summary>The output has it burn.</summary>
    public bool IsLit
    {
        get
        {
            lock (_gate)
            {
                return _applied > 0;
            }
        }
    }

    /// <summary>What the output is, for people.</summary>
    public string Where => _output.Where;

    /// <summary>Follows a curve at so many burning hours; null = no curve.</summary>
    public void Correct(ConstantOutput? clo, double hours)
    {
        var share = clo is not null && _output.Dims ? clo.At(hours) : 100;
        lock (_gate)
        {
            Clo = _output.Dims ? clo : null;
            _share = share;
        }
    }

    /// <summary>Whether its power is to be measured now because of a step: soon after it when the target rests, now and then while it moves.</summary>
    /// <param name="now">Stamp.</param>
    /// <param name="after">How long after a step power says something of it.</param>
    /// <param name="apart">Least time between two of a target that moves (a ramp).</param>
    /// <param name="due">When it has to be asked again, if that is sooner.</param>
    public bool MustMeasure(long now, long after, long apart, ref long due)
    {
        lock (_gate)
        {
            if (_unmeasuredAt == Stamps.Never)
            {
                return false;
            }

            var at = _unmeasuredAt + after;
            if (_changedAt > _unmeasuredAt)
            {
                at = Math.Max(at, _hurriedAt + apart);
            }

            if (now < at)
            {
                due = Math.Min(due, at);
                return false;
            }

            _unmeasuredAt = Stamps.Never;
            _hurriedAt = now;
            return true;
        }
    }

    /// <summary>Level of a test under way; null when none is.</summary>
    public double? Test(long now)
    {
        lock (_gate)
        {
            if (_test is { } test && now >= test.Until)
            {
                _test = null;
            }

            return _test?.Percent;
        }
    }

    /// <summary>Begins a test; false while another one is under way.</summary>
    public bool TryTest(double percent, long until)
    {
        lock (_gate)
        {
            if (_test is not null)
            {
                return false;
            }

            _test = (percent, until);
            return true;
        }
    }

    /// <summary>Ends a test early.</summary>
    public void EndTest()
    {
        lock (_gate)
        {
            _test = null;
        }
    }

    /// <summary>The lamp as its output knows it; the meter is the device's.</summary>
    /// <param name="settle">How long after a step power says something of it.</param>
    public LampStatus Look(long settle)
    {
        lock (_gate)
        {
            double? feedback = double.IsNaN(_feedback) ? null : Level(_feedback);
            var (reason, words) = _failure is { } failure ? (LightReason.Fault, () => failure.Message) : (_wanted.Reason, _wanted.Words);
            return new LampStatus(Id, _wanted.Percent, feedback, null, 0, reason, words) { SettledAt = _steppedAt + settle, Clo = Clo is null ? null : _share };
        }
    }

    /// <summary>Takes what is wanted now.</summary>
    /// <returns>Stamp at which it has to be asked again, when that is before the next second.</returns>
    public long Want(in LampDecision decision, long now)
    {
        bool act;
        bool changed;
        long due;
        lock (_gate)
        {
            changed = decision.Percent != _wanted.Percent || decision.Reason != _wanted.Reason;
            _changedAt = decision.Percent != _wanted.Percent ? now : _changedAt;
            _wanted = decision;
            act = _ready && !_busy && MustStep(decision, now);
            _busy |= act;
            due = _busy ? Stamps.Never : _dueAt;
            _before = decision.Percent;
        }

        if (changed)
        {
            Changed?.Invoke();
        }

        if (act)
        {
            _ = StepAsync();
        }

        return due;
    }

    // A step of a ramp, or the exact end of one, at once; a large one at this lamp's place in the cabinet.
    private bool MustStep(in LampDecision decision, long now)
    {
        var step = double.IsNaN(_applied) ? 100 : Math.Abs(Given(decision.Percent) - _applied);
        if (step == 0)
        {
            _dueAt = Stamps.Never;
            return false;
        }

        if (step < LargeStep || decision.AtOnce)
        {
            _dueAt = Stamps.Never;
            return step >= RampStep || decision.Percent == _before;
        }

        if (_dueAt == Stamps.Never)
        {
            _dueAt = now + _place;
        }

        if (now < _dueAt)
        {
            return false;
        }

        _dueAt = Stamps.Never;
        return true;
    }

    // What the output is given for a level, and the level that it stands for.
    private double Given(double percent) => _share == 100 ? percent : percent * _share / 100;

    private double Level(double given) => _share == 100 ? given : Math.Min(100, Math.Round(given * 100 / _share, 1));
}
