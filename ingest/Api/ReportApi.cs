using System.Globalization;
using SmartCity.Ingest.Reports;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Api;

/// <summary>Reports of days, months and shifts: JSON, a page for printing, CSV.</summary>
internal static class ReportApi
{
    public static Task DailyAsync(Call call)
    {
        var zone = call.Services.TimeZone;
        var text = call.Query("date") ?? Today(call).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return PeriodAsync(call, ReportPeriod.Day(text, zone) ?? throw ProblemException.Bad("\"date\" is a day such as 2026-09-01."));
    }

    public static Task MonthlyAsync(Call call)
    {
        var zone = call.Services.TimeZone;
        var text = call.Query("month") ?? Today(call).ToString("yyyy-MM", CultureInfo.InvariantCulture);
        return PeriodAsync(call, ReportPeriod.Month(text, zone) ?? throw ProblemException.Bad("\"month\" is a month such as 2026-09."));
    }

    public static async Task ShiftAsync(Call call)
    {
        var shift = await ShiftApi.FindAsync(call);
        var form = Form(call);
        using var turn = call.Services.ReportTurns.Take();
        await ReplyAsync(call, await new ReportMaker(call.Services).MakeAsync(shift, call.Cancel), form);
    }

    private static async Task PeriodAsync(Call call, ReportPeriod period)
    {
        var form = Form(call);
        if (period.From > call.Services.Time.GetUtcNow())
        {
            throw ProblemException.Bad($"{period.Name} has not begun yet.");
        }

        using var turn = call.Services.ReportTurns.Take();
        await ReplyAsync(call, await new ReportMaker(call.Services).MakeAsync(period, call.Cancel), form);
    }

    private static DateTime Today(Call call) => TimeZoneInfo.ConvertTime(call.Services.Time.GetUtcNow(), call.Services.TimeZone).DateTime;

    private static (string Format, ServerWords Words) Form(Call call) => (
        call.Query("format") switch
        {
            null or "json" => "json",
            "html" => "html",
            "csv" => "csv",
            _ => throw ProblemException.Bad("\"format\" is json, html or csv."),
        },
        call.Query("lang") switch
        {
            null or "vi" => ServerWords.Vi,
            "en" => ServerWords.En,
            _ => throw ProblemException.Bad("\"lang\" is vi or en."),
        });

    private static async Task ReplyAsync(Call call, CityReport report, (string Format, ServerWords Words) form)
    {
        var response = call.Http.Response;
        var text = new ReportText(form.Words, call.Services.Kinds);
        switch (form.Format)
        {
            case "json":
                await call.ReplyAsync(report);
                return;
            case "csv":
                response.ContentType = "text/csv; charset=utf-8";
                response.Headers.ContentDisposition = $"attachment; filename=\"{report.Period.Kind}-{report.Period.Name}.csv\"";
                await response.Body.WriteAsync(ReportCsv.Write(report, text), call.Cancel);
                return;
            default:
                response.ContentType = "text/html; charset=utf-8";
                response.Headers.ContentSecurityPolicy = ReportHtml.Policy;
                response.Headers.ContentLanguage = text.Language;
                await response.Body.WriteAsync(ReportHtml.Write(report, text), call.Cancel);
                return;
        }
    }
}
