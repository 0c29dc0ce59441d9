using SmartCity.City;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Lamps;

/// <summary>A lamp of the configuration, with its parts made.</summary>
/// <param name="Id">Identifier of its device.</param>
/// <param name="Output">What dims or switches it.</param>
/// <param name="Switch">The switch at the pole; null when there is none.</param>
/// <param name="Latitude">Degrees north, unless the document says; NaN when nobody knows.</param>
/// <param name="Longitude">Degrees east.</param>
internal sealed record LampSite(string Id, OutputDriver Output, Driver? Switch = null, double Latitude = double.NaN, double Longitude = double.NaN);

/// <summary>What the desk asks of the gateway around it.</summary>
/// <param name="Time">Clock.</param>
/// <param name="ClockKnown">Whether anybody knows the time.</param>
internal sealed record LampServices(TimeProvider Time, Func<bool> ClockKnown)
{
    /// <summary>A lamp's own meter: watts and when, as a stamp of the clock; null when it has measured nothing.</summary>
    public Func<string, (double Watts, long At)?> Meter { get; init; } = static _ => null;

    /// <summary>Burning hours by a lamp's own meter; null when it counts none.</summary>
    public Func<string, double?> Hours { get; init; } = static _ => null;

    /// <summary>The gateway's directory, for what must be remembered over a restart; null keeps nothing.</summary>
    public string? Directory { get; init; }

    /// <summary>The gateway's illuminance in lux and when; null when nothing measures it.</summary>
    public Func<(double Lux, long At)?> Light { get; init; } = static () => null;

    /// <summary>Has a lamp's device measure soon: its level is another one.</summary>
    public Action<string>? Hurry { get; init; }

    /// <summary>Told in sentences what an operator should know.</summary>
    public Action<string>? Notice { get; init; }
}

/// <summary>
/// The lamps of a gateway, with a server or without one. Each second every lamp gets its level (<see cref="LampRules"/>), from the document in force or, where
/// that speaks of no calendars, from the configuration's lighting section. Large steps are spread over at most <see cref="Spread"/>, each
/// lamp at its own place in the order of the identifiers, always the same. A street is never dark because a server is.
/// </summary>
internal sealed class LampDesk : IAsyncDisposable
{
    /// <summary>Longest time over which a cabinet's large steps are spread, against inrush.</summary>
    public static readonly TimeSpan Spread = TimeSpan.FromSeconds(4);

    /// <summary>Longest test.</summary>
    public static readonly TimeSpan LongestTest = TimeSpan.FromMinutes(10);

    /// <summary>A photocell that has said nothing for this long says nothing.</summary>
    public static readonly TimeSpan LightAge = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Two lamps of a cabinet switch at least this far apart while there is room in <see cref="Spread"/>.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(200);

    /// <summary>How often each output is asked what is in force, in seconds.</summary>
    private const int CheckEvery = 10;

    /// <summary>How often burning hours are counted, and how often they are put on disk, in seconds.</summary>
    private const int CountEvery = 60;
    private const int SaveEvery = 3_600;

    /// <summary>Power is measured this long after a step: a driver needs a moment to follow, and a meter measures over a second.</summary>
    private static readonly TimeSpan MeterAfter = TimeSpan.FromSeconds(2);

    /// <summary>On a ramp it is measured at most this often.</summary>
    private static readonly TimeSpan MeterApart = TimeSpan.FromSeconds(10);

    private readonly LampServices _services;
    private readonly TimeProvider _time;
    private readonly DesiredDocument? _initial;
    private readonly List<(Lamp Lamp, LampSite Site)> _lamps = [];
    private readonly Dictionary<string, Lamp> _byId = new(StringComparer.Ordinal);
    private readonly Photocell _photocell = new();
    private readonly Lock _gate = new();
    private readonly BurningHours _hours;
    private DesiredDocument _document;
    private ITimer? _timer;
    private long _second;
    private long _rounds;
    private long _revision;
    private long _counted;
    private bool _stopped;

    /// <summary>A desk; nothing moves before <see cref="Start"/>.</summary>
    /// <param name="sites">The lamps.</param>
    /// <param name="initial">The configuration's lighting section; null when it has none.</param>
    /// <param name="services">The gateway around it.</param>
    public LampDesk(IEnumerable<LampSite> sites, DesiredDocument? initial, LampServices services)
    {
        _services = services;
        _time = services.Time;
        _initial = initial;
        var ordered = sites.OrderBy(s => s.Id, StringComparer.Ordinal).ToList();
        var apart = ordered.Count < 2 ? TimeSpan.Zero : Min(Apart, Spread / (ordered.Count - 1));
        _document = initial ?? new DesiredDocument();
        _hours = new BurningHours(services.Directory, services.Notice);
        foreach (var site in ordered)
        {
            var lamp = new Lamp(site.Id, site.Output, _document.Plan(site.Id, site.Latitude, site.Longitude), apart * _lamps.Count, _time)
            {
                Changed = () => Interlocked.Increment(ref _revision),
            };
            _lamps.Add((lamp, site));
            _byId.Add(site.Id, lamp);
        }

        _hours.Keep(_byId.ContainsKey);
        _counted = _time.GetTimestamp();
        Count(_counted);
    }

    /// <summary>Grows whenever a target, feedback or reason is another one.</summary>
    public long Revision => Volatile.Read(ref _revision);

    /// <summary>Every lamp as it stands, in the order of the identifiers.</summary>
    public IReadOnlyList<LampStatus> Status => [.. _lamps.Select(l => StatusOf(l.Lamp))];

    /// <summary>What a lamp's device has to measure for the desk: its output, and its switch where it has one.</summary>
    /// <exception cref="KeyNotFoundException">The device is no lamp of this desk.</exception>
    public IEnumerable<Driver> PartsOf(string device)
    {
        var lamp = _byId[device];
        yield return lamp.Part;
        if (_lamps.Find(l => l.Lamp == lamp).Site.Switch is { } input)
        {
            yield return new SwitchPart(input, lamp, Kick);
        }
    }

    /// <summary>Whether a device is a lamp of this desk.</summary>
    public bool Has(string device) => _byId.ContainsKey(device);

    /// <summary>Puts a document in force, at once; null = there is none.</summary>
    public void Use(DesiredDocument? document)
    {
        // A server that keeps no programmes leaves them to the configuration; its overrides and minimums count all the same.
        var merged = document is null ? _initial ?? new DesiredDocument() : document.Calendars.Count > 0 || _initial is null ? document : document.WithProgrammesOf(_initial);
        lock (_gate)
        {
            _document = merged;
            foreach (var (lamp, site) in _lamps)
            {
                lamp.Plan = merged.Plan(site.Id, site.Latitude, site.Longitude);
            }

            Count(_time.GetTimestamp());
        }

        Kick();
    }

    /// <summary>Begins to light.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _second = _time.GetTimestamp();
            _timer = _time.CreateTimer(static state => ((LampDesk)state!).Kick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        Kick();
    }

    /// <summary>Has a lamp burn at a level for a while, whatever its programme says, and then lets the programme have it back.</summary>
    /// <param name="device">The lamp.</param>
    /// <param name="percent">0 … 100 %.</param>
    /// <param name="duration">How long, at most <see cref="LongestTest"/>.</param>
    /// <param name="cancel">Ends the test early.</param>
    public async Task<LampTest> TestAsync(string device, double percent, TimeSpan duration, CancellationToken cancel)
    {
        if (!_byId.TryGetValue(device, out var lamp))
        {
            return new LampTest(false, default, $"{device} is no lamp of this gateway");
        }

        if (!(percent >= 0 && percent <= 100) || duration < TimeSpan.Zero || duration > LongestTest)
        {
            return new LampTest(false, StatusOf(lamp), FormattableString.Invariant($"0 to 100 percent, for at most {LongestTest.TotalMinutes} minutes"));
        }

        var now = _time.GetTimestamp();
        if (!lamp.TryTest(percent, now + Stamps.Of(_time, duration + Second)))
        {
            return new LampTest(false, StatusOf(lamp), $"{device} is being tested");
        }

        try
        {
            Kick();
            await Task.Delay(duration, _time, cancel);
            var status = StatusOf(lamp);
            return status.Reason == LightReason.Fault ? new LampTest(false, status, status.Words) : new LampTest(true, status, Sentence(status, now));
        }
        finally
        {
            lamp.EndTest();
            Kick();
        }
    }

    /// <summary>Looks at every lamp now. Any thread.</summary>
    public void Kick()
    {
        lock (_gate)
        {
            if (_timer is null || _stopped)
            {
                return;
            }

            var now = _time.GetTimestamp();
            var due = now + Stamps.Of(_time, Second);
            try
            {
                due = Round(now);
            }
            catch (Exception e)
            {
                // A fault in this program must not leave a street as it is for ever: it is told, and the next second is another one.
                _services.Notice?.Invoke($"lamps: {e}");
            }

            _timer.Change(Stamps.Until(_time, now, due), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Stops deciding; the lamps stay as they are. The outputs are closed by their devices.</summary>
    public async ValueTask DisposeAsync()
    {
        ITimer? timer;
        lock (_gate)
        {
            _stopped = true;
            timer = _timer;
            Count(_time.GetTimestamp());
            _hours.Save();
        }

        if (timer is not null)
        {
            await timer.DisposeAsync();
        }
    }

    private long Round(long now)
    {
        var whole = now >= _second;
        if (whole)
        {
            _second = Stamps.Next(_second, Stamps.Of(_time, Second), now);
            _rounds++;
            if (_rounds % CountEvery == 0)
            {
                Count(now);
            }

            if (_rounds % SaveEvery == 0)
            {
                _hours.Save();
            }
        }

        var due = _second;
        var (meterAfter, meterApart) = (Stamps.Of(_time, MeterAfter), Stamps.Of(_time, MeterApart));
        var moment = Moment(now);
        for (var i = 0; i < _lamps.Count; i++)
        {
            var lamp = _lamps[i].Lamp;
            due = Math.Min(due, lamp.Want(LampRules.Decide(lamp.Plan, lamp.Test(now), lamp.Hand, moment), now));
            if (whole && (_rounds + i) % CheckEvery == 0)
            {
                _ = lamp.CheckAsync();
            }

            if (lamp.MustMeasure(now, meterAfter, meterApart, ref due))
            {
                _services.Hurry?.Invoke(lamp.Id);
            }
        }

        return due;
    }

    // Only of lamps with a curve: of the others nobody asks here.
    private void Count(long now)
    {
        var passed = _time.GetElapsedTime(_counted, now).TotalHours;
        _counted = now;
        foreach (var (lamp, _) in _lamps)
        {
            var desired = _document.Lamps.GetValueOrDefault(lamp.Id);
            lamp.Correct(
                desired?.Clo,
                desired?.Clo is null ? 0 : _hours.Count(lamp.Id, lamp.IsLit ? passed : 0, _services.Hours(lamp.Id), desired.Installed));
        }
    }

    private LampMoment Moment(long now)
    {
        bool? dark = _services.Light() is { } light && double.IsFinite(light.Lux) && _time.GetElapsedTime(light.At, now) <= LightAge
            ? _photocell.IsDark(light.Lux)
            : null;
        return new LampMoment(_services.ClockKnown() ? _time.GetUtcNow() : null, dark);
    }

    private LampStatus StatusOf(Lamp lamp)
    {
        var meter = _services.Meter(lamp.Id);
        return lamp.Look(Stamps.Of(_time, MeterAfter)) with { Actual = meter?.Watts, ActualAt = meter?.At ?? 0 };
    }

    private static string Sentence(in LampStatus status, long since)
    {
        var feedback = status.Feedback is { } f ? FormattableString.Invariant($"the output says {f:0.#} %") : "the output cannot say what is in force";
        var actual = status.Actual is { } watts && status.ActualAt >= since
            ? FormattableString.Invariant($"measured {watts:0.#} W")
            : "power was not measured";
        return FormattableString.Invariant($"asked {status.Target:0.#} %, {feedback}, {actual}");
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
