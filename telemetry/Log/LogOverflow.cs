namespace SmartCity.Telemetry;

/// <summary>What a telemetry lane does when its disk is used up: by its budget, or because the disk has too little free.</summary>
public enum LogOverflow : byte
{
    /// <summary>Appends wait until readers have caught up: somebody upstream keeps what is not taken (a server, with gateways before it).</summary>
    Pause,

    /// <summary>The oldest files go, read or not, and are told: nobody upstream keeps anything (a gateway, with a sensor before it).</summary>
    DropOldest,
}

/// <summary>Frames that were given up: told before their file is deleted, so that a crash between tells twice and never not at all.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Frames">How many no reader had advanced over.</param>
/// <param name="First">When the first was received, ns since 1970; 0 when none says.</param>
/// <param name="Last">When the last was.</param>
public sealed record LogDropped(Lane Lane, long Frames, long First, long Last);
