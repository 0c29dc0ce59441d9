using SmartCity.Ingest.Api;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Tests.Api;

/// <summary>Each caller at each route. The table here is written by hand: a permission changes only when somebody changes both.</summary>
public sealed class AccessTests
{
    private const string All = "viewer operator lighting technician admin wall";
    private const string See = All + " key:read open";
    private const string Probe = All + " key:read loopback open";
    private const string Registry = "technician admin key:registry";
    private const string Enrol = "technician admin";

    private static readonly Dictionary<string, string> Expected = new(StringComparer.Ordinal)
    {
        ["GET /healthz"] = Probe,
        ["GET /readyz"] = Probe,
        ["GET /metrics"] = Probe,
        ["GET /openapi/v1.json"] = Probe,
        ["POST /api/v1/login"] = "everybody",
        ["POST /api/v1/login/code"] = "everybody",
        ["POST /api/v1/logout"] = All,
        ["GET /api/v1/me"] = All + " key:read",
        ["GET /api/v1/users"] = "admin",
        ["PUT /api/v1/users/{id}"] = "admin",
        ["DELETE /api/v1/users/{id}"] = "admin",
        ["POST /api/v1/users/{id}/code"] = "admin",
        ["GET /api/v1/keys"] = "admin",
        ["POST /api/v1/keys"] = "admin",
        ["DELETE /api/v1/keys/{id}"] = "admin",
        ["GET /api/v1/devices"] = See,
        ["GET /api/v1/devices/{id}"] = See,
        ["GET /api/v1/devices/{id}/history"] = See,
        ["PUT /api/v1/devices/{id}"] = Registry,
        ["DELETE /api/v1/devices/{id}"] = Registry,
        ["POST /api/v1/devices/{id}/replace"] = Registry,
        ["POST /api/v1/devices/{id}/commands"] = "operator lighting technician admin",
        ["GET /api/v1/commands"] = See,
        ["GET /api/v1/cluster"] = See,
        ["POST /api/v1/drain"] = "admin",
        ["GET /api/v1/gateways"] = See,
        ["POST /api/v1/gateways"] = Enrol,
        ["GET /api/v1/gateways/{id}"] = See,
        ["PUT /api/v1/gateways/{id}"] = Registry,
        ["DELETE /api/v1/gateways/{id}"] = Enrol,
        ["POST /api/v1/gateways/{id}/revoke"] = Enrol,
        ["POST /api/v1/gateways/{id}/replace"] = Enrol,
        ["POST /api/v1/enrol"] = "everybody",
        ["POST /api/v1/renew"] = "everybody",
        ["GET /api/v1/ca"] = "everybody",
        ["GET /api/v1/zones"] = See,
        ["GET /api/v1/zones/{id}"] = See,
        ["PUT /api/v1/zones/{id}"] = Registry,
        ["DELETE /api/v1/zones/{id}"] = Registry,
        ["PUT /api/v1/zones/{id}/card"] = "operator technician admin key:registry",
        ["GET /api/v1/streets"] = See,
        ["GET /api/v1/streets/{id}"] = See,
        ["PUT /api/v1/streets/{id}"] = Registry,
        ["DELETE /api/v1/streets/{id}"] = Registry,
        ["POST /api/v1/import"] = Registry,
        ["GET /api/v1/export"] = See,
        ["GET /api/v1/alerts"] = See,
        ["GET /api/v1/alerts/{id}"] = See,
        ["GET /api/v1/alerts/provisional"] = See,
        ["POST /api/v1/alerts/{id}/acknowledge"] = "operator lighting technician admin key:alerts",
        ["GET /api/v1/incidents"] = See,
        ["GET /api/v1/incidents/{id}"] = See,
        ["POST /api/v1/incidents/{id}/acknowledge"] = "operator lighting technician admin key:alerts",
        ["GET /api/v1/maintenance"] = See,
        ["POST /api/v1/maintenance"] = "operator technician admin",
        ["POST /api/v1/maintenance/{id}/end"] = "operator technician admin",
        ["GET /api/v1/escalation"] = See,
        ["PUT /api/v1/escalation"] = "admin",
        ["GET /api/v1/events"] = See,
        ["GET /api/v1/quarantine"] = See,
        ["GET /api/v1/map"] = See,
        ["GET /api/v1/console-settings"] = See,
        ["GET /api/v1/areas"] = See,
        ["GET /cap/v1/feed.atom"] = See,
        ["GET /api/v1/shifts"] = See,
        ["GET /api/v1/shifts/{id}"] = See,
        ["POST /api/v1/shifts/handover"] = "operator admin",
        ["GET /api/v1/shifts/{id}/report"] = See,
        ["GET /api/v1/reports/daily"] = See,
        ["GET /api/v1/reports/monthly"] = See,
        ["GET /api/v1/history/export"] = See,
        ["GET /open/v1/stations.geojson"] = "everybody",
        ["GET /cap/v1/alerts/{id}.xml"] = See,
        ["GET /api/v1/kinds"] = See,
        ["GET /api/v1/flood"] = See,
        ["GET /api/v1/air"] = See,
        ["GET /api/v1/air/{id}"] = See,
        ["GET /api/v1/status"] = See,
        ["GET /api/v1/servers"] = See,
        ["GET /api/v1/audit"] = "operator admin",
        ["GET /api/v1/webhooks"] = "admin",
        ["POST /api/v1/webhooks"] = "admin",
        ["GET /api/v1/webhooks/{id}"] = "admin",
        ["PUT /api/v1/webhooks/{id}"] = "admin",
        ["DELETE /api/v1/webhooks/{id}"] = "admin",
        ["POST /api/v1/webhooks/{id}/secret"] = "admin",
        ["POST /api/v1/webhooks/{id}/test"] = "admin",
        ["GET /api/v1/webhooks/{id}/deliveries"] = "admin",
        ["POST /api/v1/webhooks/{id}/deliveries/{n}/retry"] = "admin",
        ["GET /api/v1/rotas"] = "operator lighting technician admin",
        ["GET /api/v1/rotas/{id}"] = "operator lighting technician admin",
        ["GET /api/v1/rotas/{id}/turns"] = "operator lighting technician admin",
        ["PUT /api/v1/rotas/{id}"] = "admin",
        ["DELETE /api/v1/rotas/{id}"] = "admin",
        ["GET /api/v1/lighting/ageing"] = See,
        ["GET /api/v1/lighting/energy"] = See,
        ["GET /api/v1/lighting/luminaires"] = See,
        ["PUT /api/v1/lighting/luminaires"] = "lighting admin",
        ["GET /api/v1/lighting/faults"] = See,
        ["GET /api/v1/lighting/tree"] = See,
        ["GET /api/v1/lighting/map"] = See,
        ["GET /api/v1/lighting/groups"] = See,
        ["GET /api/v1/lighting/groups/{id}"] = See,
        ["PUT /api/v1/lighting/groups/{id}"] = "lighting admin",
        ["DELETE /api/v1/lighting/groups/{id}"] = "lighting admin",
        ["GET /api/v1/lighting/lamps"] = See,
        ["GET /api/v1/lighting/targets"] = See,
        ["GET /api/v1/lighting/overrides"] = See,
        ["GET /api/v1/lighting/overrides/{id}"] = See,
        ["GET /api/v1/lighting/overrides/{id}/lamps"] = See,
        ["DELETE /api/v1/lighting/overrides/{id}"] = "operator lighting admin",
        ["POST /api/v1/lighting/city/override"] = "operator lighting admin",
        ["POST /api/v1/lighting/{scope}/{id}/override"] = "operator lighting admin",
        ["GET /api/v1/lighting/programmes"] = See,
        ["GET /api/v1/lighting/programmes/{id}"] = See,
        ["PUT /api/v1/lighting/programmes/{id}"] = "lighting admin",
        ["DELETE /api/v1/lighting/programmes/{id}"] = "lighting admin",
        ["GET /api/v1/lighting/calendars"] = See,
        ["GET /api/v1/lighting/calendars/{id}"] = See,
        ["PUT /api/v1/lighting/calendars/{id}"] = "lighting admin",
        ["DELETE /api/v1/lighting/calendars/{id}"] = "lighting admin",
        ["GET /api/v1/lighting/holidays"] = See,
        ["GET /api/v1/lighting/holidays/{id}"] = See,
        ["PUT /api/v1/lighting/holidays/{id}"] = "lighting admin",
        ["DELETE /api/v1/lighting/holidays/{id}"] = "lighting admin",
        ["GET /api/v1/lighting/settings"] = See,
        ["PUT /api/v1/lighting/settings"] = "lighting admin",
        ["GET /api/v1/lighting/preview"] = See,
        ["POST /api/v1/lighting/preview"] = See,
        ["GET /api/v1/lighting/preview/programmes"] = See,
        ["POST /api/v1/lighting/preview/year"] = See,
        ["POST /api/v2/write"] = "key:write:* key:write:dev open",
    };

    private static readonly string[] People = ["viewer", "operator", "lighting", "technician", "admin", "wall"];
    private static readonly string[] Keys = [Scopes.Read, Scopes.MqttRead, Scopes.Alerts, Scopes.Registry, Scopes.WriteAll, "write:dev"];

    [Fact]
    public void The_table_here_and_the_table_there_name_the_same_routes() =>
        Assert.Equal(Expected.Keys.Order(StringComparer.Ordinal), Routes.All.Select(Name).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Each_caller_may_at_each_route_what_the_table_says()
    {
        await using var rig = await ApiRig.StartAsync(identity: o => o with { AttemptsPerAddress = 10_000, EnrolmentAttempts = 1000 });
        await using var open = await ApiRig.StartAsync(o => o with { Open = true }, o => o with { AttemptsPerAddress = 10_000, EnrolmentAttempts = 1000 });
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var scope in Keys)
        {
            keys[scope] = await rig.KeyAsync(scope);
        }

        var wrong = new List<string>();
        var asked = 0;
        foreach (var route in Routes.All)
        {
            var expected = Expected[Name(route)].Split(' ');
            var everybody = expected.Contains("everybody");
            foreach (var role in People)
            {
                await CheckAsync(role, everybody || expected.Contains(role), rig, async r => (await rig.SignInAsync(role)).Request(r.Method, r.RequestUri!.ToString()), known: true);
            }

            foreach (var scope in Keys)
            {
                await CheckAsync("key:" + scope, everybody || expected.Contains("key:" + scope), rig, r => With(r, "Authorization", "Bearer " + keys[scope]), known: true);
            }

            await CheckAsync("loopback", everybody || expected.Contains("loopback"), rig, Task.FromResult, known: false);
            await CheckAsync("open", everybody || expected.Contains("open"), open, Task.FromResult, known: false);
            await CheckAsync("stranger", everybody, rig, r => With(r, "X-Forwarded-For", "203.0.113.7"), known: false);
            await CheckAsync("stranger at an open server", everybody, open, r => With(r, "X-Forwarded-For", "203.0.113.7"), known: false);
            await CheckAsync("wrong key", everybody, open, r => With(r, "Authorization", "Bearer sck_" + new string('A', 43)), known: false);

            async Task CheckAsync(string who, bool may, ApiRig at, Func<HttpRequestMessage, Task<HttpRequestMessage>> dress, bool known)
            {
                var request = await dress(new HttpRequestMessage(new HttpMethod(route.Method), Path(route)));
                request.Content = route.IsChange ? ApiRig.Json("{}") : null;
                using var answer = await at.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                var status = (int)answer.StatusCode;
                asked++;

                // The routes that everybody may call refuse by their own proof: sign-in with 401, enrolment with 403.
                var right = may ? everybody || status is not (401 or 403) : status == (known ? 403 : 401);
                if (!right || status >= 500)
                {
                    wrong.Add($"{Name(route)} as {who}: {status}, may: {may}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(Routes.All.Count * (People.Length + Keys.Length + 5), asked);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Host", "smartcity.local:8080")]
    [InlineData("Forwarded", "for=203.0.113.7")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Host", "localhost")]
    [InlineData("X-Forwarded-Proto", "http")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task An_open_server_is_closed_to_other_hosts_proxies_and_web_pages(string header, string value)
    {
        await using var rig = await ApiRig.StartAsync(o => o with { Open = true });
        using var plain = await rig.Client.PostAsync("/api/v2/write", new StringContent("x,device=a v=1"));
        Assert.Equal(204, (int)plain.StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v2/write") { Content = new StringContent("x,device=a v=1") };
        request.Headers.TryAddWithoutValidation(header, value);
        using var answer = await rig.Client.SendAsync(request);
        Assert.Equal(401, (int)answer.StatusCode);
    }

    private static Task<HttpRequestMessage> With(HttpRequestMessage request, string header, string value)
    {
        request.Headers.TryAddWithoutValidation(header, value);
        return Task.FromResult(request);
    }

    private static string Name(Route route) => $"{route.Method} {route.Pattern.Replace("{act}", "acknowledge", StringComparison.Ordinal)}";

    private static string Path(Route route) => route.Pattern.Replace("{act}", "acknowledge", StringComparison.Ordinal).Replace("{id}", "nobody", StringComparison.Ordinal);
}
