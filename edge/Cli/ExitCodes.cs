namespace SmartCity.Edge.Cli;

/// <summary>Exit codes (CONTRACTS, command lines).</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>A fault was found, and said.</summary>
    public const int Fault = 1;

    /// <summary>Wrong usage.</summary>
    public const int Usage = 2;
}
