using System.Globalization;
using System.Text;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.History;
using SmartCity.Ingest.Reports;

namespace SmartCity.Ingest.Api;

/// <summary>One metric's readings as CSV, streamed page by page: however long the span, one page is in memory.</summary>
internal static class HistoryExportApi
{
    /// <summary>Longest span of one export.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    public static async Task ExportAsync(Call call)
    {
        var device = call.Services.Book.Registry.Current.Devices.Find(call.Query("device") ?? "")?.Row
            ?? throw ProblemException.Bad("\"device\" is the id of a device in the registry.");
        var kind = call.Services.Kinds.Find(device.Kind);
        var metric = call.Query("metric") ?? "";
        if (kind is null || kind.IndexOf(metric) < 0)
        {
            throw ProblemException.Bad($"\"metric\" is one of {string.Join(", ", kind?.Metrics.Select(m => m.Name) ?? [])}.");
        }

        var to = call.Moment("to") ?? call.Services.Time.GetUtcNow();
        var from = call.Moment("from") ?? to - TimeSpan.FromDays(1);
        if (from >= to || to - from > Longest)
        {
            throw ProblemException.Bad("\"from\" is before \"to\", and no more than 366 days.");
        }

        using var turn = call.Services.ReportTurns.Take();
        var query = new HistoryQuery(device.Kind, device.Id, metric, Instant.From(from), Instant.From(to), null, HistoryQuery.MaximumLimit);
        query.Validate();

        // The first page is asked for before anything is sent, so that a store that does not answer is told as an error.
        var page = await call.Services.History(query, call.Cancel);
        var response = call.Http.Response;
        response.ContentType = "text/csv; charset=utf-8";
        response.Headers.ContentDisposition = $"attachment; filename=\"{device.Id}-{metric}.csv\"";
        await response.Body.WriteAsync(Csv.Mark.ToArray(), call.Cancel);
        var text = new StringBuilder();
        Csv.Row(text, "time", "device", "metric", "value");
        while (true)
        {
            foreach (var point in page.Points)
            {
                var time = TimeZoneInfo.ConvertTime(Instant.ToMoment(point.Time), call.Services.TimeZone);
                Csv.Row(text, time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFzzz", CultureInfo.InvariantCulture), device.Id, metric,
                    point.Value.Number is { } number ? number : point.Value.Flag is { } flag ? flag : point.Value.Text);
            }

            await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), call.Cancel);
            text.Clear();
            if (page.Next is not { } next || next >= query.To)
            {
                return;
            }

            query = query with { From = next };
            page = await call.Services.History(query, call.Cancel);
        }
    }
}
