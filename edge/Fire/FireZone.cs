using SmartCity.City;

namespace SmartCity.Edge.Fire;

/// <summary>Where a fire zone stands.</summary>
internal enum ZoneStage
{
    /// <summary>Nothing is going on.</summary>
    Quiet,

    /// <summary>One detector has seen something.</summary>
    PreAlarm,

    /// <summary>Confirmed.</summary>
    Fire,
}

/// <summary>One zone: the city's rules over its devices, and what people have said about its siren.</summary>
internal sealed class FireZone
{
    /// <summary>Stamps this near are of one moment, ns: lines are put together from what was measured within a second. A zone begins anew at the earliest a second after its last alarm.</summary>
    private const long Margin = 1_000_000_000;

    private readonly ZoneContext _configured;
    private readonly HashSet<string> _active = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Beginning> _heard = new(StringComparer.Ordinal);

    /// <summary>A zone as it is configured.</summary>
    public FireZone(ZoneContext configured)
    {
        _configured = configured;
        Context = configured;
        Name = configured.Zone ?? _configured.Subject;
    }

    /// <summary>As the rules know it.</summary>
    public ZoneContext Context { get; private set; }

    /// <summary>Its name: the zone's, or <c>device/ID</c> of a device that is a zone of its own.</summary>
    public string Name { get; }

    /// <summary>What the rules remember.</summary>
    public ZoneState State { get; private set; } = new();

    /// <summary>Where it stands.</summary>
    public ZoneStage Stage { get; private set; }

    /// <summary>The stage at which somebody silenced it; null while nobody has.</summary>
    public ZoneStage? SilencedAt { get; private set; }

    /// <summary>Somebody has told the rules that the pre-alarm is being looked after.</summary>
    public bool Acknowledged { get; set; }

    /// <summary>Remembered from before a restart and not yet seen again: no siren sounds for it.</summary>
    public bool Unproven { get; private set; }

    /// <summary>Its sirens keep still until then (Unix ns of the fire clock); 0 = no maintenance.</summary>
    public long MaintenanceUntil { get; set; }

    /// <summary>The same as the city said it, by the time of day; null = no maintenance.</summary>
    public DateTimeOffset? TestUntil { get; set; }

    /// <summary>What the desired document says of it; null when nothing.</summary>
    public DesiredZone? Said { get; set; }

    /// <summary>Up to which of its marks officers' acts have been followed.</summary>
    public OfficerMarks Followed { get; set; }

    /// <summary>A test of one of its devices is under way; null when none is.</summary>
    public FireTest? Test { get; set; }

    /// <summary>What is going on, <c>device rule</c> each.</summary>
    public IReadOnlyCollection<string> Active => _active;

    /// <summary>Devices that have alarmed since it was last quiet.</summary>
    public IReadOnlyCollection<string> Heard => _heard.Keys;

    /// <summary>Nothing to remember.</summary>
    public bool IsAtRest => State.IsQuiet && _active.Count == 0 && SilencedAt is null;

    /// <summary>Whether anything of this device is going on.</summary>
    public bool HasActive(string device) => _active.Any(a => a.StartsWith(device + ' ', StringComparison.Ordinal));

    /// <summary>Takes one signal of a device to the rules.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="stamp">When it was measured, by the clock's stamps.</param>
    /// <param name="changes">What follows.</param>
    public void Apply(in ZoneSignal signal, long stamp, ChangeSink changes)
    {
        ZoneLogic.Apply(Context, State, signal, changes);
        var key = $"{signal.Device} {signal.Rule}";
        if (!signal.On)
        {
            _active.Remove(key);
        }
        else
        {
            _active.Add(key);
            Unproven = false;
            if (_heard.TryAdd(signal.Device, new Beginning(stamp, 0)))
            {
                // A new detector: whoever silenced the siren did not know of this one.
                SilencedAt = null;
            }
        }

        Settle();
    }

    /// <summary>A device that was alarming before the restart has been measured and still is, or does not answer any more: it may have burnt.</summary>
    public void Prove() => Unproven = false;

    /// <summary>Lets time pass; true when the stage changed.</summary>
    public bool Tick(long now, ChangeSink changes)
    {
        if (!ZoneLogic.IsDue(Context, State, now))
        {
            return false;
        }

        ZoneLogic.Tick(Context, State, now, changes);
        return Settle();
    }

    /// <summary>Silences it; the pre-alarm counts as acknowledged, because somebody is there.</summary>
    public void Silence(long now, ChangeSink changes)
    {
        Acknowledge(now, changes);
        SilencedAt = Stage;
    }

    /// <summary>Somebody looks after the pre-alarm.</summary>
    public void Acknowledge(long now, ChangeSink changes)
    {
        Acknowledged = true;
        ZoneLogic.Apply(Context, State, new ZoneSignal(ZoneSignalKind.Acknowledged, true, "", "", now, now), changes);
        Settle();
    }

    /// <summary>An officer reset it: it begins anew, with whatever still goes on as a new alarm, and a silenced siren sounds for that again.</summary>
    public void Reset(long now, ChangeSink changes)
    {
        ZoneLogic.Apply(Context, State, new ZoneSignal(ZoneSignalKind.Reset, true, "", "", now, now), changes);
        SilencedAt = null;
        Acknowledged = false;
        foreach (var device in _heard.Keys.Where(d => !HasActive(d)).ToList())
        {
            _heard.Remove(device);
        }

        Settle();
    }

    /// <summary>A device that began to alarm after <paramref name="mark"/> (Unix ns), or of which nobody knows when; null when there is none.</summary>
    public string? BeganAfter(long mark, Func<long, long?> timeOfDay) =>
        _heard.FirstOrDefault(h => !(h.Value.At(timeOfDay) <= mark + Margin)).Key;

    /// <summary>When the devices that have alarmed began to, Unix ns; those of whom that is not known are left out.</summary>
    public Dictionary<string, long> Began(Func<long, long?> timeOfDay) => _heard
        .Select(h => (h.Key, At: h.Value.At(timeOfDay)))
        .Where(h => h.At is not null)
        .ToDictionary(h => h.Key, h => h.At!.Value, StringComparer.Ordinal);

    /// <summary>Forgets what a test made, unless something is still going on.</summary>
    public void EndTest(long now, ChangeSink changes)
    {
        Test = null;
        if (_active.Count == 0)
        {
            ZoneLogic.Apply(Context, State, new ZoneSignal(ZoneSignalKind.Reset, true, "", "", now, now), changes);
            Settle();
        }
    }

    /// <summary>Takes the city's times; null = those of the configuration.</summary>
    public void Retime(TimeSpan? acknowledgeWithin, TimeSpan? coincidence) => Context = _configured with
    {
        AcknowledgeWithin = acknowledgeWithin ?? _configured.AcknowledgeWithin,
        Coincidence = coincidence ?? _configured.Coincidence,
    };

    /// <summary>Becomes what was remembered.</summary>
    public void Restore(ZoneState state, IEnumerable<string> active, IEnumerable<string> heard, IReadOnlyDictionary<string, long>? began, ZoneStage? silencedAt)
    {
        State = state;
        _active.UnionWith(active);
        foreach (var device in heard)
        {
            _heard[device] = new Beginning(0, began?.GetValueOrDefault(device) is > 0 and var at ? at : -1);
        }

        Settle();
        SilencedAt = State.IsQuiet ? null : silencedAt;
        Unproven = !State.IsQuiet;
    }

    /// <summary>Does it want this siren?</summary>
    public bool Wants(Siren siren, long now) => !Unproven && Calls(siren, now);

    /// <summary>Would it want this siren if what it remembers of the time before the restart is still so?</summary>
    public bool MayWant(Siren siren, long now) => Unproven && _active.Count > 0 && Calls(siren, now);

    private bool Calls(Siren siren, long now) =>
        Stage >= (siren.AtPreAlarm ? ZoneStage.PreAlarm : ZoneStage.Fire) && SilencedAt is null && now >= MaintenanceUntil && Test is null;

    /// <summary>Reads the stage from the rules' state; a higher one sounds again, a quiet one forgets the silencing.</summary>
    private bool Settle()
    {
        var stage = State.IsQuiet ? ZoneStage.Quiet
            : ZoneLogic.OpenFire(Context, State) is not null ? ZoneStage.Fire
            : ZoneStage.PreAlarm;
        if (stage == Stage)
        {
            return false;
        }

        if (stage > Stage)
        {
            SilencedAt = null;
        }

        if (stage == ZoneStage.Quiet)
        {
            SilencedAt = null;
            Unproven = false;
            Acknowledged = false;
            _heard.Clear();
        }

        Stage = stage;
        return true;
    }
}

/// <summary>When a device began to alarm.</summary>
/// <param name="Stamp">By the clock's stamps of this start of the program.</param>
/// <param name="Known">Of a time before it: by the time of day, Unix ns; −1 when nobody knew. 0 = of this start.</param>
internal readonly record struct Beginning(long Stamp, long Known)
{
    /// <summary>By the time of day, Unix ns; null when nobody knows.</summary>
    public long? At(Func<long, long?> timeOfDay) => Known switch { 0 => timeOfDay(Stamp), > 0 => Known, _ => null };
}

/// <summary>A technician tries out one fire device.</summary>
/// <param name="Device">Which.</param>
/// <param name="Until">When the window closes, Unix ns of the fire clock.</param>
internal sealed record FireTest(string Device, long Until)
{
    /// <summary>Completes with the rule that saw it; or, when the test failed, with why.</summary>
    public TaskCompletionSource<(string? Rule, string? Failure)> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
