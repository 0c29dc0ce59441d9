namespace SmartCity.Grains.Tests;

/// <summary>How many campaigns of kills there are.</summary>
internal static class Stories
{
    public const int Killed = 120;

    public const int Looked = 40;

    public const int Circuits = 16;
}
