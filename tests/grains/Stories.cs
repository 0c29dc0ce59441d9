namespace SmartCity.Grains.Tests;

/// <summary>How many campaigns of kills there are.</summary>
internal static class Stories
{
    public const int Killed = 120;

    public const int Looked = 40;

    public const int Servers = 120;

    public const int ServersLooked = 30;

    /// <summary>A zone is read from the book by who has not heard of it, instead of being told by a refused commit.</summary>
    public const bool ReadsZones = false;

    /// <summary>A server that has not heard of a takeover begins with the rows of who took over, and seldom has anything to say.</summary>
    public const int Refusals = 6;

    public const int ConflictsEach = 3;

    public const int Circuits = 16;
}
