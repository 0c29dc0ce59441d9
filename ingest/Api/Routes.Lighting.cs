namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Programmes, calendars, holidays, settings, and what a lamp will do by them.</summary>
    private static IReadOnlyList<Route> Lighting =>
    [
        new("GET", "/api/v1/lighting/programmes", Access.See, LightingApi.ProgrammesAsync, "Control programmes, by id.") { Reply = typeof(Page<LightingApi.ProgrammeView>) },
        new("GET", "/api/v1/lighting/programmes/{id}", Access.See, LightingApi.ProgrammeAsync, "One programme.") { Reply = typeof(LightingApi.ProgrammeView) },
        new("PUT", "/api/v1/lighting/programmes/{id}", Access.Light, LightingApi.PutProgrammeAsync, "Make or change a programme; If-Match names the revision that was seen, 0 for none.") { Body = typeof(LightingApi.ProgrammeBody), Reply = typeof(LightingApi.ProgrammeView) },
        new("DELETE", "/api/v1/lighting/programmes/{id}", Access.Light, LightingApi.RemoveProgrammeAsync, "Remove a programme that no calendar names.") { Success = 204 },
        new("GET", "/api/v1/lighting/calendars", Access.See, LightingApi.CalendarsAsync, "Calendars, by id.") { Reply = typeof(Page<LightingApi.CalendarView>) },
        new("GET", "/api/v1/lighting/calendars/{id}", Access.See, LightingApi.CalendarAsync, "One calendar.") { Reply = typeof(LightingApi.CalendarView) },
        new("PUT", "/api/v1/lighting/calendars/{id}", Access.Light, LightingApi.PutCalendarAsync, "Make or change a calendar: the first rule that matches a night names its programme.") { Body = typeof(LightingApi.CalendarBody), Reply = typeof(LightingApi.CalendarView) },
        new("DELETE", "/api/v1/lighting/calendars/{id}", Access.Light, LightingApi.RemoveCalendarAsync, "Remove a calendar that no place has set.") { Success = 204 },
        new("GET", "/api/v1/lighting/holidays", Access.See, LightingApi.HolidayListsAsync, "Lists of dates, by id.") { Reply = typeof(Page<LightingApi.HolidaysView>) },
        new("GET", "/api/v1/lighting/holidays/{id}", Access.See, LightingApi.HolidaysAsync, "One list of dates.") { Reply = typeof(LightingApi.HolidaysView) },
        new("PUT", "/api/v1/lighting/holidays/{id}", Access.Light, LightingApi.PutHolidaysAsync, "Make or change a list of dates, such as Tết by year.") { Body = typeof(LightingApi.HolidaysBody), Reply = typeof(LightingApi.HolidaysView) },
        new("DELETE", "/api/v1/lighting/holidays/{id}", Access.Light, LightingApi.RemoveHolidaysAsync, "Remove a list of dates that no calendar names.") { Success = 204 },
        new("GET", "/api/v1/lighting/settings", Access.See, LightSettingApi.ListAsync, "Which places have a calendar or a minimum of their own.") { Reply = typeof(Page<LightSettingApi.SettingView>) },
        new("PUT", "/api/v1/lighting/settings", Access.Light, LightSettingApi.PutAsync, "Set or clear a place's calendar and minimum.") { Body = typeof(LightSettingApi.SettingBody), Reply = typeof(LightSettingApi.SettingView) },
        new("GET", "/api/v1/lighting/preview", Access.See, LightPreviewApi.LampAsync, "What a lamp does from one moment to another, by the function that gateways run: 8 days at most.") { Query = ["lamp", "from", "to", "lang"], Reply = typeof(LightPreviewApi.PreviewView) },
        new("POST", "/api/v1/lighting/preview", Access.See, LightPreviewApi.ProgrammeAsync, "What a programme would do on one night, saved or not; nothing is kept.") { Query = ["lang"], Body = typeof(LightPreviewApi.PreviewBody), Reply = typeof(LightPreviewApi.PreviewView) },
        new("GET", "/api/v1/lighting/preview/programmes", Access.See, LightPreviewApi.ProgrammesAsync, "Every programme on one night at one place.") { Query = ["date", "place", "lang"], Reply = typeof(LightPreviewApi.TonightView) },
        new("POST", "/api/v1/lighting/preview/year", Access.See, LightPreviewApi.YearAsync, "Which programme a calendar, saved or not, names on each night of a year; nothing is kept.") { Body = typeof(LightPreviewApi.YearBody), Reply = typeof(LightPreviewApi.YearView) },
    ];
}
