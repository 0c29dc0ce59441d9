namespace SmartCity.Edge.Clocks;

/// <summary>What a gateway believes of the wall clock (<c>clock</c> in its configuration).</summary>
internal enum ClockMode
{
    /// <summary>It is right: somebody else sees to that (simulators, tests, a site with a clock of its own).</summary>
    Trusted,

    /// <summary>It is right once there is evidence: see <see cref="EdgeClock"/>.</summary>
    Auto,
}
