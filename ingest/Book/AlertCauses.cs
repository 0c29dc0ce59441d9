namespace SmartCity.Ingest.Book;

/// <summary>What an alert turned out to be, said by the person who closes it (fire.md; the statistics of false alarms are made from it).</summary>
internal static class AlertCauses
{
    private static readonly string[] OfFire =
    [
        "fire", "false-alarm:cooking", "false-alarm:steam", "false-alarm:dust", "false-alarm:insects", "false-alarm:smoking", "false-alarm:works",
        "false-alarm:malicious", "false-alarm:fault", "false-alarm:unknown", "test", "drill",
    ];

    private static readonly string[] OfOthers = [.. OfFire, "real", "mended"];

    /// <summary>Whether closing an alert of this kind needs a cause.</summary>
    public static bool IsRequired(string kind) => AlertCategory.IsFire(kind);

    /// <summary>The causes an alert of this kind can have.</summary>
    public static IReadOnlyList<string> For(string kind) => AlertCategory.IsFire(kind) ? OfFire : OfOthers;
}
