using System.Globalization;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.History;

namespace SmartCity.Ingest.Api;

/// <summary>Devices: what they are, what they say now, what they said.</summary>
internal static class DeviceApi
{
    /// <summary>A device as JSON shows it: see <see cref="DeviceRow"/>, and what it says now.</summary>
    internal sealed record DeviceView
    {
        public required string Id { get; init; }

        public required string Kind { get; init; }

        public string? Gateway { get; init; }

        public string? Zone { get; init; }

        public string? Street { get; init; }

        public string? Name { get; init; }

        public double? Lat { get; init; }

        public double? Lon { get; init; }

        public IReadOnlyDictionary<string, double>? Thresholds { get; init; }

        public bool Registered { get; init; }

        public string? ReplacedBy { get; init; }

        public Service State { get; init; }

        public long Revision { get; init; }

        public DateTimeOffset ChangedAt { get; init; }

        /// <summary>Seconds between its readings, by its kind.</summary>
        public double? IntervalSeconds { get; init; }

        public DateTimeOffset? LastSeen { get; init; }

        /// <summary>The server that should have its readings and does not answer this one: then nobody here knows whether it is silent.</summary>
        public string? Unanswered { get; init; }

        /// <summary>Last value of every metric; only of one device, not in lists.</summary>
        [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyDictionary<string, LiveValue>? Values { get; init; }
    }

    internal sealed record DeviceBody(
        string Kind,
        string? Gateway = null,
        string? Zone = null,
        string? Street = null,
        string? Name = null,
        double? Lat = null,
        double? Lon = null,
        IReadOnlyDictionary<string, double>? Thresholds = null);

    /// <param name="By">Id of the new device.</param>
    internal sealed record ReplaceBody(string By);

    /// <summary>A point, or a window: then the time is its beginning and the value its mean.</summary>
    internal sealed record PointView(
        DateTimeOffset Time,
        object? Value,
        [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] double? Minimum = null,
        [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] double? Maximum = null,
        [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] long? Count = null);

    public static async Task ListAsync(Call call)
    {
        await call.Services.Fresh(call.Cancel);
        var (kind, zone, gateway, street) = (call.Query("kind"), call.Query("zone"), call.Query("gateway"), call.Query("street"));
        var state = PlaceApi.StateOf(call);
        await PlaceApi.PageAsync(
            call,
            call.Services.Book.Registry.Current.Ordered,
            d => (kind is null || d.Kind == kind) && (zone is null || d.Zone == zone) && (gateway is null || d.Gateway == gateway) &&
                (street is null || d.Street == street) && (state is null || d.State == state),
            d => View(call.Services, d, withValues: false));
    }

    public static async Task OneAsync(Call call)
    {
        await call.Services.Fresh(call.Cancel);
        await call.ReplyAsync(View(call.Services, Find(call), withValues: true));
    }

    public static async Task PutAsync(Call call)
    {
        var b = await call.BodyAsync<DeviceBody>();
        var edit = new DeviceEdit
        {
            Id = call.Id,
            Kind = b.Kind ?? "",
            Gateway = b.Gateway,
            Zone = b.Zone,
            Street = b.Street,
            Name = b.Name,
            Lat = b.Lat,
            Lon = b.Lon,
            Thresholds = b.Thresholds,
        };
        await call.Services.Book.Registry.PutAsync(new RegistryEdits { Devices = [edit] }, call.Caller.Name, call.Cancel, seen: call.Seen("device"));
        await call.ReplyAsync(View(call.Services, Find(call), withValues: false));
    }

    public static async Task DecommissionAsync(Call call)
    {
        if (!await call.Services.Book.Registry.DecommissionDeviceAsync(call.Id, call.Caller.Name, call.Cancel))
        {
            throw ProblemException.Missing("device of that id in service");
        }

        await call.DoneAsync();
    }

    public static async Task ReplaceAsync(Call call)
    {
        var body = await call.BodyAsync<ReplaceBody>();
        if (!await call.Services.Book.Registry.ReplaceDeviceAsync(call.Id, body.By ?? "", call.Caller.Name, call.Cancel))
        {
            throw ProblemException.Missing("device of that id in service");
        }

        await call.ReplyAsync(View(call.Services, call.Services.Book.Registry.Current.Devices.Find(body.By!)!.Row, withValues: false));
    }

    public static async Task HistoryAsync(Call call)
    {
        var device = Find(call);
        var kind = call.Services.Kinds.Find(device.Kind);
        var metric = call.Query("metric") ?? "";
        if (kind is null || kind.IndexOf(metric) < 0)
        {
            throw ProblemException.Bad($"\"metric\" is one of {string.Join(", ", kind?.Metrics.Select(m => m.Name) ?? [])}.");
        }

        var to = call.Moment("to") ?? call.Services.Time.GetUtcNow();
        var from = call.Moment("from") ?? to - TimeSpan.FromDays(1);
        var start = call.Query("cursor") is null ? Instant.From(from) : call.Before;
        var query = new HistoryQuery(device.Kind, device.Id, metric, start, Instant.From(to), Step(call), call.Number("limit", 1000, 1, HistoryQuery.MaximumLimit));
        if (query.From >= query.To)
        {
            throw ProblemException.Bad("\"from\" is before \"to\".");
        }

        query.Validate();
        var page = await call.Services.History(query, call.Cancel);
        IReadOnlyList<PointView> items = query.Step is null
            ? [.. page.Points.Select(p => new PointView(Instant.ToMoment(p.Time), (object?)p.Value.Number ?? (object?)p.Value.Flag ?? p.Value.Text))]
            : [.. page.Windows.Select(w => new PointView(Instant.ToMoment(w.Start), w.Mean, w.Minimum, w.Maximum, w.Count))];
        await call.ReplyAsync(new Page<PointView>(items, page.Next?.ToString(CultureInfo.InvariantCulture)));
    }

    internal static DeviceRow Find(Call call) =>
        call.Services.Book.Registry.Current.Devices.Find(call.Id)?.Row ?? throw ProblemException.Missing("device of that id");

    private static DeviceView View(ApiServices services, DeviceRow d, bool withValues)
    {
        var live = services.Live(d.Id);
        return new()
        {
            Id = d.Id,
            Kind = d.Kind,
            Gateway = d.Gateway,
            Zone = d.Zone,
            Street = d.Street,
            Name = d.Name,
            Lat = d.Lat,
            Lon = d.Lon,
            Thresholds = d.Thresholds,
            Registered = d.Registered,
            ReplacedBy = d.ReplacedBy,
            State = d.State,
            Revision = d.Revision,
            ChangedAt = d.ChangedAt,
            IntervalSeconds = services.Kinds.Find(d.Kind)?.Interval.TotalSeconds,
            LastSeen = live?.LastSeen,
            Unanswered = services.Unanswered(d),
            Values = withValues ? live?.Values ?? new Dictionary<string, LiveValue>() : null,
        };
    }

    private static TimeSpan? Step(Call call)
    {
        if (call.Query("step") is not { } text)
        {
            return null;
        }

        var unit = text[^1] switch { 's' => 1L, 'm' => 60L, 'h' => 3600L, 'd' => 86_400L, _ => 0L };
        return unit > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 1_000_000
            ? TimeSpan.FromSeconds(count * unit)
            : throw ProblemException.Bad("\"step\" is a number and a unit, such as 60s, 5m, 1h or 1d.");
    }
}
