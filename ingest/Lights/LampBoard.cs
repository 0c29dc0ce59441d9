using SmartCity.City;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Mqtt;

namespace SmartCity.Ingest.Lights;

/// <summary>What every lamp of the city really does, at one moment. Made once for all who look (<see cref="Views.CityViews.Lamps"/>).</summary>
internal sealed class LampBoard
{
    private readonly Dictionary<string, LampState> _byId;

    private LampBoard(DateTimeOffset at, LampDirectory directory, LampState[] lamps, OpenLampFaults faults, IReadOnlyDictionary<string, LampPower> powers)
    {
        At = at;
        Directory = directory;
        Lamps = lamps;
        OpenFaults = faults;
        Powers = powers;
        _byId = lamps.ToDictionary(l => l.Lamp.Id, StringComparer.Ordinal);
    }

    /// <summary>The moment.</summary>
    public DateTimeOffset At { get; }

    /// <summary>Lamps, places and orders of that moment.</summary>
    public LampDirectory Directory { get; }

    /// <summary>Every lamp in service, by id.</summary>
    public IReadOnlyList<LampState> Lamps { get; }

    /// <summary>What was open.</summary>
    public OpenLampFaults OpenFaults { get; }

    private IReadOnlyDictionary<string, LampPower> Powers { get; }

    /// <summary>One lamp, or null.</summary>
    public LampState? Find(string lamp) => _byId.GetValueOrDefault(lamp);

    /// <summary>The lamps of a place; empty when there is none of that name.</summary>
    public IEnumerable<LampState> Of(LightTarget target) =>
        target.Scope == LightScope.City ? Lamps : Directory.Of(target).Select(l => _byId.GetValueOrDefault(l.Id)).OfType<LampState>();

    /// <summary>The board of now.</summary>
    /// <param name="services">What is known.</param>
    /// <param name="faults">What is open.</param>
    /// <param name="before">The one before; what has not changed since is taken over.</param>
    public static LampBoard Make(ApiServices services, OpenLampFaults faults, LampBoard? before)
    {
        var directory = services.Book.Lighting.Directory;
        var now = services.Time.GetUtcNow();
        var powers = before is not null && ReferenceEquals(before.Directory.Registry, directory.Registry)
            ? before.Powers
            : directory.Lamps.ToDictionary(l => l.Id, l => LampPower.Of(services.Kinds.Find(l.Row.Kind), l.Row), StringComparer.Ordinal);
        var gateways = new Dictionary<string, GatewayNow>(StringComparer.Ordinal);
        var lamps = new LampState[directory.Lamps.Count];
        for (var i = 0; i < lamps.Length; i++)
        {
            var place = directory.Lamps[i];
            var gateway = GatewayNow.None;
            if (place.Row.Gateway is { } id && !gateways.TryGetValue(id, out gateway!))
            {
                gateways[id] = gateway = GatewayNow.Of(services, id, now);
            }

            lamps[i] = State(services, directory.Plan(place), place, gateway, powers[place.Id], faults.Of(place.Id), now);
        }

        return new LampBoard(now, directory, lamps, faults, powers);
    }

    private static LampState State(
        ApiServices services, LampPlan plan, LampPlaceInCity place, GatewayNow gateway, in LampPower power, IReadOnlyList<string> faults, DateTimeOffset now)
    {
        var wanted = City.Lighting.Level(plan, now);
        var report = gateway.Report?.Find(place.Id);
        var slack = IsAt(report?.Target, wanted.Percent) && IsAt(report?.Feedback, wanted.Percent) ? 0 : LampTiming.Slack(plan, now);
        var since = LampTiming.Since(plan, now);

        // Who does not say when the output took its step has not said that it measured after it: only what is younger than the order itself counts then.
        var told = report is { Actual: { } watts, ActualAt: { } at } ? new Measured(watts, at, at >= (report.StepAt ?? since)) : (Measured?)null;
        var live = Live(services, place.Id, report, gateway.Report?.Report.At, wanted.Percent, slack);
        var newest = live is { } l && !(told?.At >= l.At) ? live : told;
        var counts = newest is { Counts: true } ? newest : told is { Counts: true } ? told : live is { Counts: true } ? live : null;
        var clo = report?.Clo ?? 100;
        var facts = new LampFacts
        {
            Wanted = wanted.Percent,
            Slack = slack,
            Settled = now - since > LampJudgement.Grace && now - (gateway.Desired?.Since ?? DateTimeOffset.MinValue) > LampJudgement.Grace,
            Connected = gateway.Connected,
            Refuses = gateway.Refuses,
            IsCurrent = gateway.IsCurrent,
            ReportAge = now - gateway.Report?.Report.At,
            Reported = report is not null,
            Target = report?.Target,
            Feedback = report?.Feedback,
            Reason = report?.Reason,
            SameReason = report?.Reason == wanted.Reason switch { LightReason.Override => "override", LightReason.Programme => "programme", _ => "default" },
            StepAge = now - report?.StepAt,
            Watts = counts?.Watts,
            WattsAge = counts is { } c ? now - c.At : default,
            Power = power,
            Clo = clo,
        };
        var (follow, why) = LampJudgement.Judge(facts);
        return new LampState
        {
            Lamp = place,
            Wanted = wanted,
            Report = report,
            ReportedAt = gateway.Report?.Report.At,
            Version = gateway.Report?.Report.Version,
            RefusedWhy = gateway.Report?.Report.RefusedWhy,
            DesiredVersion = gateway.Desired?.Version,
            Connected = gateway.Connected,
            Actual = newest?.Watts,
            ActualAt = newest?.At,
            Expected = power.At(wanted.Percent, clo),
            Follow = follow,
            Why = why,
            Faults = faults,
        };
    }

    // Power by telemetry counts for the level that its own reading says was in force, and not while the driver is on its way there.
    private static Measured? Live(ApiServices services, string lamp, ReportedLamp? report, DateTimeOffset? reportedAt, double wanted, double slack)
    {
        if (services.Newest(lamp, "power_w") is not { } power)
        {
            return null;
        }

        // A gateway says an age of zero while the driver is on its way: then its end is not known yet.
        var at = Instant.ToMoment(power.MeasuredAt);
        var settled = report?.StepAt is { } step && step >= reportedAt ? step + LampJudgement.DriverNeeds : report?.StepAt;
        var together = services.Newest(lamp, "dim_percent") is { } dim && dim.MeasuredAt == power.MeasuredAt
            && Math.Abs(dim.Value - (report?.Feedback ?? wanted)) <= LampJudgement.Near + slack && !(at < settled);
        return new Measured(power.Value, at, together);
    }

    private static bool IsAt(double? said, double wanted) => said is { } level && Math.Abs(level - wanted) <= LampJudgement.Near;

    private readonly record struct Measured(double Watts, DateTimeOffset At, bool Counts);

    /// <summary>What is the same for all lamps of a gateway.</summary>
    private sealed record GatewayNow(LiveReport? Report, DesiredLook? Desired, bool Connected, bool Refuses, bool IsCurrent)
    {
        public static readonly GatewayNow None = new(null, null, false, false, false);

        public static GatewayNow Of(ApiServices services, string gateway, DateTimeOffset now)
        {
            var report = services.Book.Reports.Find(gateway);
            var desired = services.Desired(gateway);
            var version = report?.Report.Version;
            return new GatewayNow(
                report,
                desired,
                services.Connected(gateway) != false,
                report?.Report is { RefusedWhy: not null, Refused: var refused } && (refused is null || refused == desired?.Version),

                // A gateway may have a greater one: its server's book was restored from a backup, and the document is on its way.
                desired is null || version == desired.Version);
        }
    }
}
