using System.Globalization;
using SmartCity.Ingest.Lights;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Api;

/// <summary>The crew's work order.</summary>
internal static class LightFaultApi
{
    /// <summary>Longest age that may be asked for: ten years.</summary>
    private const int MostHours = 87_660;

    public static async Task OrderAsync(Call call)
    {
        var words = call.Query("lang") switch
        {
            null or "vi" => ServerWords.Vi,
            "en" => ServerWords.En,
            _ => throw ProblemException.Bad("\"lang\" is vi or en."),
        };
        var csv = call.Query("format") switch
        {
            null or "json" => false,
            "csv" => true,
            _ => throw ProblemException.Bad("\"format\" is json or csv."),
        };
        var filter = new WorkFilter
        {
            Ward = call.Query("ward"),
            Street = call.Query("street"),
            Trouble = call.Query("kind") is not { } kind ? null
                : WorkOrderText.TroubleOf(kind) ?? throw ProblemException.Bad($"\"kind\" is one of {string.Join(", ", Enum.GetValues<LampTrouble>().Select(WorkOrderText.Word))}."),
            Least = TimeSpan.FromHours(call.Number("hours", 0, 0, MostHours)),
        };
        var order = await call.Services.Views.WorkOrders.MakeAsync(filter, words, call.Cancel);
        if (!csv)
        {
            await call.ReplyAsync(order);
            return;
        }

        var response = call.Http.Response;
        var zone = call.Services.TimeZone;
        response.ContentType = "text/csv; charset=utf-8";
        response.Headers.ContentDisposition = $"attachment; filename=\"lamp-faults-{TimeZoneInfo.ConvertTime(order.At, zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}.csv\"";
        await response.Body.WriteAsync(WorkOrderText.Csv(order, words, zone), call.Cancel);
    }
}
