using SmartCity.City;

namespace SmartCity.Ingest.Cap;

/// <summary>
/// The messages of one alert, from its transitions in order. Depends on nothing else, so the same transitions give the same messages
/// for ever, and no message is stored. Holds what the last message said and at most <see cref="MaximumReferences"/> references.
/// </summary>
internal sealed class CapChain(CapOptions options)
{
    /// <summary>References of one message; beyond that the oldest are left out. An alert has a handful of messages.</summary>
    public const int MaximumReferences = 100;

    /// <summary>An all-clear or a cancellation holds this long: long enough for whoever polls.</summary>
    private static readonly TimeSpan LastWord = TimeSpan.FromHours(6);

    private readonly List<CapReference> _valid = [];
    private Face? _said;
    private CapStatus _status;
    private DateTimeOffset _sent = DateTimeOffset.MinValue;
    private bool _reset;

    /// <summary>What a message says; one that would say the same again is not sent.</summary>
    private sealed record Face(CapPhase Phase, Severity Severity, string? Class);

    /// <summary>The message of this transition, or null when it changes nothing for the public or for responders.</summary>
    public CapMessage? Next(CapStep step)
    {
        if (CapKinds.Find(step.Kind) is not { } kind || CapStep.Silent.Contains(step.What))
        {
            return null;
        }

        // A reset lets the zone begin anew; that the danger is over, somebody still has to say.
        _reset = step.What == "reset" || (_reset && step.State is AlertState.Resolved or AlertState.Closed && step.What is not ("resolved" or "closed"));
        var status = StatusOf(step);
        if (_valid.Count > 0 && status != _status)
        {
            if (status != CapStatus.Actual)
            {
                // What went out as real was not: it should not have been sent.
                return Say(step, kind, CapType.Cancel, _status, new Face(CapPhase.False, step.Severity, null));
            }

            // What was a test is real from here on: a new warning. The test's messages run out by themselves.
            Forget();
        }

        var phase = PhaseOf(step, status);
        var face = new Face(phase, step.Severity, CapWords.ClassOf(step.Detail));
        if (_valid.Count == 0)
        {
            var begins = phase is CapPhase.Active or CapPhase.Handled or CapPhase.Quiet && step.Severity >= Severity.Major &&
                (!step.Historical || step.What is "reopened" or "live");
            return begins ? Say(step, kind, CapType.Alert, status, face) : null;
        }

        return face == _said ? null : Say(step, kind, phase == CapPhase.False ? CapType.Cancel : CapType.Update, status, face);
    }

    private CapMessage Say(CapStep step, CapKind kind, CapType type, CapStatus status, Face face)
    {
        // Never before the message it follows, whatever the server's clock did; whole seconds, as the schema has it.
        var at = step.RecordedAt > _sent ? step.RecordedAt : _sent;
        var sent = TimeZoneInfo.ConvertTime(new DateTimeOffset(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero), options.TimeZone);
        var expires = sent + (face.Phase is CapPhase.Ended or CapPhase.False or CapPhase.Grown ? LastWord : kind.Life);
        var message = new CapMessage(
            CapText.Token($"{step.Id}.{step.Revision}"), options.Sender, sent, status, type, type == CapType.Alert ? [] : References(sent),
            face.Phase, face.Severity, expires, kind, step);
        if (type == CapType.Cancel)
        {
            Forget();
        }
        else
        {
            _valid.Add(new CapReference(message.Sender, message.Identifier, sent, expires));
            if (_valid.Count > MaximumReferences)
            {
                _valid.RemoveAt(0);
            }

            _said = face;
            _status = status;
        }

        _sent = sent;
        return message;
    }

    // Those that still hold; and the last in any case, because an update without a reference is none.
    private List<CapReference> References(DateTimeOffset sent) => [.. _valid.Where((r, i) => r.Expires > sent || i == _valid.Count - 1)];

    private void Forget()
    {
        _valid.Clear();
        _said = null;
    }

    private static CapStatus StatusOf(CapStep step) => step.Occasion switch
    {
        "drill" => CapStatus.Exercise,
        "test" => CapStatus.Test,

        // Works make no danger quiet: what is raised beside them is real until a person says otherwise.
        "works" => CapStatus.Actual,
        _ => step.Test ? CapStatus.Test : CapStatus.Actual,
    };

    private CapPhase PhaseOf(CapStep step, CapStatus status)
    {
        if (step.State is AlertState.Resolved or AlertState.Closed)
        {
            return step.Cause is { } cause && (cause.StartsWith("false-alarm", StringComparison.Ordinal) || (status == CapStatus.Actual && cause is "test" or "drill"))
                ? CapPhase.False
                : step.StepCause.StartsWith("confirmed@", StringComparison.Ordinal) || _said?.Phase == CapPhase.Grown ? CapPhase.Grown
                : _reset ? CapPhase.Quiet
                : CapPhase.Ended;
        }

        return step.ClearedAt is not null ? CapPhase.Quiet : step.State == AlertState.InProgress ? CapPhase.Handled : CapPhase.Active;
    }
}
