using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Api;

internal static partial class Routes
{
    /// <summary>Incidents, maintenance windows, escalation, shifts: what an alert goes through.</summary>
    private static IReadOnlyList<Route> Lifecycle =>
    [
        new("GET", "/api/v1/incidents", Access.See, IncidentApi.ListAsync, "Incidents: open ones worst and newest first, or all newest first.") { Query = ["state", "zone", .. Paging], Reply = typeof(Page<IncidentView>) },
        new("GET", "/api/v1/incidents/{id}", Access.See, IncidentApi.OneAsync, "One incident with its alerts, devices, steps, runbook and telephone numbers.") { Reply = typeof(IncidentDetail) },
        new("POST", "/api/v1/incidents/{id}/acknowledge", Access.Act, IncidentApi.AcknowledgeAsync, "Acknowledge every alert in it that waits and was seen; If-Match names the revision that was seen.") { Body = typeof(IncidentApi.AcknowledgeBody), Reply = typeof(IncidentDetail) },
        new("GET", "/api/v1/maintenance", Access.See, MaintenanceApi.ListAsync, "Maintenance windows that have not ended, or all; newest first.") { Query = ["state", .. Paging], Reply = typeof(Page<MaintenanceView>) },
        new("POST", "/api/v1/maintenance", Access.Maintain, MaintenanceApi.AddAsync, "Plan or begin a test, a drill or works.") { Body = typeof(MaintenanceApi.WindowBody), Reply = typeof(MaintenanceView), Success = 201 },
        new("POST", "/api/v1/maintenance/{id}/end", Access.Maintain, MaintenanceApi.EndAsync, "End a window before its time; what goes on becomes live.") { Body = typeof(MaintenanceApi.EndBody), Reply = typeof(MaintenanceView) },
        new("GET", "/api/v1/escalation", Access.See, EscalationApi.GetAsync, "When an alert that nobody acknowledges is passed on, by kind.") { Reply = typeof(EscalationRules) },
        new("PUT", "/api/v1/escalation", Access.Admin, EscalationApi.PutAsync, "Change those rules.") { Body = typeof(EscalationApi.RulesBody), Reply = typeof(EscalationRules) },
    ];
}
