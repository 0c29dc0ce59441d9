using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Mqtt;

/// <summary>
/// The desired document of a gateway, made from the book (CONTRACTS, Desired). Its version is the sum of the registry's revisions, of the number of the last act
/// on a fire zone, of the tests begun and ended, and of the lighting book's term: each only grows, and two servers with the same book say the same. A document that no packet can hold is
/// not sent: the gateway goes on with the one it has.
/// </summary>
/// <param name="registry">What is where.</param>
/// <param name="acts">What officers said of fire zones.</param>
/// <param name="tests">What is under test now.</param>
/// <param name="lighting">What is said of lamps.</param>
/// <param name="kinds">Kinds of device, for the ranges of their metrics.</param>
/// <param name="timeZone">IANA name of the city's time.</param>
/// <param name="time">The clock; null = the machine's.</param>
internal sealed class DesiredDocuments(
    Registry registry, ZoneActs acts, Func<RunningTests> tests, LightingBook lighting, KindCatalog kinds, string timeZone, TimeProvider? time = null)
{
    // An order in a document, written out, without its words: names, numbers and two times.
    private const int LongestOrder = 200;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ConcurrentDictionary<string, Made> _made = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Looked> _looked = new(StringComparer.Ordinal);
    private Fleet? _fleet;

    /// <summary>The document as it must be now.</summary>
    public DesiredMessage Make(string gateway)
    {
        var state = Look();
        var (document, hash) = Compose(state, gateway);
        return Message(gateway, document, hash, state.Version);
    }

    /// <summary>The document, or null when the gateway has been sent the same.</summary>
    public DesiredMessage? MakeIfChanged(string gateway)
    {
        var state = Look();
        var (document, hash) = Compose(state, gateway);
        return _made.TryGetValue(gateway, out var made) && made.Hash.AsSpan().SequenceEqual(hash) ? null : Message(gateway, document, hash, state.Version);
    }

    /// <summary>The version that a gateway should have in force. A gateway that has not been here since the server started is measured by the registry of now. Who looks at the
    /// city's lamps asks every second: it is worked out again only when something has changed.</summary>
    public DesiredLook Look(string gateway)
    {
        var state = Look();
        if (!_looked.TryGetValue(gateway, out var looked) || !looked.IsOf(state))
        {
            var (document, hash) = Compose(state, gateway);
            _looked[gateway] = looked = new Looked(state.Registry, state.Lamps, state.Version, hash, document.Write().Length);
        }

        if (!_made.TryGetValue(gateway, out var made))
        {
            return new DesiredLook(state.Version, Fault(looked.Bytes), null);
        }

        return made.Hash.AsSpan().SequenceEqual(looked.Hash)
            ? new DesiredLook(made.Version, Fault(looked.Bytes), made.At)
            : new DesiredLook(state.Version, Fault(looked.Bytes), _time.GetUtcNow()); // it is being made
    }

    /// <summary>Why an order cannot be: the first gateway whose document no packet would hold with it, in words; null when it can.</summary>
    /// <param name="after">The lamps as they would be with it.</param>
    /// <param name="order">The order.</param>
    public string? Refuses(LampDirectory after, LightOrder order)
    {
        var now = Look();
        var state = now with { Registry = after.Registry, Fleet = FleetOf(after.Registry), Lamps = after };
        var longest = LongestOrder + (6 * ((order.Reason?.Length ?? 0) + order.By.Length)); // a letter is at most six bytes
        foreach (var gateway in after.Of(order.Target).Where(l => l.Row.Gateway is not null).GroupBy(l => l.Row.Gateway!, StringComparer.Ordinal))
        {
            // Far from the limit nothing has to be written to know that it fits.
            if (_looked.TryGetValue(gateway.Key, out var looked) && looked.IsOf(now) && looked.Bytes + (gateway.Count() * (long)longest) < DesiredDocument.LargestSentBytes)
            {
                continue;
            }

            if (Fault(Compose(state, gateway.Key).Document.Write().Length) is { } fault)
            {
                return $"gateway {gateway.Key}: {fault}; or release orders for its lamps";
            }
        }

        return null;
    }

    /// <summary>Gateways with a device of a place: <c>zone/ID</c> or <c>device/ID</c>.</summary>
    public IReadOnlyCollection<string> GatewaysOf(string place) => FleetOf(registry.Current).OfPlace.GetValueOrDefault(place) ?? [];

    private DesiredMessage Message(string gateway, DesiredDocument document, byte[] hash, long version)
    {
        _made[gateway] = new Made(hash, version, _time.GetUtcNow());
        var payload = With(document, version).Write();
        return new DesiredMessage(payload, version, Fault(payload.Length));
    }

    private static string? Fault(int bytes) => bytes <= DesiredDocument.LargestSentBytes
        ? null
        : FormattableString.Invariant($"the document has {bytes} bytes, a packet holds {DesiredDocument.LargestSentBytes}: give some of its devices to another gateway");

    private State Look()
    {
        // The parts of the version are read before what they stand for: what comes between is sent again under a greater one.
        var (said, last) = acts.All;
        var lamps = lighting.Directory;
        var current = lamps.Registry;
        var testing = tests();
        var fleet = FleetOf(current);
        return new State(current, fleet, said, testing, lamps, fleet.Revisions + last + testing.Term + lamps.Lighting.Term);
    }

    private Fleet FleetOf(RegistrySnapshot current)
    {
        var fleet = _fleet;
        return fleet is not null && ReferenceEquals(fleet.Of, current) ? fleet : _fleet = Fleet.Read(current);
    }

    private (DesiredDocument Document, byte[] Hash) Compose(State state, string gateway)
    {
        var devices = state.Fleet.OfGateway[gateway].ToList();
        var lamps = devices.Select(d => state.Lamps.Find(d.Id)).OfType<LampPlaceInCity>().ToDictionary(l => l.Id, state.Lamps.Desired, StringComparer.Ordinal);
        var used = Used(state.Lamps.Lighting.Document, lamps.Values);
        var document = new DesiredDocument
        {
            TimeZone = timeZone,
            Holidays = used.Holidays,
            Programmes = used.Programmes,
            Calendars = used.Calendars,
            Lamps = lamps,
            Thresholds = devices.Where(Plausible).ToDictionary(d => d.Id, d => d.Thresholds!, StringComparer.Ordinal),
            Zones = DesiredZones.Of(devices.Where(d => d.Zone is not null).ToLookup(d => d.Zone!, StringComparer.Ordinal), "zone/", state.Registry, state.Acts, state.Tests),
            Alone = DesiredZones.Of(devices.Where(d => d.Zone is null && DesiredZones.IsFire(d)).ToLookup(d => d.Id, StringComparer.Ordinal), "device/", state.Registry, state.Acts, state.Tests),
        };
        return (document, SHA256.HashData(document.Write()));
    }

    // The registry refuses what no device of a kind can have; an old book may hold it, and then the kind's own figures stand.
    private bool Plausible(DeviceRow device) => device.Thresholds is { Count: > 0 } own && kinds.Find(device.Kind)?.ThresholdFaults(own).Any() != true;

    // A gateway hears of what its own lamps need: another street's new programme is not its business.
    private static DesiredDocument Used(DesiredDocument all, IEnumerable<DesiredLamp> lamps)
    {
        var calendars = lamps.Select(l => l.Calendar).OfType<string>().Distinct(StringComparer.Ordinal).Where(all.Calendars.ContainsKey).ToDictionary(c => c, c => all.Calendars[c], StringComparer.Ordinal);
        var programmes = calendars.Values.SelectMany(c => c.Rules.Select(r => r.Programme).Append(c.Default)).OfType<string>().Distinct(StringComparer.Ordinal).Where(all.Programmes.ContainsKey);
        var holidays = calendars.Values.SelectMany(c => c.Rules.Select(r => r.Holidays)).OfType<string>().Distinct(StringComparer.Ordinal).Where(all.Holidays.ContainsKey);
        return new DesiredDocument
        {
            Calendars = calendars,
            Programmes = programmes.ToDictionary(p => p, p => all.Programmes[p], StringComparer.Ordinal),
            Holidays = holidays.ToDictionary(h => h, h => all.Holidays[h], StringComparer.Ordinal),
        };
    }

    private static DesiredDocument With(DesiredDocument document, long version) => new()
    {
        Version = version,
        TimeZone = document.TimeZone,
        Holidays = document.Holidays,
        Programmes = document.Programmes,
        Calendars = document.Calendars,
        Lamps = document.Lamps,
        Thresholds = document.Thresholds,
        Zones = document.Zones,
        Alone = document.Alone,
    };

    private sealed record Made(byte[] Hash, long Version, DateTimeOffset At);

    private sealed record Looked(RegistrySnapshot Registry, LampDirectory Lamps, long Version, byte[] Hash, int Bytes)
    {
        public bool IsOf(State state) => ReferenceEquals(Registry, state.Registry) && ReferenceEquals(Lamps, state.Lamps) && Version == state.Version;
    }

    private sealed record State(RegistrySnapshot Registry, Fleet Fleet, IReadOnlyDictionary<string, ZoneAct> Acts, RunningTests Tests, LampDirectory Lamps, long Version);

    /// <summary>What a snapshot of the registry holds, by gateway: read once for all documents made from it.</summary>
    private sealed record Fleet(RegistrySnapshot Of, ILookup<string, DeviceRow> OfGateway, IReadOnlyDictionary<string, HashSet<string>> OfPlace, long Revisions)
    {
        public static Fleet Read(RegistrySnapshot of)
        {
            var devices = of.Devices.Values.Select(d => d.Row).Where(d => d is { State: Service.Active, Gateway: not null }).ToList();
            var places = devices.GroupBy(d => d.Zone is null ? $"device/{d.Id}" : $"zone/{d.Zone}", d => d.Gateway!, StringComparer.Ordinal);
            return new Fleet(
                of,
                devices.ToLookup(d => d.Gateway!, StringComparer.Ordinal),
                places.ToDictionary(g => g.Key, g => g.ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal),

                // Rows are never deleted and revisions only grow, so this sum does too, whatever moves from one gateway to another.
                // Streets and gateways too: a street's ward and a gateway's place are what a lamp's calendar and its sun may hang on.
                of.Devices.Values.Sum(d => d.Row.Revision) + of.Zones.Values.Sum(z => z.Revision) + of.Streets.Values.Sum(s => s.Revision) + of.Gateways.Values.Sum(g => g.Revision));
        }
    }
}

/// <summary>A desired document to be sent.</summary>
/// <param name="Payload">Its JSON.</param>
/// <param name="Version">Its version.</param>
/// <param name="Fault">Why it cannot be sent; null when it can.</param>
internal sealed record DesiredMessage(byte[] Payload, long Version, string? Fault);

/// <summary>What a gateway should have in force.</summary>
/// <param name="Version">The version.</param>
/// <param name="Fault">Why it cannot be sent; null when it can.</param>
/// <param name="Since">Since when it is so; null when it was so before the server started.</param>
internal sealed record DesiredLook(long Version, string? Fault, DateTimeOffset? Since);

/// <summary>What is under test at a moment.</summary>
/// <param name="Windows">Each window: <c>zone</c>, <c>gateway</c>, <c>street</c> or <c>device</c>, which, and until when.</param>
/// <param name="Term">Grows with every test that is planned, begins or ends.</param>
internal sealed record RunningTests(IReadOnlyList<(string Scope, string Target, DateTimeOffset Until)> Windows, long Term)
{
    /// <summary>As the book has it. Drills and works keep no siren still.</summary>
    public static RunningTests Of(MaintenanceBook book, DateTimeOffset now)
    {
        var term = book.Term(Instant.From(now));
        return new(
            [.. book.Running(now).Where(w => w.Mode == MaintenanceMode.Test).Select(w => (w.Scope switch
            {
                MaintenanceScope.Zone => "zone",
                MaintenanceScope.Street => "street",
                MaintenanceScope.Gateway => "gateway",
                _ => "device",
            }, w.Target, Instant.ToMoment(w.To)))],
            term);
    }

    /// <summary>Nothing is.</summary>
    public static RunningTests None { get; } = new([], 0);
}
