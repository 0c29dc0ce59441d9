namespace SmartCity.Simulators.Wiring;

/// <summary>A supervised loop as an electrician wires it: supply, series resistor, end-of-line resistor, and what happens to them.</summary>
internal static class FireLoopWire
{
    private const double Supply = 3.3;
    private const double Series = 1_000;
    private const double EndOfLine = 4_700;
    private const double Alarm = 1_000;

    /// <summary>Volts across the loop in a state: 0 normal, 1 alarm, 2 cut, 3 short.</summary>
    public static double Volts(int state) => state switch
    {
        0 => Across(EndOfLine),
        1 => Across(EndOfLine * Alarm / (EndOfLine + Alarm)),
        2 => Supply,
        _ => 0,
    };

    private static double Across(double ohms) => Supply * ohms / (Series + ohms);
}
