namespace SmartCity.Ingest.Ledger;

/// <summary>What became of one reading of a counter.</summary>
internal enum CounterTurn
{
    /// <summary>The first one: from here it is counted.</summary>
    First,

    /// <summary>Not later than what was counted already: said again, or late. It changes nothing.</summary>
    Old,

    /// <summary>It went on.</summary>
    Counted,

    /// <summary>It began anew at nought: what it has counted since counts.</summary>
    Reset,

    /// <summary>It jumped, up or down, by more than the device can have done in the time: another meter, or a wrong reading. Counting goes on from here, the jump is nobody's.</summary>
    Jump,
}

/// <summary>A step of a counter.</summary>
/// <param name="Turn">What it was.</param>
/// <param name="From">When the counter was read before, Unix ns.</param>
/// <param name="Delta">What it counted since then, in the counter's smallest unit; never negative.</param>
internal readonly record struct CounterStep(CounterTurn Turn, long From, long Delta);

/// <summary>
/// The last reading of a counter that only grows, as a whole number of its smallest unit: steps of whole numbers add up to exactly what the counter says,
/// however many there are.
/// </summary>
internal struct Counter
{
    /// <summary>When it was read last, Unix ns; 0 = never.</summary>
    public long At;

    /// <summary>What it said.</summary>
    public long Value;

    /// <summary>Takes a reading.</summary>
    /// <param name="at">When, Unix ns.</param>
    /// <param name="value">What it says.</param>
    /// <param name="perSecond">The most that the device can count in a second.</param>
    /// <param name="slack">What a coarse counter may add at once.</param>
    public CounterStep Read(long at, long value, double perSecond, long slack)
    {
        if (At == 0)
        {
            (At, Value) = (at, value);
            return new(CounterTurn.First, at, 0);
        }

        if (at <= At)
        {
            return new(CounterTurn.Old, At, 0);
        }

        var (from, was) = (At, Value);
        (At, Value) = (at, value);
        var most = slack + (perSecond * (at - from) / 1e9);
        var (delta, turn) = value >= was ? (value - was, CounterTurn.Counted) : (value, CounterTurn.Reset);
        return delta <= most ? new(turn, from, delta) : new(CounterTurn.Jump, from, 0);
    }
}
