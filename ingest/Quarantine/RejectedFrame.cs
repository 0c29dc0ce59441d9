using System.Text;
using System.Text.Json;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Quarantine;

/// <summary>Takes a rejected frame apart: a JSON array of <c>{"reason","column","detail","line","device"}</c>, as intake writes it.</summary>
internal static class RejectedFrame
{
    private const int ExcerptBytes = 1024;

    /// <summary>Adds the frame's lines; a payload that is no such array becomes one entry that says so, and nothing is lost silently.</summary>
    public static void Read(LogFrame frame, Lane lane, List<QuarantineEntry> entries)
    {
        var receivedAt = frame.ReceivedAt;
        var source = Encoding.UTF8.GetString(frame.Source);
        Item?[]? items = null;
        try
        {
            items = JsonSerializer.Deserialize<Item?[]>(frame.Payload, JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            // said below
        }

        if (items is null)
        {
            entries.Add(Entry("unreadable-record", Encoding.UTF8.GetString(frame.Payload[..Math.Min(ExcerptBytes, frame.Payload.Length)])));
            return;
        }

        foreach (var item in items)
        {
            if (item is not null)
            {
                entries.Add(Entry(item.Reason ?? "unreadable-record", item.Line ?? "") with { Column = item.Column, Message = item.Detail, Device = item.Device });
            }
        }

        QuarantineEntry Entry(string reason, string line) => new()
        {
            Reason = reason,
            Lane = lane,
            Source = source,
            Line = line,
            ReceivedAt = receivedAt,
        };
    }

    private sealed record Item(string? Reason, int Column, string? Detail, string? Line, string? Device);
}
