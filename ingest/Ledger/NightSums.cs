namespace SmartCity.Ingest.Ledger;

/// <summary>What must be known of a night's figures beside the figures.</summary>
[Flags]
internal enum NightMarks
{
    /// <summary>Every figure is a counter's, read at short intervals.</summary>
    None = 0,

    /// <summary>A counter began anew: what it counted between its last reading and that moment is not known (at most one interval when readings come).</summary>
    Reset = 1,

    /// <summary>A counter jumped: another meter, or a wrong reading. The jump was not counted.</summary>
    Jump = 2,

    /// <summary>Readings were missing and the counters say how much, but how it falls on this night and its neighbours is estimated.</summary>
    Gap = 4,

    /// <summary>The lamp has no such counter: energy, hours or switch-ons are worked out from measured power.</summary>
    Integrated = 8,

    /// <summary>Readings were missing and there is no counter that would say how much: something is missing in this night.</summary>
    Missing = 16,

    /// <summary>Nobody has said the lamp's rated power, and it has not been seen at 100 %: the usual figure of its kind stands for it.</summary>
    AssumedPower = 32,

    /// <summary>Another lamp took the place in this night. Never stored: it is seen when a place's lamps are put together.</summary>
    Replaced = 64,
}

/// <summary>What a device counted in a night, or in a month. Energy in mWh, time in seconds: whole numbers, so that sums are exact.</summary>
internal record struct NightSums
{
    /// <summary>Energy, mWh.</summary>
    public long Energy;

    /// <summary>The part of <see cref="Energy"/> that was used after midnight, mWh: the reports of calendar days need it.</summary>
    public long Morning;

    /// <summary>Burning time, s.</summary>
    public long Seconds;

    /// <summary>How often it was switched on.</summary>
    public long Switches;

    /// <summary>What the same lamp would have used in the same burning time at 100 %, mWh.</summary>
    public long Full;

    /// <summary>What the correction for constant light output saved, mWh; part of full − energy.</summary>
    public long Constant;

    /// <summary>The part of <see cref="Energy"/> that the counters saw but whose night is estimated, mWh.</summary>
    public long Estimated;

    /// <summary>What must be known beside.</summary>
    public NightMarks Marks;

    /// <summary>Adds another one's figures.</summary>
    public void Add(in NightSums other)
    {
        Energy += other.Energy;
        Morning += other.Morning;
        Seconds += other.Seconds;
        Switches += other.Switches;
        Full += other.Full;
        Constant += other.Constant;
        Estimated += other.Estimated;
        Marks |= other.Marks;
    }
}
