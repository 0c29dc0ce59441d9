namespace SmartCity.Edge.Drivers.I2c;

/// <summary>What a supervised loop says, as the metric <c>loop_state</c> has it.</summary>
internal enum LoopState
{
    /// <summary>The end-of-line resistor, and nothing else.</summary>
    Normal = 0,

    /// <summary>A detector has switched its resistor across the loop.</summary>
    Alarm = 1,

    /// <summary>Cut.</summary>
    Open = 2,

    /// <summary>Shorted.</summary>
    Short = 3,
}

/// <summary>
/// The voltages of a supervised loop. Supply → series resistor → loop, where it is measured; at the far end the end-of-line resistor,
/// and each detector in alarm puts its alarm resistor across. So the voltage falls from the supply (cut) over the end-of-line resistor
/// alone (normal) and with one or more alarm resistors beside it (alarm) to nothing (short). Borders are half-way between neighbours.
/// </summary>
/// <param name="supply">Volts that feed the loop.</param>
/// <param name="series">Ohms between supply and loop.</param>
/// <param name="endOfLine">Ohms at the far end.</param>
/// <param name="alarm">Ohms of a detector in alarm.</param>
/// <param name="detectors">How many detectors may be in alarm at once and must not look like a short.</param>
internal sealed class FireLoopBorders(double supply, double series, double endOfLine, double alarm, int detectors)
{
    /// <summary>Part of the distance between two neighbours on each side of their border in which the former state stays.</summary>
    private const double Band = 0.05;

    /// <summary>Beyond the supply by more than this part, the wiring or the settings are wrong.</summary>
    private const double Tolerance = 0.1;

    /// <summary>Volts of a loop at rest.</summary>
    public double Normal { get; } = Across(supply, series, endOfLine);

    /// <summary>Volts with one detector in alarm.</summary>
    public double OneAlarm { get; } = Across(supply, series, Parallel(endOfLine, alarm));

    /// <summary>Volts with as many detectors in alarm as may be.</summary>
    public double ManyAlarms { get; } = Across(supply, series, Parallel(endOfLine, alarm / detectors));

    /// <summary>Volts above which the loop is cut.</summary>
    public double OpenBorder => (supply + Normal) / 2;

    /// <summary>Volts below which a detector is in alarm.</summary>
    public double AlarmBorder => (Normal + OneAlarm) / 2;

    /// <summary>Volts below which the loop is shorted.</summary>
    public double ShortBorder => ManyAlarms / 2;

    /// <summary>Smallest distance between neighbours; below some 50 mV noise decides.</summary>
    public double Narrowest => Math.Min(Math.Min(supply - Normal, Normal - OneAlarm), ManyAlarms);

    /// <summary>State at a voltage; null = on a border, where the former state stays.</summary>
    /// <param name="volts">Measured across the loop.</param>
    /// <param name="impossible">The voltage cannot be on this loop: more than its supply, or below ground.</param>
    public LoopState? At(double volts, out bool impossible)
    {
        impossible = volts > supply * (1 + Tolerance) || volts < -supply * Tolerance;
        if (impossible || OnBorder(volts, OpenBorder, supply - Normal)
            || OnBorder(volts, AlarmBorder, Normal - OneAlarm) || OnBorder(volts, ShortBorder, ManyAlarms))
        {
            return null;
        }

        return volts > OpenBorder ? LoopState.Open
            : volts > AlarmBorder ? LoopState.Normal
            : volts > ShortBorder ? LoopState.Alarm
            : LoopState.Short;
    }

    private static bool OnBorder(double volts, double border, double distance) => Math.Abs(volts - border) <= distance * Band;

    private static double Across(double supply, double series, double resistance) => supply * resistance / (series + resistance);

    private static double Parallel(double a, double b) => a * b / (a + b);
}
