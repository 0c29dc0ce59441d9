namespace SmartCity.Edge.Drivers.Outputs;

/// <summary>Levels of outputs.</summary>
internal static class Levels
{
    /// <summary>Refuses what is no level.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not 0 … 100.</exception>
    public static void Check(double percent)
    {
        if (!(percent is >= 0 and <= 100))
        {
            throw new ArgumentOutOfRangeException(nameof(percent), percent, "a level is 0 … 100 %");
        }
    }
}
