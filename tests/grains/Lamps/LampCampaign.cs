using System.Globalization;
using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Grains.Tests.Lamps;

/// <summary>
/// Runs a town through the real host: gateways that store and forward, readings that come late or twice, a server that dies in between.
/// Whatever is raised is held against what was planted.
/// </summary>
internal sealed class LampCampaign
{
    private const double Tick = 30;

    private static readonly DateTimeOffset Begin = new(2026, 9, 1, 0, 0, 0, TimeSpan.FromHours(7));

    private readonly LampTown _town;
    private readonly LampMeters _meters;
    private readonly FakeTime _time = new(Begin.ToUniversalTime());
    private readonly TestBook _book = new();
    private readonly TestDirectory _directory = new();
    private readonly Queue<(LogCursor End, long ReceivedAt, byte[] Payload)> _log = new();
    private readonly StringBuilder[] _waiting;
    private readonly List<(double At, int Circuit, string Line)> _late = [];
    private readonly Guid _logId = Guid.NewGuid();
    private readonly long _start = Begin.ToUnixTimeSeconds() * 1_000_000_000;
    private readonly List<(double From, double To)> _down = [];
    private EmbeddedHost _host;
    private long _position;
    private int _seen;

    public LampCampaign(int seed, int lamps, int nights)
    {
        _town = new LampTown(seed, lamps, nights);
        _meters = new LampMeters(seed, _start);
        _waiting = [.. _town.Circuits.Select(_ => new StringBuilder())];
        foreach (var circuit in _town.Circuits)
        {
            if (circuit.Cabinet is { } cabinet)
            {
                _directory.Add(new DeviceInfo(cabinet, "power_cabinet", null, circuit.Gateway) { RegisteredAt = _start });
            }

            foreach (var lamp in circuit.Lamps)
            {
                _directory.Add(new DeviceInfo(lamp.Id, "streetlight", null, circuit.Gateway, true, new Dictionary<string, double>(StringComparer.Ordinal) { ["rated_w"] = lamp.Rated })
                {
                    RegisteredAt = _start,
                    Latitude = 19.807,
                    Longitude = 105.776,
                });
            }
        }

        _host = NewHost();
    }

    public long Readings => _host.Counters.Lines + _readingsBefore;

    public LampTown Town => _town;

    /// <summary>Raised without a cause that was planted.</summary>
    public List<(AlertChange Change, double At)> False { get; } = [];

    private long _readingsBefore;

    public async Task RunAsync()
    {
        for (var t = Tick; t <= _town.End; t += Tick)
        {
            _time.Advance(TimeSpan.FromSeconds(Tick));
            Measure(t);
            if (_town.Restarts.TryPeek(out var restart) && t >= restart.From)
            {
                if (t < restart.To)
                {
                    continue; // it is down: what is measured waits at the gateways
                }

                _town.Restarts.Dequeue();
                _down.Add(restart);
                await RestartAsync();
            }

            Deliver(t);
            await _host.CommitAsync(default);
            await _host.TickAsync(caughtUp: true, default);
            Note(t);
        }
    }

    /// <summary>Sets apart what need not be found: mended before it could be seen, or a meter of which nothing can tell.</summary>
    public void Settle()
    {
        foreach (var fault in _town.Faults)
        {
            if (fault.Raised is { } raised && fault.To < _town.End - (1.5 * LampTown.Day) && !_book.Changes.Exists(c => c.AlertId == raised.AlertId && c.What == AlertChangeKind.Cleared))
            {
                Stale.Add(raised);
            }

            fault.Optional |= Deadline(fault) is not { } deadline || (fault.What < Planted.CutSupply && deadline > fault.To) || Hides(fault);
        }
    }

    /// <summary>Meters whose every register says nothing, called dead lamps where nothing could tell.</summary>
    public int Untold { get; private set; }

    /// <summary>Alerts that still stand though what they were raised for was mended a day and a half before the end.</summary>
    public List<AlertChange> Stale { get; } = [];

    /// <summary>What was planted at a device and its circuit around a moment, in words.</summary>
    public string Around(string device, double at)
    {
        var circuit = _town.Circuits[int.Parse(device.Split('-')[1], CultureInfo.InvariantCulture)];
        var faults = circuit.Faults.Concat(circuit.Lamps.FirstOrDefault(l => l.Id == device)?.Faults ?? []).Where(f => at >= f.From - 7200 && at < f.To + 7200);
        return string.Create(CultureInfo.InvariantCulture, $"{circuit.Meter} {circuit.Lamps.Length} lamps, {string.Join(" ", faults.Select(f => $"{f.What}/{f.Form}[{f.From:0}..{f.To:0}]"))}");
    }

    /// <summary>The moment by which it must have been found: midnight after the first dusk at or after it can be seen; null when it never can.</summary>
    public double? Deadline(LampFault fault) => Visible(fault) is var visible && double.IsNaN(visible) ? null : LampTown.NextDusk(visible) + (6 * 3600);

    // Of a meter that says "nothing" in every register only its cabinet can tell, and only where it knows what all other lamps take.
    private bool Hides(LampFault fault) => fault is { What: Planted.LyingMeter, Form: 5 } && _town.Circuits[fault.Circuit].Lamps.SelectMany(l => l.Faults)
        .Any(f => f != fault && f.What is Planted.LyingMeter or Planted.LostDevice or Planted.DeadLamp or Planted.PoleFuse or Planted.Cycler
            && f.To > f.From + 600 && (Near(f.From, fault) || Near(f.To, fault)));

    // The evening on which it begins to show, or the hours before: the cabinet had no time to learn the others.
    private bool Near(double t, LampFault fault) => t > fault.From - LampTown.Day && t < Deadline(fault);

    /// <summary>When a fault can first be seen for as long as it takes to be sure of it: asked on or off as it must be, supplied, and heard. NaN = never.</summary>
    public double Visible(LampFault fault)
    {
        var circuit = _town.Circuits[fault.Circuit];
        var needed = 60 * fault.What switch
        {
            Planted.DeadLamp => 20,
            Planted.StuckRelay or Planted.PoleFuse => 6,
            Planted.DayBurner => 40,
            Planted.DimmingFailure => 100,
            Planted.Cycler => 75,
            Planted.LyingMeter => 45,
            Planted.LostDevice => 13,
            Planted.LostGateway => 7,
            _ => 10,
        };
        var since = double.NaN;
        for (var t = fault.From; t < fault.To; t += 30)
        {
            var level = LampTown.Level(circuit, t);
            var seen = fault.What switch
            {
                Planted.DeadLamp or Planted.Cycler => level >= 30,
                Planted.StuckRelay => level < 1,
                Planted.DayBurner => t % LampTown.Day is > 6.2 * 3600 and < 17 * 3600, // the sun is six degrees high from 6:10 to 17:20 at the least
                Planted.DimmingFailure => fault.Form == 0 ? level is > 5 and < 65 : level > 65,
                Planted.LyingMeter => fault.Form == 0 ? Math.Abs(level - LampTown.Level(circuit, fault.From)) > 32 : level > 30,
                Planted.CutSupply => level > 5 || circuit.Meter == MeterClass.Coarse || circuit.MetersGoMute,
                _ => true,
            };
            seen &= !_down.Exists(d => t >= d.From && t < d.To + 60) && !circuit.Faults.Exists(
                f => f != fault && t >= f.From && t < f.To + 120 && (f.What == Planted.LostGateway || (f.What == Planted.CutSupply && fault.What != Planted.LostGateway)));
            since = !seen ? double.NaN : double.IsNaN(since) ? t : since;
            if (t - since >= needed)
            {
                return since;
            }
        }

        return double.NaN;
    }

    private void Measure(double t)
    {
        foreach (var circuit in _town.Circuits)
        {
            _meters.Step(circuit, Tick);
            foreach (var lamp in circuit.Lamps)
            {
                var at = t - Tick + ((lamp.Phase % Tick) + Tick) % Tick;
                if ((lamp.Phase >= Tick) != ((long)(t / Tick) % 2 == 0))
                {
                    continue;
                }

                at += _meters.Between(0, 2);
                if (_meters.Lamp(circuit, lamp, at) is not { } line)
                {
                    continue;
                }

                if (_meters.Happens(0.01))
                {
                    _late.Add((at + _meters.Between(5, 90), circuit.Number, line));
                    continue;
                }

                _waiting[circuit.Number].Append(line);
                if (_meters.Happens(0.002))
                {
                    _waiting[circuit.Number].Append(line);
                }
            }

            if (circuit.Cabinet is not null && (long)(t / Tick) % 2 == 0)
            {
                _waiting[circuit.Number].Append(_meters.Cabinet(circuit, t - 1));
            }
        }

        foreach (var (_, circuit, line) in _late.Where(l => l.At <= t))
        {
            _waiting[circuit].Append(line);
        }

        _late.RemoveAll(l => l.At <= t);
    }

    private void Deliver(double t)
    {
        foreach (var circuit in _town.Circuits)
        {
            var waiting = _waiting[circuit.Number];
            if (waiting.Length == 0 || circuit.Faults.Exists(f => f.What == Planted.LostGateway && f.At(t)))
            {
                continue;
            }

            var payload = Encoding.UTF8.GetBytes(waiting.ToString());
            waiting.Clear();
            _position += 32 + payload.Length;
            var frame = (End: new LogCursor(_logId, Lane.Telemetry, _position), Now, payload);
            _log.Enqueue(frame);
            _host.ApplyFrame(frame.End, FrameFlags.None, frame.Now, payload);
        }

        while (_log.TryPeek(out var old) && _host.Cursor is { } cursor && old.End.Position <= cursor.Position)
        {
            _log.Dequeue();
        }
    }

    // What was applied since the last checkpoint is read again.
    private async Task RestartAsync()
    {
        _readingsBefore += _host.Counters.Lines;
        _host = NewHost();
        await _host.LoadAsync(default);
        foreach (var (end, receivedAt, payload) in _log.Where(f => f.End.Position > (_host.Cursor?.Position ?? 0)))
        {
            _host.ApplyFrame(end, FrameFlags.None, receivedAt, payload);
            await _host.CommitAsync(default);
        }

        await _host.TickAsync(caughtUp: false, default);
    }

    private void Note(double t)
    {
        for (; _seen < _book.Changes.Count; _seen++)
        {
            var change = _book.Changes[_seen];
            if (change.What != AlertChangeKind.Raised)
            {
                continue;
            }

            var onset = (change.MeasuredAt - _start) / 1e9;
            if (Cause(change, onset) is not { } fault)
            {
                if (change.Rule == "lamp-failure" && IsUnseenCut(change.Device!, onset))
                {
                    continue;
                }

                if (change.Rule == "lamp-failure" && DeadMeter(change.Device!, onset) is { } meter && Hides(meter))
                {
                    Untold++;
                    continue;
                }

                False.Add((change, t));
            }
            else if (double.IsNaN(fault.FoundAt))
            {
                fault.FoundAt = t;
                fault.Raised = change;
            }
            else
            {
                fault.Again++;
                False.Add((change, t));
            }
        }
    }

    private LampFault? DeadMeter(string device, double onset) => _town.Circuits[int.Parse(device.Split('-')[1], CultureInfo.InvariantCulture)]
        .Lamps.First(l => l.Id == device).Faults.Find(f => f is { What: Planted.LyingMeter, Form: 5 } && onset >= f.From && onset < f.To);

    // By day, of meters that know only power, a lamp that is asked on in a cut branch takes none: that is all that can be said.
    private bool IsUnseenCut(string device, double onset)
    {
        var circuit = _town.Circuits[int.Parse(device.Split('-')[1], CultureInfo.InvariantCulture)];
        return circuit.Meter == MeterClass.Power && LampTown.Level(circuit, onset) < 1 && circuit.Faults.Exists(f => f.What == Planted.CutSupply && onset >= f.From - 1 && onset < f.To + 120);
    }

    private LampFault? Cause(AlertChange change, double onset)
    {
        var what = change.Rule switch
        {
            "lamp-failure" => Planted.DeadLamp,
            "lamp-unexpected-on" => Planted.StuckRelay,
            "lamp-day-burner" => Planted.DayBurner,
            "lamp-dimming" => Planted.DimmingFailure,
            "lamp-cycling" => Planted.Cycler,
            "lamp-meter" => Planted.LyingMeter,
            "lamp-supply-loss" => Planted.PoleFuse,
            "supply-loss" or "circuit-supply-loss" => Planted.CutSupply,
            "silence" => Planted.LostDevice,
            "gateway-silence" => Planted.LostGateway,
            _ => (Planted)(-1),
        };
        if (what is Planted.CutSupply or Planted.LostGateway)
        {
            // The gateway's number is in every identifier of its devices.
            var circuit = _town.Circuits[int.Parse(change.Device!.Split('-')[1], CultureInfo.InvariantCulture)];
            return circuit.Faults.Find(f => f.What == what && onset >= f.From - 240 && onset <= f.To + 420);
        }

        foreach (var circuit in _town.Circuits)
        {
            foreach (var lamp in circuit.Lamps)
            {
                if (lamp.Id == change.Device)
                {
                    // Newest first: of two that are near each other the later one.
                    return lamp.Faults.FindLast(f => f.What == what && onset >= f.From - 120 && onset <= f.To + 420);
                }
            }
        }

        return null;
    }

    private long Now => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    private EmbeddedHost NewHost() => new(
        Lane.Telemetry, KindCatalog.BuiltIn, _directory, _book, _time, new HostOptions { SnapshotInterval = TimeSpan.FromMinutes(10) });
}
