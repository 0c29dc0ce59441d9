namespace SmartCity.Grains.Tests;

/// <summary>Fewer than with the embedded host: each start and each kill is a silo's.</summary>
internal static class Stories
{
    public const int Killed = 12;

    public const int Looked = 12;

    public const int Servers = 20;

    public const int ServersLooked = 6;

    /// <summary>A zone is read from the book by who has not heard of it, instead of being told by a refused commit.</summary>
    public const bool ReadsZones = true;

    /// <summary>A server that has not heard of a takeover begins with the rows of who took over, and seldom has anything to say.</summary>
    public const int Refusals = 0;

    public const int ConflictsEach = 1;

    public const int Circuits = 5;
}
