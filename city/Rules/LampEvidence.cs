namespace SmartCity.City;

/// <summary>When a lamp's values may be held against each other.</summary>
internal static class LampEvidence
{
    /// <summary>
    /// Do level and power belong together? A level is reported when it changes and may be older; but a level that is newer than the power by more
    /// than half an interval is that of a lamp whose meter has stopped answering.
    /// </summary>
    /// <param name="level">Measured time of the level, Unix ns.</param>
    /// <param name="power">Of the power.</param>
    /// <param name="interval">Reporting interval, ns.</param>
    public static bool Together(long level, long power, long interval) => level - power <= interval / 2 && power - level <= 2 * interval;
}
