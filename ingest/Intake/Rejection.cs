namespace SmartCity.Ingest.Intake;

/// <summary>Why a line was put into quarantine. The words are part of the contract: they stand in the quarantine and in HTTP errors.</summary>
internal static class Reasons
{
    public const string Syntax = "syntax";
    public const string UnknownKind = "unknown-kind";
    public const string NoDevice = "no-device";
    public const string UnknownDevice = "unknown-device";
    public const string WrongKind = "wrong-kind";
    public const string WrongGateway = "wrong-gateway";
    public const string NotAllowed = "not-allowed";
    public const string WrongLane = "wrong-lane";
    public const string UnknownMetric = "unknown-metric";
    public const string WrongType = "wrong-type";
    public const string Range = "range";
    public const string Clock = "clock";

    /// <summary>Every reason, for counters.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Syntax, UnknownKind, NoDevice, UnknownDevice, WrongKind, WrongGateway, NotAllowed, WrongLane, UnknownMetric, WrongType, Range, Clock,
    ];
}

/// <summary>One bad line (or, on the alarm lane, one bad part of a line whose rest was kept).</summary>
/// <param name="LineNumber">From 1, within the publish or request.</param>
/// <param name="Reason">One of <see cref="Reasons"/>.</param>
/// <param name="Column">From 1, in bytes; 0 where the whole line is meant.</param>
/// <param name="Detail">The fault in words.</param>
/// <param name="Line">The line, at most 1 KiB of it, ill-formed UTF-8 replaced.</param>
/// <param name="Device">The device it names, where that could be read.</param>
internal sealed record Rejection(int LineNumber, string Reason, int Column, string Detail, string Line, string? Device);
