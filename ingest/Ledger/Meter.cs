using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Ledger;

/// <summary>Where a meter's device stands and what it is, as the registry says now.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="RatedWatts">Its own rated power; null when nobody has said it.</param>
/// <param name="Place">Its place, for the dark hours of a gap.</param>
internal sealed record MeterPlace(MeterKind Kind, double? RatedWatts, LampPlace Place);

/// <summary>
/// What one device's counters say, night by night. A reading is compared with the one before it, counter by counter, and only a later one counts; so a reading that
/// comes twice changes nothing. What it has counted since it was last written into the book waits in <see cref="Pending"/>.
/// </summary>
internal sealed class Meter(string device)
{
    /// <summary>Readings further apart leave a gap: the kinds report every minute, and a gateway that was restarted is back within this.</summary>
    public static readonly TimeSpan Together = TimeSpan.FromMinutes(15);

    /// <summary>Readings at 100 % after which the measured power stands for the rated one.</summary>
    public const int EnoughSeen = 10;

    // Some meters count whole kilowatt-hours, some lamps whole hours; a lamp that flickers switches a few times a second.
    private const long EnergySlack = 1_000_000;
    private const long HoursSlack = 3_600;
    private const long SwitchSlack = 3;
    private const double SwitchesPerSecond = 1;

    private const double Full = 99.5;
    private const double DarkShare = 0.05;
    private const double Weight = 0.05;

    private Counter _energy;
    private Counter _hours;
    private Counter _switches;
    private long _tookOver;
    private MeterSample _last;
    private MeterPlace? _lastPlace;

    /// <summary>Its device.</summary>
    public string Device { get; } = device;

    /// <summary>Its row in the book; 0 = it has none yet.</summary>
    public long Id { get; private set; }

    /// <summary>Figures since it was last written, by night.</summary>
    public Dictionary<int, NightSums> Pending { get; } = [];

    /// <summary>Whether anything about it is not in the book.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Where its row in the book stood when it was read or written last: if the row has moved since, another server has counted.</summary>
    public MeterMark Stored { get; private set; }

    /// <summary>Where it stands itself.</summary>
    public MeterMark At => new(_energy.At, _hours.At, _switches.At, State.PowerAt);

    /// <summary>Readings that were not later than what was counted.</summary>
    public long Old { get; private set; }

    /// <summary>The state that outlives the process.</summary>
    public MeterState State { get; set; } = new();

    /// <summary>The energy counter's last reading.</summary>
    public ref Counter Energy => ref _energy;

    /// <summary>The burning hours' last reading, in seconds.</summary>
    public ref Counter Hours => ref _hours;

    /// <summary>The switch-on counter's last reading.</summary>
    public ref Counter Switches => ref _switches;

    /// <summary>Power at 100 %, by the best that is known: what the registry says, what was measured, what is usual.</summary>
    public (double Watts, bool Assumed) FullPower(MeterPlace place) =>
        place.RatedWatts is { } rated ? (rated, false)
        : State.FullSeen >= EnoughSeen ? (State.FullWatts, false)
        : (place.Kind.UsualWatts, true);

    /// <summary>It takes over the place of a lamp that was heard last then: its own counters began at nought, so that what they say at first counts too.</summary>
    public void TakeOver(long at)
    {
        _tookOver = at;
        State.InstalledAt = at;
        IsDirty = true;
    }

    /// <summary>Its row in the book is as it is now.</summary>
    public void IsStored(long id)
    {
        Id = id;
        Stored = At;
        Pending.Clear();
        IsDirty = false;
    }

    /// <summary>
    /// Another server has counted meanwhile: what was counted here since is given up, for it began at a reading that is not the last one any more. It goes on
    /// from where the book stands, with the newest reading that came here.
    /// </summary>
    /// <param name="row">The meter as the book has it.</param>
    /// <param name="clock">The city's nights.</param>
    public void Follow(Meter row, NightClock clock)
    {
        (_energy, _hours, _switches, State) = (row._energy, row._hours, row._switches, row.State);
        IsStored(row.Id);
        if (_lastPlace is { } place)
        {
            Take(_last, place, clock);
            IsDirty = At != Stored;
        }
    }

    /// <summary>Takes a reading.</summary>
    public void Take(in MeterSample sample, MeterPlace place, NightClock clock)
    {
        IsDirty = true;
        if (sample.At >= _last.At)
        {
            (_last, _lastPlace) = (sample, place);
        }

        State.Since = State.Since == 0 ? sample.At : State.Since;
        var counted = double.IsNaN(sample.Energy) ? 0 : TakeEnergy(sample, place, clock);
        if (!place.Kind.IsLamp)
        {
            return;
        }

        Learn(sample);
        if (!double.IsNaN(sample.Hours))
        {
            TakeHours(sample, place, clock);
        }

        if (!double.IsNaN(sample.Switches))
        {
            TakeSwitches(sample, place, clock);
        }

        if (!double.IsNaN(sample.Power))
        {
            TakePower(sample, counted, place, clock);
        }
    }

    private void Begin(ref Counter counter, long at)
    {
        if (counter.At == 0 && _tookOver != 0 && at > _tookOver && State.PowerAt == 0)
        {
            counter.At = _tookOver;
        }
    }

    private long TakeEnergy(in MeterSample sample, MeterPlace place, NightClock clock)
    {
        Begin(ref _energy, sample.At);
        var step = _energy.Read(sample.At, (long)Math.Round(sample.Energy * 1e6), place.Kind.MostWatts / 3.6, EnergySlack);
        Note(step.Turn, sample.At, clock);
        AddEnergy(step.From, sample.At, step.Delta, place, clock, NightMarks.None);
        return step.Delta;
    }

    private void TakeHours(in MeterSample sample, MeterPlace place, NightClock clock)
    {
        Begin(ref _hours, sample.At);
        var step = _hours.Read(sample.At, (long)Math.Round(sample.Hours * 3_600), 1, HoursSlack);
        Note(step.Turn, sample.At, clock);
        if (step.Turn is CounterTurn.Reset or CounterTurn.Jump)
        {
            // Another lamp: its power at 100 % is another's too.
            (State.InstalledAt, State.Seconds, State.FullSeen) = (sample.At, 0, 0);
        }

        AddHours(step.From, sample.At, step.Delta, place, clock, NightMarks.None);
    }

    private void TakeSwitches(in MeterSample sample, MeterPlace place, NightClock clock)
    {
        Begin(ref _switches, sample.At);
        var step = _switches.Read(sample.At, (long)Math.Round(sample.Switches), SwitchesPerSecond, SwitchSlack);
        Note(step.Turn, sample.At, clock);
        if (step.Delta > 0)
        {
            var left = new Shares(step.Delta);
            foreach (var part in Parts(step.From, sample.At, place, clock, out _))
            {
                Sums(part.Night).Switches += left.Take(part.Weight);
            }
        }
    }

    // What no counter says is worked out from power: the mean of two readings that belong together, on from the first of them until the second.
    private void TakePower(in MeterSample sample, long counted, MeterPlace place, NightClock clock)
    {
        var (from, before) = (State.PowerAt, State.Power);
        if (sample.At <= from)
        {
            Old++;
            return;
        }

        (State.PowerAt, State.Power) = (sample.At, sample.Power);
        var dark = Math.Max(1, FullPower(place).Watts * DarkShare);
        var (was, burns) = (before > dark, sample.Power > dark);
        State.OnWatts = burns ? sample.Power : State.OnWatts;
        if (from == 0)
        {
            return;
        }

        var seconds = (sample.At - from) / 1e9;
        var near = sample.At - from <= Instant.Of(Together);
        if (_energy.At == 0)
        {
            if (near)
            {
                AddEnergy(from, sample.At, (long)Math.Round((before + sample.Power) / 2 * seconds / 3.6), place, clock, NightMarks.Integrated);
            }
            else
            {
                Mark(from, sample.At, NightMarks.Missing, place, clock);
            }
        }

        if (_hours.At == 0)
        {
            var burned = near ? (was ? seconds : 0) : State.OnWatts > 0 ? Math.Min(seconds, counted * 3.6 / State.OnWatts) : 0;
            AddHours(from, sample.At, (long)Math.Round(burned), place, clock, NightMarks.Integrated);
        }

        if (_switches.At == 0 && burns && !was)
        {
            ref var sums = ref Sums(clock.At(sample.At).Night);
            sums.Switches++;
            sums.Marks |= NightMarks.Integrated;
        }
    }

    private void AddEnergy(long from, long to, long delta, MeterPlace place, NightClock clock, NightMarks marks)
    {
        if (delta <= 0)
        {
            return;
        }

        var left = new Shares(delta);
        foreach (var part in Parts(from, to, place, clock, out var estimated))
        {
            var share = left.Take(part.Weight);
            ref var sums = ref Sums(part.Night);
            sums.Energy += share;
            sums.Morning += part.Morning ? share : 0;
            sums.Estimated += estimated ? share : 0;
            sums.Constant += (long)Math.Round(share * (State.Constant - 1));
            sums.Marks |= marks | (estimated ? NightMarks.Gap : 0);
        }
    }

    private void AddHours(long from, long to, long seconds, MeterPlace place, NightClock clock, NightMarks marks)
    {
        if (seconds <= 0)
        {
            return;
        }

        State.Seconds += seconds;
        var (watts, assumed) = FullPower(place);
        var left = new Shares(seconds);
        foreach (var part in Parts(from, to, place, clock, out var estimated))
        {
            var share = left.Take(part.Weight);
            ref var sums = ref Sums(part.Night);
            sums.Seconds += share;
            sums.Full += (long)Math.Round(share * watts / 3.6);
            sums.Marks |= marks | (estimated ? NightMarks.Gap : 0) | (assumed ? NightMarks.AssumedPower : 0);
        }
    }

    // A span within one half of a night falls whole on it. Readings that belong together are shared by time; a longer silence of a lamp by the dark hours in it.
    private static ReadOnlySpan<NightPart> Parts(long from, long to, MeterPlace place, NightClock clock, out bool estimated)
    {
        var far = to - from > Instant.Of(Together);
        var parts = clock.Parts(from, to, far && place.Kind.IsLamp ? place.Place : null);
        estimated = far && parts[0].Night != parts[^1].Night;
        return parts;
    }

    private void Mark(long from, long to, NightMarks mark, MeterPlace place, NightClock clock)
    {
        foreach (var part in Parts(from, to, place, clock, out _))
        {
            Sums(part.Night).Marks |= mark;
        }
    }

    private void Note(CounterTurn turn, long at, NightClock clock)
    {
        switch (turn)
        {
            case CounterTurn.Old:
                Old++;
                break;
            case CounterTurn.Reset:
                Sums(clock.At(at).Night).Marks |= NightMarks.Reset;
                break;
            case CounterTurn.Jump:
                Sums(clock.At(at).Night).Marks |= NightMarks.Jump;
                break;
        }
    }

    // The share of the correction and the power at 100 %, from readings that hold all that is needed.
    private void Learn(in MeterSample sample)
    {
        if (!(sample.Dim > 0))
        {
            return;
        }

        State.Constant = sample.Driver > 0 && sample.Driver < sample.Dim ? sample.Dim / sample.Driver : 1;
        var full = sample.Power * State.Constant;

        // A lamp that is dead or half dead says nothing about its full power.
        if (sample.Dim >= Full && full > 1 && (State.FullSeen == 0 || full > State.FullWatts / 2))
        {
            State.FullWatts = State.FullSeen == 0 ? full : State.FullWatts + ((full - State.FullWatts) * Math.Max(Weight, 1.0 / (State.FullSeen + 1)));
            State.FullSeen = Math.Min(State.FullSeen + 1, 1_000);
        }
    }

    private ref NightSums Sums(int night) => ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(Pending, night, out _);

    // Shares of a whole number that add up to it.
    private struct Shares(long whole)
    {
        private double _weight;
        private long _given;

        public long Take(double weight)
        {
            _weight += weight;
            var until = Math.Min(whole, (long)Math.Round(whole * _weight));
            var share = until - _given;
            _given = until;
            return share;
        }
    }
}

/// <summary>When each of a meter's counters was read last, Unix ns: whatever is counted moves one of them.</summary>
internal readonly record struct MeterMark(long Energy, long Hours, long Switches, long Power);

/// <summary>What is known of a device beside its counters' last readings.</summary>
internal sealed record MeterState
{
    /// <summary>When power was measured last, Unix ns; 0 = never.</summary>
    public long PowerAt { get; set; }

    /// <summary>That power, W.</summary>
    public double Power { get; set; }

    /// <summary>What it drew when it was last seen burning, W.</summary>
    public double OnWatts { get; set; }

    /// <summary>Power measured at 100 %, W.</summary>
    public double FullWatts { get; set; }

    /// <summary>Readings that <see cref="FullWatts"/> is from.</summary>
    public int FullSeen { get; set; }

    /// <summary>How many times more it would draw without the correction for constant light output; 1 without one.</summary>
    public double Constant { get; set; } = 1;

    /// <summary>Burning time seen since it was put up, s: its age where it has no counter of its own.</summary>
    public long Seconds { get; set; }

    /// <summary>When the lamp in this place began anew, Unix ns; 0 = not seen.</summary>
    public long InstalledAt { get; set; }

    /// <summary>Its first reading, Unix ns; 0 = none yet.</summary>
    public long Since { get; set; }
}
