using SmartCity.Ingest.Book;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Quarantine;

namespace SmartCity.Ingest.Api;

/// <summary>Every route, who may use it, and what it does: the one table that mapping, authorisation, description and tests are made from.</summary>
internal static partial class Routes
{
    private static readonly string[] Paging = ["limit", "cursor"];

    public static IReadOnlyList<Route> All =>
    [
        // Whether it lives.
        new("GET", "/healthz", Access.Probe, HealthApi.LiveAsync, "The process answers.") { Reply = typeof(HealthApi.Health) },
        new("GET", "/readyz", Access.Probe, HealthApi.ReadyAsync, "Everything it needs works; 503 says what does not.") { Reply = typeof(HealthApi.Health) },
        new("GET", "/metrics", Access.Probe, HealthApi.MetricsAsync, "Figures, as Prometheus text."),
        new("GET", "/openapi/v1.json", Access.Probe, HealthApi.OpenApiAsync, "This description."),

        // People and programs.
        new("POST", "/api/v1/login", Access.Everybody, LoginApi.LoginAsync, "Sign in; sets the session's cookie.") { Body = typeof(LoginApi.LoginBody), Reply = typeof(LoginApi.Me) },
        new("POST", "/api/v1/login/code", Access.Everybody, LoginApi.CodeAsync, "Sign in with a one-time code.") { Body = typeof(LoginApi.CodeBody), Reply = typeof(LoginApi.Me) },
        new("POST", "/api/v1/logout", Access.Self, LoginApi.LogoutAsync, "Sign out.") { Success = 204 },
        new("GET", "/api/v1/me", Access.Self with { Scope = Scopes.Read }, LoginApi.MeAsync, "Who I am, and the anti-forgery token.") { Reply = typeof(LoginApi.Me) },
        new("GET", "/api/v1/users", Access.Admin, PeopleApi.UsersAsync, "Users.") { Query = Paging, Reply = typeof(Page<PeopleApi.UserView>) },
        new("PUT", "/api/v1/users/{id}", Access.Admin, PeopleApi.PutUserAsync, "Make or change a user.") { Body = typeof(PeopleApi.UserBody), Success = 204 },
        new("DELETE", "/api/v1/users/{id}", Access.Admin, PeopleApi.RemoveUserAsync, "Remove a user.") { Success = 204 },
        new("GET", "/api/v1/keys", Access.Admin, PeopleApi.KeysAsync, "Keys, without their secrets.") { Query = Paging, Reply = typeof(Page<KeyRow>) },
        new("POST", "/api/v1/keys", Access.Admin, PeopleApi.CreateKeyAsync, "Make a key; its secret is shown once.") { Body = typeof(PeopleApi.KeyBody), Reply = typeof(PeopleApi.KeyMade), Success = 201 },
        new("DELETE", "/api/v1/keys/{id}", Access.Admin, PeopleApi.RevokeKeyAsync, "Revoke a key.") { Success = 204 },

        // What stands in the street.
        new("GET", "/api/v1/devices", Access.See, DeviceApi.ListAsync, "Devices, by id.") { Query = ["kind", "zone", "gateway", "street", "state", .. Paging], Reply = typeof(Page<DeviceApi.DeviceView>) },
        new("GET", "/api/v1/devices/{id}", Access.See, DeviceApi.OneAsync, "One device with its last values.") { Reply = typeof(DeviceApi.DeviceView) },
        new("GET", "/api/v1/devices/{id}/history", Access.See, DeviceApi.HistoryAsync, "One metric over time; with step: mean, least and greatest of windows.") { Query = ["metric", "from", "to", "step", .. Paging], Reply = typeof(Page<DeviceApi.PointView>) },
        new("PUT", "/api/v1/devices/{id}", Access.Registry, DeviceApi.PutAsync, "Register or change a device.") { Body = typeof(DeviceApi.DeviceBody), Reply = typeof(DeviceApi.DeviceView) },
        new("DELETE", "/api/v1/devices/{id}", Access.Registry, DeviceApi.DecommissionAsync, "Take a device out of service; its history stays.") { Success = 204 },
        new("POST", "/api/v1/devices/{id}/replace", Access.Registry, DeviceApi.ReplaceAsync, "Put a new device in its place.") { Body = typeof(DeviceApi.ReplaceBody), Reply = typeof(DeviceApi.DeviceView) },
        new("POST", "/api/v1/devices/{id}/commands", Access.Command, CommandApi.SendAsync, "Ask a device for a one-shot act.") { Body = typeof(CommandApi.CommandBody), Reply = typeof(CommandRow), Success = 202 },
        new("GET", "/api/v1/commands", Access.See, CommandApi.ListAsync, "Commands, newest first.") { Query = ["device", .. Paging], Reply = typeof(Page<CommandRow>) },
        new("GET", "/api/v1/gateways", Access.See, PlaceApi.GatewaysAsync, "Gateways, by id.") { Query = ["state", .. Paging], Reply = typeof(Page<PlaceApi.GatewayView>) },
        new("POST", "/api/v1/gateways", Access.Enrol, GatewayApi.CodeAsync, "A code that lets a gateway enrol, once, within a day.") { Body = typeof(GatewayApi.NewGateway), Reply = typeof(EnrolmentCode), Success = 201 },
        new("GET", "/api/v1/gateways/{id}", Access.See, PlaceApi.GatewayAsync, "One gateway: what it should do with its lamps, and what it says that it does.") { Reply = typeof(PlaceApi.GatewayDetail) },
        new("PUT", "/api/v1/gateways/{id}", Access.Registry, PlaceApi.PutGatewayAsync, "Register or change a gateway.") { Body = typeof(PlaceApi.GatewayBody), Reply = typeof(PlaceApi.GatewayDetail) },
        new("DELETE", "/api/v1/gateways/{id}", Access.Enrol, PlaceApi.RemoveGatewayAsync, "Take a gateway out of service and revoke its certificates.") { Success = 204 },
        new("POST", "/api/v1/gateways/{id}/revoke", Access.Enrol, GatewayApi.RevokeAsync, "Revoke a gateway's certificates.") { Reply = typeof(GatewayApi.RevokeView) },
        new("POST", "/api/v1/gateways/{id}/replace", Access.Enrol, GatewayApi.ReplaceAsync, "New hardware under the old name: revokes, and gives a code.") { Reply = typeof(EnrolmentCode), Success = 201 },
        new("POST", "/api/v1/enrol", Access.Everybody, GatewayApi.EnrolAsync, "Code and signing request for a certificate.") { Body = typeof(GatewayApi.EnrolBody), Reply = typeof(EnrolResult.Enrolled), Success = 201 },
        new("POST", "/api/v1/renew", Access.Everybody, GatewayApi.RenewAsync, "A new certificate for a gateway that proves the key of the one it has.") { Body = typeof(RenewalRequest), Reply = typeof(EnrolResult.Enrolled), Success = 201 },
        new("GET", "/api/v1/ca", Access.Everybody, GatewayApi.CaAsync, "The city's certificate authority, as PEM."),
        new("GET", "/api/v1/zones", Access.See, PlaceApi.ZonesAsync, "Zones, by id.") { Query = ["state", .. Paging], Reply = typeof(Page<ZoneRow>) },
        new("GET", "/api/v1/zones/{id}", Access.See, PlaceApi.ZoneAsync, "One zone.") { Reply = typeof(ZoneRow) },
        new("PUT", "/api/v1/zones/{id}", Access.Registry, PlaceApi.PutZoneAsync, "Register or change a zone.") { Body = typeof(ZoneEdit), Reply = typeof(ZoneRow), MaximumBody = o => o.MaximumZone },
        new("DELETE", "/api/v1/zones/{id}", Access.Registry, PlaceApi.RemoveZoneAsync, "Take a zone out of service.") { Success = 204 },
        new("GET", "/api/v1/streets", Access.See, PlaceApi.StreetsAsync, "Streets, by id.") { Query = ["state", .. Paging], Reply = typeof(Page<StreetRow>) },
        new("GET", "/api/v1/streets/{id}", Access.See, PlaceApi.StreetAsync, "One street.") { Reply = typeof(StreetRow) },
        new("PUT", "/api/v1/streets/{id}", Access.Registry, PlaceApi.PutStreetAsync, "Register or change a street.") { Body = typeof(StreetEdit), Reply = typeof(StreetRow) },
        new("DELETE", "/api/v1/streets/{id}", Access.Registry, PlaceApi.RemoveStreetAsync, "Take a street out of service.") { Success = 204 },
        new("POST", "/api/v1/import", Access.Registry, ImportApi.ImportAsync, "Many edits of the registry, JSON, CSV or GeoJSON: all or none.") { Query = ["dry-run"], Body = typeof(RegistryEdits), Reply = typeof(ImportResult), MaximumBody = o => o.MaximumImport },
        new("GET", "/api/v1/export", Access.See, ImportApi.ExportAsync, "The registry, in the form that an import takes.") { Query = ["format"], Reply = typeof(RegistryEdits) },

        // What happens.
        new("GET", "/api/v1/alerts", Access.See, AlertApi.ListAsync, "Alerts, newest first.") { Query = ["state", "kind", "device", "zone", .. Paging], Reply = typeof(Page<AlertView>) },
        new("GET", "/api/v1/alerts/provisional", Access.See, AlertApi.ProvisionalAsync, "What this server's rules say while the book is away: not in the book, told to nobody else. Empty while it is there.") { Reply = typeof(Readers.ProvisionalView) },
        new("GET", "/api/v1/alerts/{id}", Access.See, AlertApi.OneAsync, "One alert with its history.") { Reply = typeof(AlertView) },
        new("POST", "/api/v1/alerts/{id}/{act}", Access.Act, AlertApi.ActAsync, "Act on an alert; If-Match names the revision that was seen.") { Body = typeof(AlertApi.ActBody), Reply = typeof(AlertView) },
        new("GET", "/api/v1/events", Access.See, EventApi.StreamAsync, "Transitions of alerts as server-sent events; Last-Event-ID resumes.") { Query = ["lastEventId"] },
        new("GET", "/api/v1/quarantine", Access.See, HealthApi.QuarantineAsync, "Lines that were not taken, newest first.") { Query = ["reason", "source", .. Paging], Reply = typeof(QuarantinePage) },

        // Lines over HTTP.
        new("POST", "/api/v2/write", Access.Write, WriteApi.WriteAsync, "Lines of line protocol; 204 once they are durable.") { Query = ["org", "orgID", "bucket", "precision"], Success = 204, MaximumBody = o => o.MaximumWrite },

        // Rooms of the operations centre, each with its own table.
        .. Lifecycle,
        .. Delivery,
        .. Cap,
        .. Views,
        .. RegistryMore,
        .. Reports,
        .. Cluster,

        // The lighting room.
        .. Lighting,
        .. LightOrders,
        .. LightPlaces,
        .. LightEnergy,
    ];
}
