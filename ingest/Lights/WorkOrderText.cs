using System.Globalization;
using System.Text;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Lights;

/// <summary>A work order in words: what each trouble is called, and the whole as a table for a spreadsheet.</summary>
internal static class WorkOrderText
{
    private static readonly string[] Columns =
        ["priority", "ward", "street", "kind", "id", "name", "what", "since", "asked", "feedback", "watts", "volts", "measured", "lamps", "lampids", "gateway", "lat", "lon", "assignee", "alerts"];

    /// <summary>The text of a trouble: a cabinet's door is not a pole's.</summary>
    public static string Key(string kind, LampTrouble trouble) => kind == "cabinet" && trouble is LampTrouble.Door or LampTrouble.Silent or LampTrouble.Hot or LampTrouble.Device
        ? $"faults.cabinet.{Word(trouble)}"
        : $"faults.{Word(trouble)}";

    /// <summary>A trouble as addresses and JSON name it.</summary>
    public static string Word(LampTrouble trouble) => trouble.ToString().ToLowerInvariant();

    /// <summary>The trouble of a word, or null.</summary>
    public static LampTrouble? TroubleOf(string word) => Enum.GetValues<LampTrouble>().Cast<LampTrouble?>().FirstOrDefault(t => Word(t!.Value) == word);

    /// <summary>One row a stop; times in the city's zone.</summary>
    public static byte[] Csv(WorkOrder order, ServerWords words, TimeZoneInfo zone)
    {
        var text = new StringBuilder();
        Reports.Csv.Row(text, [.. Columns.Select(c => (object?)words[$"faults.column.{c}"])]);
        foreach (var street in order.Streets)
        {
            foreach (var line in street.Items)
            {
                Reports.Csv.Row(
                    text, line.Priority, street.Ward, street.Name, words[$"faults.kind.{line.Kind}"], line.Id, line.Name, line.What, Time(line.Since), line.Evidence?.Asked, line.Evidence?.Feedback,
                    line.Evidence?.Watts, line.Evidence?.Volts, Time(line.Evidence?.At), line.Kind == "lamp" ? 1 : line.Lamps.Count, string.Join(' ', line.Lamps.Select(l => l.Id)), line.Gateway, line.Lat, line.Lon,
                    string.Join(", ", line.Faults.Select(f => f.Assignee).OfType<string>().Distinct(StringComparer.Ordinal)), string.Join(' ', line.Faults.Select(f => f.Alert)));
            }
        }

        return [.. Reports.Csv.Mark, .. Encoding.UTF8.GetBytes(text.ToString())];

        string? Time(DateTimeOffset? at) => at is { } moment ? TimeZoneInfo.ConvertTime(moment, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : null;
    }
}
