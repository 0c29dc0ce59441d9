using SmartCity.Ingest.Book;
using SmartCity.Ingest.Identity;

namespace SmartCity.Ingest.Api;

/// <summary>Gateways, zones and streets.</summary>
internal static class PlaceApi
{
    internal sealed record GatewayBody(string? Name = null, string? Zone = null, string? Street = null, double? Lat = null, double? Lon = null);


    /// <summary>A gateway, whether it is connected now (null when that is not known), and how it stands with its certificate.</summary>
    internal record GatewayView(
        string Id,
        string? Name,
        string? Zone,
        string? Street,
        double? Lat,
        double? Lon,
        Service State,
        long Revision,
        DateTimeOffset ChangedAt,
        bool? Connected)
    {
        /// <summary>It has a certificate that is good now.</summary>
        public bool Enrolled { get; init; }

        /// <summary>The server that its readings come to; null where there is one only.</summary>
        public string? Server { get; init; }

        /// <inheritdoc cref="EnrolmentState.CertificateExpires"/>
        public DateTimeOffset? CertificateExpires { get; init; }

        /// <inheritdoc cref="EnrolmentState.CodeExpires"/>
        public DateTimeOffset? CodeExpires { get; init; }
    }

    /// <summary>A gateway with what it should do and what it says that it does.</summary>
    internal sealed record GatewayDetail : GatewayView
    {
        public GatewayDetail(GatewayView gateway)
            : base(gateway)
        {
        }

        /// <summary>The desired version that it should have in force; null when that is not known.</summary>
        public long? DesiredVersion { get; init; }

        /// <summary>Why that one cannot be sent; null when it can.</summary>
        public string? DesiredFault { get; init; }

        /// <summary>The version that it last said it has in force; null when it has never said.</summary>
        public long? ReportedVersion { get; init; }

        /// <summary>When it said so.</summary>
        public DateTimeOffset? ReportedAt { get; init; }

        /// <summary>The version that it refused.</summary>
        public long? RefusedVersion { get; init; }

        /// <summary>Why it refused one; null when it refuses none.</summary>
        public string? RefusedWhy { get; init; }

        /// <summary>Its lamps as it reported them.</summary>
        public IReadOnlyList<ReportedLamp> Lamps { get; init; } = [];
    }

    public static async Task GatewaysAsync(Call call)
    {
        var states = await call.Services.Identity.Enrolments.ReadAsync(null, call.Cancel);
        await ListAsync(call, r => r.Gateways, g => View(call, g, states));
    }

    public static Task ZonesAsync(Call call) => ListAsync(call, r => r.Zones, z => Seen(call, z));

    public static Task StreetsAsync(Call call) => ListAsync(call, r => r.Streets, s => s);

    public static async Task GatewayAsync(Call call)
    {
        var row = Find(call, r => r.Gateways, "gateway");
        var desired = call.Services.Desired(row.Id);
        var report = call.Services.Book.Reports.Find(row.Id)?.Report;
        await call.ReplyAsync(new GatewayDetail(View(call, row, await call.Services.Identity.Enrolments.ReadAsync(row.Id, call.Cancel)))
        {
            DesiredVersion = desired?.Version,
            DesiredFault = desired?.Fault,
            ReportedVersion = report?.Version,
            ReportedAt = report?.At,
            RefusedVersion = report?.Refused,
            RefusedWhy = report?.RefusedWhy,
            Lamps = report?.Lamps ?? [],
        });
    }

    public static Task ZoneAsync(Call call) => call.ReplyAsync(Seen(call, Find(call, r => r.Zones, "zone")));

    public static Task StreetAsync(Call call) => call.ReplyAsync(Find(call, r => r.Streets, "street"));

    public static async Task PutGatewayAsync(Call call)
    {
        var b = await call.BodyAsync<GatewayBody>();
        await PutAsync(call, new RegistryEdits { Gateways = [new() { Id = call.Id, Name = b.Name, Zone = b.Zone, Street = b.Street, Lat = b.Lat, Lon = b.Lon }] }, "gateway");
        await GatewayAsync(call);
    }

    public static async Task PutZoneAsync(Call call)
    {
        var b = await call.BodyAsync<ZoneEdit>();
        SameId(call, b.Id);
        await PutAsync(call, new RegistryEdits { Zones = [b with { Id = call.Id }] }, "zone");
        await ZoneAsync(call);
    }

    /// <summary>The runbook and the telephone numbers of a zone: duty officers keep them.</summary>
    public static async Task PutCardAsync(Call call)
    {
        var card = await call.BodyAsync<ZoneCard>();
        if (!await call.Services.Book.Registry.PutCardAsync(call.Id, card, call.Caller.Name, call.Seen("zone"), call.Cancel))
        {
            throw ProblemException.Missing("zone of that id in service");
        }

        await ZoneAsync(call);
    }

    public static async Task PutStreetAsync(Call call)
    {
        var b = await call.BodyAsync<StreetEdit>();
        SameId(call, b.Id);
        await PutAsync(call, new RegistryEdits { Streets = [b with { Id = call.Id }] }, "street");
        await StreetAsync(call);
    }

    /// <summary>Out of service: its certificates end with it.</summary>
    public static async Task RemoveGatewayAsync(Call call)
    {
        await RetiredAsync(call, call.Services.Book.Registry.DecommissionGatewayAsync(call.Id, call.Caller.Name, call.Cancel), "gateway");
        await call.Services.Identity.Trust.RevokeAsync(call.Id, call.Caller.Name, CancellationToken.None);
    }

    public static Task RemoveZoneAsync(Call call) =>
        RetiredAsync(call, call.Services.Book.Registry.DecommissionZoneAsync(call.Id, call.Caller.Name, call.Cancel), "zone");

    public static Task RemoveStreetAsync(Call call) =>
        RetiredAsync(call, call.Services.Book.Registry.DecommissionStreetAsync(call.Id, call.Caller.Name, call.Cancel), "street");

    /// <summary>Which state of service a list is asked for: active unless said, <c>all</c> for every one.</summary>
    internal static Service? StateOf(Call call) => call.Query("state") switch
    {
        null or "active" => Service.Active,
        "decommissioned" => Service.Decommissioned,
        "replaced" => Service.Replaced,
        "all" => null,
        _ => throw ProblemException.Bad("\"state\" is active, decommissioned, replaced or all."),
    };

    /// <summary>A page of rows in order of their ids; the cursor is the last id of the page before.</summary>
    internal static Task PageAsync<TRow, TView>(Call call, IEnumerable<TRow> ordered, Func<TRow, bool> wanted, Func<TRow, TView> view)
        where TRow : IRegistryRow
    {
        var (after, limit) = (call.Query("cursor"), call.Limit);
        var rows = ordered.Where(r => (after is null || string.CompareOrdinal(r.Id, after) > 0) && wanted(r)).Take(limit + 1).ToList();
        return call.ReplyAsync(new Page<TView>([.. rows.Take(limit).Select(view)], rows.Count > limit ? rows[limit - 1].Id : null));
    }

    private static Task ListAsync<TRow, TView>(Call call, Func<RegistrySnapshot, IReadOnlyDictionary<string, TRow>> of, Func<TRow, TView> view)
        where TRow : class, IRegistryRow
    {
        var state = StateOf(call);
        return PageAsync(call, of(call.Services.Book.Registry.Current).Values, r => state is null || r.State == state, view);
    }

    private static ZoneRow Seen(Call call, ZoneRow zone) => Access.Phones.Allows(call.Caller) ? zone : zone with { Phones = [] };

    private static TRow Find<TRow>(Call call, Func<RegistrySnapshot, IReadOnlyDictionary<string, TRow>> of, string what) =>
        of(call.Services.Book.Registry.Current).TryGetValue(call.Id, out var row) ? row : throw ProblemException.Missing($"{what} of that id");

    private static Task PutAsync(Call call, RegistryEdits edits, string what) =>
        call.Services.Book.Registry.PutAsync(edits, call.Caller.Name, call.Cancel, seen: call.Seen(what));

    private static void SameId(Call call, string inBody)
    {
        if (inBody.Length > 0 && inBody != call.Id)
        {
            throw ProblemException.Bad("\"id\" in the body is not the one in the address; leave it out.");
        }
    }

    private static async Task RetiredAsync(Call call, Task<bool> retiring, string what)
    {
        if (!await retiring)
        {
            throw ProblemException.Missing($"{what} of that id in service");
        }

        await call.DoneAsync();
    }

    private static GatewayView View(Call call, GatewayRow g, Dictionary<string, EnrolmentState> states)
    {
        var state = states.GetValueOrDefault(g.Id, EnrolmentState.None);
        return new(g.Id, g.Name, g.Zone, g.Street, g.Lat, g.Lon, g.State, g.Revision, g.ChangedAt, call.Services.Connected(g.Id))
        {
            Server = call.Services.Holder(g.Id),
            Enrolled = state.CertificateExpires > call.Services.Time.GetUtcNow(),
            CertificateExpires = state.CertificateExpires,
            CodeExpires = state.CodeExpires,
        };
    }
}
