using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Lights;

/// <summary>What somebody wants of the work order.</summary>
internal sealed record WorkFilter
{
    /// <summary>Only of this ward.</summary>
    public string? Ward { get; init; }

    /// <summary>Only of this street.</summary>
    public string? Street { get; init; }

    /// <summary>Only this trouble (a stop's worst).</summary>
    public LampTrouble? Trouble { get; init; }

    /// <summary>Only what has lasted this long.</summary>
    public TimeSpan Least { get; init; }
}

/// <summary>
/// Makes work orders from the open alerts of lamps and cabinets. A lamp is one stop however much is wrong with it. What follows from a dead cabinet, or from a gateway
/// that is away, is one stop with its lamps inside: a crew drives to the cabinet.
/// </summary>
internal sealed class WorkOrders(ApiServices services)
{
    /// <summary>Open alerts that are read for one order.</summary>
    public const int MostAlerts = 20_000;

    private readonly Views.OncePer<IReadOnlyList<AlertRecord>> _alerts = new(services.Time, TimeSpan.FromSeconds(1), async (_, cancel) => await services.Book.Store.ReadAsync(
        sql => sql.List(new AlertFilter { OnlyOpen = true }, long.MaxValue, MostAlerts), cancel));

    /// <summary>The order of now.</summary>
    public async Task<WorkOrder> MakeAsync(WorkFilter filter, ServerWords words, CancellationToken cancel)
    {
        var board = await services.Views.Lamps.GetAsync(cancel);
        var directory = board.Directory;
        var now = services.Time.GetUtcNow();
        var alerts = await _alerts.GetAsync(cancel);
        var stops = new Stops(services, board, words);
        foreach (var alert in alerts)
        {
            if (!alert.Test && alert.Device is { } id && directory.Registry.Devices.Find(id)?.Row is { State: Service.Active, Kind: LampDirectory.LampKind or LampTroubles.CabinetKind } device)
            {
                stops.Add(device, alert);
            }
        }

        var lines = stops.Lines()
            .Where(l => (filter.Trouble is null || l.Line.Trouble == filter.Trouble) && now - l.Line.Since >= filter.Least
                && (filter.Street is null || l.Street == filter.Street) && (filter.Ward is null || l.Ward == filter.Ward))
            .ToList();
        var streets = lines
            .GroupBy(l => (l.Ward, l.Street))
            .Select(g => new WorkStreet(
                g.Key.Street,
                g.Key.Street is null ? null : directory.Registry.Streets.GetValueOrDefault(g.Key.Street)?.Name ?? g.Key.Street,
                g.Key.Ward,
                [.. g.Select(l => l.Line).OrderBy(l => l.Kind == "lamp").ThenBy(l => l.Name ?? l.Id, NaturalOrder.Instance).ThenBy(l => l.Id, StringComparer.Ordinal)]))
            .OrderBy(s => s.Street is null).ThenBy(s => s.Ward ?? "", NaturalOrder.Instance).ThenBy(s => s.Name ?? "", NaturalOrder.Instance)
            .ToList();
        return new WorkOrder(now, lines.Count, lines.SelectMany(l => l.Line.Kind == "lamp" ? [l.Line.Id] : l.Line.Lamps.Select(b => b.Id)).Distinct(StringComparer.Ordinal).Count(), streets, alerts.Count >= MostAlerts);
    }

    /// <summary>Alerts by device while an order is made.</summary>
    private sealed class Stops(ApiServices services, LampBoard board, ServerWords words)
    {
        private readonly LampDirectory _directory = board.Directory;
        private readonly Dictionary<string, (DeviceRow Device, List<WorkFault> Faults)> _found = new(StringComparer.Ordinal);

        public void Add(DeviceRow device, AlertRecord alert)
        {
            if (!_found.TryGetValue(device.Id, out var stop))
            {
                _found[device.Id] = stop = (device, []);
            }

            stop.Faults.Add(new WorkFault(
                alert.Id, alert.Rule, LampTroubles.Of(alert.Rule), Instant.ToMoment(alert.MeasuredAt), alert.Value, alert.Threshold, alert.State, alert.Assignee, alert.Revision));
        }

        public IEnumerable<(string? Ward, string? Street, WorkLine Line)> Lines()
        {
            var dead = Gateways(f => f.Trouble == LampTrouble.Supply, _ => true);
            var away = Gateways(f => f.Trouble == LampTrouble.Silent, s => s.Faults.Exists(f => f.Rule == City.CircuitRules.Silence) || services.Connected(s.Device.Gateway!) == false);
            foreach (var (device, faults) in _found.Values)
            {
                var isLamp = device.Kind == LampDirectory.LampKind;
                var own = device.Gateway is not { } gateway ? faults : faults.FindAll(f =>
                    !(isLamp && dead.ContainsKey(gateway) && LampTroubles.FollowsFromAbove(f.Trouble)) && !(away.ContainsKey(gateway) && f.Trouble == LampTrouble.Silent));
                if (own.Count > 0)
                {
                    var (street, ward) = Where(device.Street, device.Gateway);
                    yield return (ward, street, Line(device, isLamp ? "lamp" : "cabinet", own));
                }
            }

            // A circuit without a cabinet in the registry, and whatever is silent as a whole: the place to go to is the gateway's.
            foreach (var (id, faults) in away)
            {
                yield return Whole(id, LampTrouble.Silent, words["faults.away"], [.. faults.Where(f => f.Rule == City.CircuitRules.Silence)], faults);
            }

            foreach (var (id, faults) in dead.Where(d => !_found.Values.Any(s => s.Device.Kind == LampTroubles.CabinetKind && s.Device.Gateway == d.Key && s.Faults.Exists(f => f.Trouble == LampTrouble.Supply))))
            {
                yield return Whole(id, LampTrouble.Supply, words["faults.supply"], faults, faults);
            }
        }

        /// <summary>Faults of a kind by the gateway of the devices that have them, where one of these devices speaks for the whole.</summary>
        private Dictionary<string, List<WorkFault>> Gateways(Predicate<WorkFault> which, Func<(DeviceRow Device, List<WorkFault> Faults), bool> whole) => _found.Values
            .Where(s => s.Device.Gateway is not null && s.Faults.Exists(which) && whole(s))
            .GroupBy(s => s.Device.Gateway!, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.SelectMany(s => s.Faults.FindAll(which)).OrderBy(f => f.Since).ToList(), StringComparer.Ordinal);

        private (string? Ward, string? Street, WorkLine Line) Whole(string id, LampTrouble trouble, string what, IReadOnlyList<WorkFault> told, List<WorkFault> all)
        {
            var gateway = _directory.Registry.Gateways.GetValueOrDefault(id);
            var (street, ward) = Where(null, id);
            return (ward, street, new WorkLine
            {
                Id = id,
                Kind = "gateway",
                Name = gateway?.Name,
                Gateway = id,
                Lat = gateway?.Lat,
                Lon = gateway?.Lon,
                Priority = trouble == LampTrouble.Silent ? 2 : LampTroubles.Priority(trouble),
                Trouble = trouble,
                What = what,
                Since = all.Min(f => f.Since),
                Faults = told,
                Lamps = Behind(id),
            });
        }

        private WorkLine Line(DeviceRow device, string kind, List<WorkFault> faults)
        {
            faults.Sort((a, b) => a.Trouble != b.Trouble ? a.Trouble.CompareTo(b.Trouble) : a.Since.CompareTo(b.Since));
            var place = _directory.Registry.LocationOf(device.Id, device.Zone);
            return new WorkLine
            {
                Id = device.Id,
                Kind = kind,
                Name = device.Name,
                Gateway = device.Gateway,
                Lat = place?.Lat,
                Lon = place?.Lon,
                Priority = faults.Min(f => LampTroubles.Priority(f.Trouble)),
                Trouble = faults[0].Trouble,
                What = string.Join("; ", faults.Select(f => words[WorkOrderText.Key(kind, f.Trouble)]).Distinct(StringComparer.Ordinal)),
                Since = faults.Min(f => f.Since),
                Faults = faults,
                Evidence = Evidence(device),
                Lamps = kind == "cabinet" && faults[0].Trouble <= LampTrouble.Supply && device.Gateway is { } gateway ? Behind(gateway) : [],
            };
        }

        private WorkEvidence Evidence(DeviceRow device)
        {
            if (board.Find(device.Id) is { } lamp)
            {
                return new WorkEvidence(lamp.Target ?? lamp.Wanted.Percent, lamp.Feedback, lamp.Actual, null, lamp.ActualAt);
            }

            var (power, volts) = (services.Newest(device.Id, "power_w"), services.Newest(device.Id, "voltage_v"));
            return new WorkEvidence(null, null, power?.Value, volts?.Value, (volts ?? power) is { } newest ? Instant.ToMoment(newest.MeasuredAt) : null);
        }

        private (string? Street, string? Ward) Where(string? street, string? gateway)
        {
            street ??= gateway is null ? null : _directory.Registry.Gateways.GetValueOrDefault(gateway)?.Street;
            return (street, street is null ? null : _directory.Registry.Streets.GetValueOrDefault(street)?.Ward);
        }

        private List<WorkLamp> Behind(string gateway) =>
            [.. _directory.Lamps.Where(l => l.Row.Gateway == gateway).Select(l => new WorkLamp(l.Id, l.Row.Name)).OrderBy(l => l.Name ?? l.Id, NaturalOrder.Instance)];
    }
}
