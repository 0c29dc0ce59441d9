namespace SmartCity.Grains.Tests;

/// <summary>Fewer than with the embedded host: each start and each kill is a silo's.</summary>
internal static class Stories
{
    public const int Killed = 12;

    public const int Looked = 12;

    public const int Circuits = 5;
}
