using SmartCity.City;

namespace SmartCity.Grains.Tests.Lamps;

/// <summary>What is planted, and what is to be found.</summary>
internal enum Planted
{
    DeadLamp,
    StuckRelay,
    DayBurner,
    DimmingFailure,
    Cycler,
    LyingMeter,
    PoleFuse,
    CutSupply,
    LostDevice,
    LostGateway,
}

/// <summary>One planted fault. Times in seconds from the beginning of the run.</summary>
/// <param name="What">What it is.</param>
/// <param name="Circuit">Where.</param>
/// <param name="Lamp">Number of the lamp in its circuit; −1: all of it, or its branch.</param>
/// <param name="From">When it begins.</param>
/// <param name="To">When it is mended.</param>
/// <param name="Form">Which of its forms.</param>
internal sealed record LampFault(Planted What, int Circuit, int Lamp, double From, double To, int Form)
{
    /// <summary>Too short, or hidden: finding it is right, not finding it is no miss.</summary>
    public bool Optional { get; set; }

    /// <summary>When it was reported first; NaN = never.</summary>
    public double FoundAt { get; set; } = double.NaN;

    /// <summary>By which alert; null = none.</summary>
    public AlertChange? Raised { get; set; }

    /// <summary>Further alerts of the same fault.</summary>
    public int Again { get; set; }

    public bool At(double t) => t >= From && t < To;
}
