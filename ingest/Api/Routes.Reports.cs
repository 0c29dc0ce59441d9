using SmartCity.Ingest.Book;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Reports;

namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>The duty is a person's: no key takes it over.</summary>
    private static readonly Access Duty = new(Roles.Operator | Roles.Admin, null);

    private static readonly string[] Form = ["format", "lang"];

    /// <summary>Shifts, reports, exports, open data.</summary>
    private static IReadOnlyList<Route> Reports =>
    [
        new("GET", "/api/v1/shifts", Access.See, ShiftApi.ListAsync, "Shifts, newest first; the first has no end while it runs.") { Query = Paging, Reply = typeof(Page<ShiftRow>) },
        new("GET", "/api/v1/shifts/{id}", Access.See, ShiftApi.OneAsync, "One shift.") { Reply = typeof(ShiftRow) },
        new("POST", "/api/v1/shifts/handover", Duty, ShiftApi.HandOverAsync, "Take the duty over; If-Match may name the shift that was seen running, 0 for none.") { Body = typeof(ShiftApi.HandoverBody), Reply = typeof(ShiftRow), Success = 201 },
        new("GET", "/api/v1/shifts/{id}/report", Access.See, ReportApi.ShiftAsync, "What happened in a shift: JSON, a page for printing, or CSV.") { Query = Form, Reply = typeof(CityReport) },
        new("GET", "/api/v1/reports/daily", Access.See, ReportApi.DailyAsync, "What happened on a day of the city.") { Query = ["date", .. Form], Reply = typeof(CityReport) },
        new("GET", "/api/v1/reports/monthly", Access.See, ReportApi.MonthlyAsync, "What happened in a month of the city.") { Query = ["month", .. Form], Reply = typeof(CityReport) },
        new("GET", "/api/v1/history/export", Access.See, HistoryExportApi.ExportAsync, "One metric's readings as CSV.") { Query = ["device", "metric", "from", "to"] },
        new("GET", "/open/v1/stations.geojson", Access.Everybody, OpenDataApi.StationsAsync, "Newest values of weather, river and rain stations, for everybody where the city has switched it on."),
    ];
}
