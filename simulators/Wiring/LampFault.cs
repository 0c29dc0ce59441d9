namespace SmartCity.Simulators.Wiring;

/// <summary>What can be wrong with a simulated lamp, or with what measures it.</summary>
internal enum LampFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Its driver is dead: no light and no power, whatever it is told.</summary>
    Dead,

    /// <summary>Its relay is welded: full light whatever it is told, also by day.</summary>
    StuckOn,

    /// <summary>Its dimming wire is off: full light at every level above 0.</summary>
    NoDimming,

    /// <summary>Its driver overheats: it goes out and comes back as long as it is asked on (<see cref="SimLamp.CycleOn"/>, <see cref="SimLamp.CycleOff"/>).</summary>
    Cycling,

    /// <summary>It burns as it should, and its meter says 0 W while current flows.</summary>
    LyingMeter,

    /// <summary>It burns as it should, and nothing at its pole answers: meter and controller are off the line.</summary>
    Silent,
}
