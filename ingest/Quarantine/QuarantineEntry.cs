using System.Text;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Quarantine;

/// <summary>A line on its way into the quarantine.</summary>
internal sealed record QuarantineEntry
{
    /// <summary>Why, one lower-case word: intake's reasons, or <c>store-refused</c> and <c>store-too-large</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>On which lane it came.</summary>
    public required Lane Lane { get; init; }

    /// <summary>The gateway or principal it came from; <c>history</c> when the store refused it.</summary>
    public required string Source { get; init; }

    /// <summary>The line, or as much of it as was kept.</summary>
    public required string Line { get; init; }

    /// <summary>When it was received, unix ns; null: now.</summary>
    public long? ReceivedAt { get; init; }

    /// <summary>1-based byte where the fault was noticed; 0 when not known.</summary>
    public int Column { get; init; }

    /// <summary>The device it speaks of, if that is known.</summary>
    public string? Device { get; init; }

    /// <summary>The fault in words: intake's, or the store's own.</summary>
    public string? Message { get; init; }

    /// <summary>A line of the log that the history store refused; its device is known when the line is well formed.</summary>
    public static QuarantineEntry Refused(string reason, Lane lane, ReadOnlySpan<byte> line, string message, int column = 0)
    {
        string? device = null;
        var reader = new LineReader(line);
        if (reader.Read() && reader.NextTag(out var key, out var value) && key.SequenceEqual("device"u8))
        {
            device = Encoding.UTF8.GetString(value);
        }

        return new QuarantineEntry
        {
            Reason = reason,
            Lane = lane,
            Source = "history",
            Line = Encoding.UTF8.GetString(line),
            Message = message,
            Column = column,
            Device = device,
        };
    }
}

/// <summary>A line in the quarantine.</summary>
/// <param name="Id">Grows with time.</param>
/// <param name="ReceivedAt">When it was received.</param>
/// <param name="Lane">On which lane.</param>
/// <param name="Source">From whom.</param>
/// <param name="Device">Of which device, if known.</param>
/// <param name="Reason">Why it is here.</param>
/// <param name="Column">1-based byte of the fault; 0 when not known.</param>
/// <param name="Line">The line.</param>
/// <param name="Message">The fault in words.</param>
internal sealed record QuarantinedLine(
    long Id, DateTimeOffset ReceivedAt, Lane Lane, string Source, string? Device, string Reason, int Column, string Line, string? Message);

/// <summary>A page of the quarantine, newest first.</summary>
/// <param name="Items">The lines.</param>
/// <param name="Next">Cursor of the next page; null at the end.</param>
internal sealed record QuarantinePage(IReadOnlyList<QuarantinedLine> Items, string? Next);

/// <summary>Figures of the quarantine since it was made.</summary>
/// <param name="Rows">Lines in it now.</param>
/// <param name="Bytes">Their size now.</param>
/// <param name="Evicted">Lines pushed out by newer ones, ever.</param>
/// <param name="ByReason">Lines put in, ever, by reason.</param>
internal sealed record QuarantineFigures(long Rows, long Bytes, long Evicted, IReadOnlyDictionary<string, long> ByReason)
{
    /// <summary>Lines put in, ever.</summary>
    public long Total => ByReason.Values.Sum();
}
