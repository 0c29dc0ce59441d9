using System.Collections.Concurrent;
using System.Data.Common;
using System.Text.Json;

namespace SmartCity.Ingest.Book;

/// <summary>A lamp as its gateway reported it. Target, feedback and actual are three things; what the gateway did not say is null.</summary>
/// <param name="Id">The lamp.</param>
/// <param name="Target">What it was asked last, in percent.</param>
/// <param name="Feedback">The level that its output says is in force, in percent.</param>
/// <param name="Actual">What its meter measured, in watts.</param>
/// <param name="ActualAt">When that was: the arrival of the report less the age that the gateway gave.</param>
/// <param name="Reason">default, programme, override, sensor or fault.</param>
/// <param name="Detail">The gateway's words.</param>
internal sealed record ReportedLamp(
    string Id, double? Target, double? Feedback, double? Actual, DateTimeOffset? ActualAt, string? Reason, string? Detail)
{
    /// <summary>When its output had taken its last step and its driver had followed: power that was measured before says nothing of the level (both from the ages of one report, so no clock and no
    /// transit comes in). Null when it has taken none since its gateway's start.</summary>
    public DateTimeOffset? StepAt { get; init; }

    /// <summary>Percent of its driver's power that stands for a level of 100 %; null without constant light output.</summary>
    public double? Clo { get; init; }
}

/// <summary>What a gateway reported last.</summary>
/// <param name="Gateway">Which.</param>
/// <param name="Version">The desired version that it has in force.</param>
/// <param name="Refused">The version that it refused, where it said so.</param>
/// <param name="RefusedWhy">Why; null when it refuses none.</param>
/// <param name="At">When the report came.</param>
/// <param name="Lamps">Its lamps, in order of their ids.</param>
internal sealed record GatewayReport(
    string Gateway, long Version, long? Refused, string? RefusedWhy, DateTimeOffset At, IReadOnlyList<ReportedLamp> Lamps)
{
    /// <summary>Which part of a report that travels in parts; 1 begins it anew.</summary>
    internal int Part { get; init; } = 1;

    /// <summary>How many parts it has.</summary>
    internal int Parts { get; init; } = 1;
}

/// <summary>What a gateway reported last, with its lamps by id.</summary>
internal sealed class LiveReport
{
    private readonly Dictionary<string, ReportedLamp> _lamps;
    private readonly Dictionary<string, ReportedLamp>? _before;

    /// <summary>A report.</summary>
    /// <param name="report">It, all parts together that have come.</param>
    /// <param name="before">The one before it.</param>
    public LiveReport(GatewayReport report, LiveReport? before)
    {
        Report = report;
        _lamps = report.Lamps.ToDictionary(l => l.Id, StringComparer.Ordinal);
        _before = report.Part >= report.Parts ? null : report.Part > 1 ? before?._before : before?._lamps;
    }

    /// <summary>The report.</summary>
    public GatewayReport Report { get; }

    /// <summary>What it says of a lamp; null when nothing. A lamp whose part is still under way is as it was.</summary>
    public ReportedLamp? Find(string lamp) => _lamps.GetValueOrDefault(lamp) ?? _before?.GetValueOrDefault(lamp);
}

/// <summary>
/// Gateways' last reports. One row a gateway: what was before is history's business. They stand in memory beside it, because who looks at the city's lamps looks at all of
/// them every second. Reports that come while one is being written are written together: an order for a city is a report from every gateway within a few seconds, and
/// each waits for a sync to disk.
/// </summary>
internal sealed class ReportBook(BookStore store, TimeProvider time)
{
    private const int MostLamps = 10_000;
    private const int LongestText = 1_000;

    /// <summary>Most that a lamp's meter may say, in watts: the range of its kind (city/kinds/streetlight.yaml).</summary>
    private const double MostWatts = 2_000;

    private static readonly string[] Reasons = ["default", "programme", "override", "sensor", "fault"];

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, LiveReport> _live = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GatewayReport> _waiting = new(StringComparer.Ordinal);
    private Task? _writing;

    /// <summary>Reads a gateway's report.</summary>
    /// <exception cref="FormatException">It is none; the message says why.</exception>
    public GatewayReport Read(string gateway, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("version", out var version) || !version.TryGetInt64(out var number))
        {
            throw new FormatException("a report has a whole 'version'");
        }

        var now = time.GetUtcNow();
        var lamps = new List<ReportedLamp>();
        if (json.TryGetProperty("lamps", out var listed) && listed.ValueKind == JsonValueKind.Object)
        {
            if (listed.GetPropertyCount() > MostLamps)
            {
                throw new FormatException(FormattableString.Invariant($"more than {MostLamps} lamps"));
            }

            // One that stands twice counts as it stands last, as in every JSON object.
            lamps.AddRange(listed.EnumerateObject().Where(p => Identifiers.IsValid(p.Name)).Select(p => Lamp(p.Name, p.Value, now))
                .GroupBy(l => l.Id, StringComparer.Ordinal).Select(g => g.Last()));
        }

        var refused = json.TryGetProperty("refused", out var r) && r.ValueKind == JsonValueKind.Object;
        return new GatewayReport(
            gateway,
            number,
            refused && Number(r, "version") is { } which ? (long)which : null,
            refused ? Text(r, "why") ?? "it does not say why" : null,
            now,
            [.. lamps.OrderBy(l => l.Id, StringComparer.Ordinal)])
        {
            Part = Number(json, "part") is { } part and > 1 and <= 10_000 ? (int)part : 1,
            Parts = Number(json, "parts") is { } parts and > 1 and <= 10_000 ? (int)parts : 1,
        };
    }

    /// <summary>Reads what gateways reported last: at start, and when another process has changed the book. What came since stays.</summary>
    /// <param name="gateways">Whose; null: of all.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task LoadAsync(IReadOnlySet<string>? gateways, CancellationToken cancel)
    {
        var some = gateways is null ? null : JsonSerializer.Serialize(gateways, BookJson.Options);
        var before = gateways is null
            ? _live.ToDictionary(l => l.Key, l => l.Value, StringComparer.Ordinal)
            : gateways.Where(_live.ContainsKey).ToDictionary(g => g, g => _live[g], StringComparer.Ordinal);
        var rows = await store.ReadAsync(
            sql => sql.Query(
                    $"SELECT gateway, received_at FROM reports WHERE CAST($1 AS TEXT) IS NULL OR gateway IN {sql.Dialect.Texts("$1")}",
                    r => (Gateway: r.GetString(0), At: Instant.ToMoment(r.GetInt64(1))), some)
                .Where(r => before.GetValueOrDefault(r.Gateway)?.Report.At != r.At)
                .Select(r => Find(sql, r.Gateway))
                .OfType<GatewayReport>()
                .ToList(),
            cancel);
        lock (_gate)
        {
            // Not by the times: they are those of two servers' clocks.
            foreach (var row in rows.Where(r => !_waiting.ContainsKey(r.Gateway) && _live.GetValueOrDefault(r.Gateway) == before.GetValueOrDefault(r.Gateway)))
            {
                _live[row.Gateway] = new LiveReport(row, null);
            }
        }
    }

    /// <summary>Keeps a report; it is durable when the task completes. A further part of one is added to what came before.</summary>
    public Task KeepAsync(GatewayReport report, CancellationToken cancel)
    {
        lock (_gate)
        {
            var before = _live.GetValueOrDefault(report.Gateway);
            var whole = report.Part > 1 && before is not null ? With(before.Report, report) : report;
            _live[report.Gateway] = new LiveReport(whole, before);
            _waiting[report.Gateway] = whole;
            return (_writing ??= WriteAsync()).WaitAsync(cancel);
        }
    }

    /// <summary>Writes what the book did not take when it came.</summary>
    /// <param name="isOurs">Whether a gateway is still heard here: another server has a newer report of one that is not.</param>
    /// <param name="cancel">Stops waiting.</param>
    public Task FlushAsync(Func<string, bool> isOurs, CancellationToken cancel)
    {
        lock (_gate)
        {
            foreach (var gateway in _waiting.Keys.Where(g => !isOurs(g)).ToList())
            {
                _waiting.Remove(gateway);
            }

            return _waiting.Count == 0 ? Task.CompletedTask : (_writing ??= WriteAsync()).WaitAsync(cancel);
        }
    }

    /// <summary>A gateway's last report; null when it has never reported.</summary>
    public LiveReport? Find(string gateway) => _live.GetValueOrDefault(gateway);

    private static GatewayReport With(GatewayReport before, GatewayReport part)
    {
        var lamps = before.Lamps.ToDictionary(l => l.Id, StringComparer.Ordinal);
        foreach (var lamp in part.Lamps.Where(l => lamps.Count < MostLamps || lamps.ContainsKey(l.Id)))
        {
            lamps[lamp.Id] = lamp;
        }

        return part with { Lamps = [.. lamps.Values.OrderBy(l => l.Id, StringComparer.Ordinal)] };
    }

    private async Task WriteAsync()
    {
        List<GatewayReport> taken = [];
        try
        {
            await store.WriteAsync(
                transaction =>
                {
                    lock (_gate)
                    {
                        taken = [.. _waiting.Values];
                        _waiting.Clear();
                        _writing = null;
                    }

                    taken.ForEach(report => Save(transaction, report));
                },
                CancellationToken.None);
        }
        catch
        {
            // The gateways are not answered and say it again; what they said stands in memory and goes with the next.
            lock (_gate)
            {
                taken.ForEach(report => _waiting.TryAdd(report.Gateway, report));
                _writing = null;
            }

            throw;
        }
    }

    private static void Save(BookTransaction transaction, GatewayReport report)
    {
        transaction.Touches(BookAreas.Reports, report.Gateway);
        transaction.Sql.Execute(
            """
            INSERT INTO reports(gateway, version, refused, refused_why, received_at, lamps) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT(gateway) DO UPDATE SET version = $2, refused = $3, refused_why = $4, received_at = $5, lamps = $6
            """,
            report.Gateway, report.Version, report.Refused, report.RefusedWhy, Instant.From(report.At), JsonSerializer.Serialize(report.Lamps, BookJson.Options));
    }

    private static GatewayReport? Find(SqlSession sql, string gateway) => sql.First(
        "SELECT gateway, version, refused, refused_why, received_at, lamps FROM reports WHERE gateway = $1",
        static (DbDataReader r) => new GatewayReport(
            r.GetString(0), r.GetInt64(1), r.Long(2), r.Text(3), Instant.ToMoment(r.GetInt64(4)),
            JsonSerializer.Deserialize<List<ReportedLamp>>(r.GetString(5), BookJson.Options)!),
        gateway);

    private static ReportedLamp Lamp(string id, JsonElement json, DateTimeOffset now)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"lamp {id} is no object");
        }

        var actual = Number(json, "actual", 0, MostWatts);
        return new ReportedLamp(
            id,
            Number(json, "target", 0, 100),
            Number(json, "feedback", 0, 100),
            actual,
            actual is not null ? Moment(json, "actualAgeSeconds", now) : null,
            Text(json, "reason") is { } reason && Reasons.Contains(reason, StringComparer.Ordinal) ? reason : null,
            Text(json, "detail"))
        {
            StepAt = Moment(json, "stepAgeSeconds", now),
            Clo = Number(json, "clo", 0, 100),
        };
    }

    private static DateTimeOffset? Moment(JsonElement json, string age, DateTimeOffset now) =>
        Number(json, age) is { } seconds and >= 0 and < 1e9 ? now.AddSeconds(-seconds) : null;

    // What no lamp can be is as good as not said: figures of lamps are added up for streets and the city.
    private static double? Number(JsonElement json, string name, double least, double most) => Number(json, name) is { } number && number >= least && number <= most ? number : null;

    private static double? Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { } text
            ? text.Length <= LongestText ? text : text[..LongestText]
            : null;
}
