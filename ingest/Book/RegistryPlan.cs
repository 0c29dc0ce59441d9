namespace SmartCity.Ingest.Book;

/// <summary>
/// Judges edits against a snapshot and turns them into rows. Pure: the same edits on the same snapshot give the same
/// batch or the same errors; every row is judged, so that an import tells all its faults at once.
/// </summary>
internal sealed class RegistryPlan(RegistrySnapshot snapshot, Func<string, bool> knowsKind, DateTimeOffset now, Func<string, IReadOnlyDictionary<string, double>, IEnumerable<string>>? thresholdFaults = null)
{
    /// <summary>Points of a street's course.</summary>
    public const int MaximumLine = 1000;

    private readonly List<RowError> _errors = [];
    private readonly RegistryBatch _batch = new();
    private int _row;
    private string _id = "";
    private string _what = "";

    /// <summary>The batch.</summary>
    /// <param name="edits">What is wanted.</param>
    /// <param name="rowOf">Row number of the n-th edit of a list, for messages; by default its 1-based place.</param>
    /// <param name="progress">Told how many rows have been judged.</param>
    /// <exception cref="RegistryException">Something is wrong; holds up to 1,000 errors.</exception>
    public RegistryBatch Make(RegistryEdits edits, Func<object, int>? rowOf = null, IProgress<int>? progress = null)
    {
        var done = 0;
        var zones = Ids(edits.Zones.Select(z => z.Id), snapshot.Zones.Values);
        var streets = Ids(edits.Streets.Select(s => s.Id), snapshot.Streets.Values);
        var gateways = Ids(edits.Gateways.Select(g => g.Id), snapshot.Gateways.Values);
        Each(edits.Zones, "zone", e => e.Id, Zone);
        Each(edits.Streets, "street", e => e.Id, Street);
        Each(edits.Gateways, "gateway", e => e.Id, e => Gateway(e, zones, streets));
        Each(edits.Devices, "device", e => e.Id, e => Device(e, gateways, zones, streets));
        return _errors.Count == 0 ? _batch : throw new RegistryException(_errors);

        void Each<T>(IReadOnlyList<T> list, string what, Func<T, string> idOf, Func<T, bool> judge)
            where T : class
        {
            var seen = new Dictionary<string, int>(StringComparer.Ordinal);
            for (var i = 0; i < list.Count; i++)
            {
                (_row, _id, _what) = (rowOf?.Invoke(list[i]) ?? i + 1, idOf(list[i]), what);
                if (!Identifiers.IsValid(_id))
                {
                    Wrong("id", $"a {what}'s id is 1-63 of a-z 0-9 - _");
                }
                else if (!seen.TryAdd(_id, _row))
                {
                    Wrong("id", FormattableString.Invariant($"this {what} stands twice in the same import, first in row {seen[_id]}"), "twice", FormattableString.Invariant($"{seen[_id]}"));
                }
                else
                {
                    // What is as it was is not written: importing a whole city again costs nothing and moves no object.
                    if (judge(list[i]))
                    {
                        _batch.Audit.Add(("put", $"{what}/{_id}", null));
                    }
                }

                progress?.Report(++done);
            }
        }
    }

    private bool Zone(ZoneEdit e)
    {
        e = e with { Name = Said(e.Name), Kind = Said(e.Kind), Ward = Said(e.Ward), Settings = Said(e.Settings) };
        Common(e.Name, e.Lat, e.Lon);
        Text("kind", e.Kind);
        Text("ward", e.Ward);
        Numbers("settings", e.Settings);
        foreach (var (name, value) in e.Settings ?? new Dictionary<string, double>())
        {
            if (ZoneSettings.Fault(name, value) is { } fault)
            {
                Wrong("settings", fault);
            }
        }

        Card(e.Runbook, e.Phones);
        if (e.Boundary?.Fault is { } border)
        {
            Wrong("boundary", border, "boundary", border);
        }

        var old = snapshot.Zones.GetValueOrDefault(e.Id);
        var row = new ZoneRow(e.Id, e.Name, e.Kind, e.Ward, e.Lat, e.Lon, e.Settings, Service.Active, Next(old), now)
        {
            Boundary = e.Says.HasFlag(EditParts.Boundary) ? e.Boundary : old?.Boundary,
            Runbook = e.Says.HasFlag(EditParts.Runbook) ? Said(e.Runbook)?.ReplaceLineEndings("\n") : old?.Runbook,
            Phones = e.Says.HasFlag(EditParts.Phones) ? e.Phones ?? [] : old?.Phones ?? [],
        };
        return Add(
            _batch.Zones,
            row,
            old is not null && Same(row.Settings, old.Settings) && row.Phones.SequenceEqual(old.Phones) &&
                row == old with { Settings = row.Settings, Phones = row.Phones, Revision = row.Revision, ChangedAt = now });
    }

    private bool Street(StreetEdit e)
    {
        e = e with { Name = Said(e.Name), Ward = Said(e.Ward) };
        Common(e.Name, null, null);
        Text("ward", e.Ward);
        if (e.Line is not null && (e.Line.Count is 1 or > MaximumLine || e.Line.Any(p => p is not [>= -90 and <= 90, >= -180 and <= 180])))
        {
            Wrong("line", FormattableString.Invariant($"2 to {MaximumLine} points, each [lat, lon] in degrees"));
        }

        var old = snapshot.Streets.GetValueOrDefault(e.Id);
        var row = new StreetRow(e.Id, e.Name, e.Ward, e.Says.HasFlag(EditParts.Line) ? e.Line is [] ? null : e.Line : old?.Line, Service.Active, Next(old), now);
        return Add(_batch.Streets, row, old is not null && Same(row.Line, old.Line) && row == old with { Line = row.Line, Revision = row.Revision, ChangedAt = now });
    }

    private bool Gateway(GatewayEdit e, HashSet<string> zones, HashSet<string> streets)
    {
        e = e with { Name = Said(e.Name), Zone = Said(e.Zone), Street = Said(e.Street) };
        if (e.Id == "alerts")
        {
            Wrong("id", "city/v1/alerts/… is the server's own topic: choose another name", "reserved");
        }

        Common(e.Name, e.Lat, e.Lon);
        Known("zone", e.Zone, zones);
        Known("street", e.Street, streets);
        var old = snapshot.Gateways.GetValueOrDefault(e.Id);
        var row = new GatewayRow(e.Id, e.Name, e.Zone, e.Street, e.Lat, e.Lon, Service.Active, Next(old), now);
        return Add(_batch.Gateways, row, old is not null && row == old with { Revision = row.Revision, ChangedAt = now });
    }

    private bool Device(DeviceEdit e, HashSet<string> gateways, HashSet<string> zones, HashSet<string> streets)
    {
        e = e with { Name = Said(e.Name), Gateway = Said(e.Gateway), Zone = Said(e.Zone), Street = Said(e.Street), Thresholds = Said(e.Thresholds) };
        Common(e.Name, e.Lat, e.Lon);
        Numbers("thresholds", e.Thresholds);
        Known("gateway", e.Gateway, gateways);
        Known("zone", e.Zone, zones);
        Known("street", e.Street, streets);
        if (!knowsKind(e.Kind))
        {
            Wrong("kind", $"the kind \"{Shown(e.Kind)}\" is not in the catalogue", "no-kind", Shown(e.Kind));
        }
        else if (e.Thresholds is not null)
        {
            foreach (var fault in thresholdFaults?.Invoke(e.Kind, e.Thresholds) ?? [])
            {
                Wrong("thresholds", fault, "threshold", fault);
            }
        }

        var old = snapshot.Devices.Find(e.Id)?.Row;
        var row = new DeviceRow(
            e.Id, e.Kind, e.Gateway, e.Zone, e.Street, e.Name, e.Lat, e.Lon, e.Thresholds, Registered: true, ReplacedBy: null, Service.Active, Next(old), now);
        return Add(
            _batch.Devices, row, old is not null && Same(row.Thresholds, old.Thresholds) && row == old with { Thresholds = row.Thresholds, Revision = row.Revision, ChangedAt = now });
    }

    private static bool Add<T>(List<T> list, T row, bool same)
    {
        if (!same)
        {
            list.Add(row);
        }

        return !same;
    }

    private static bool Same(IReadOnlyDictionary<string, double>? a, IReadOnlyDictionary<string, double>? b) =>
        a is null || b is null ? a is null && b is null : a.Count == b.Count && a.All(n => b.TryGetValue(n.Key, out var other) && other.Equals(n.Value));

    private static bool Same(IReadOnlyList<double[]>? a, IReadOnlyList<double[]>? b) =>
        a is null || b is null ? a is null && b is null : a.Count == b.Count && a.Zip(b).All(p => p.First.AsSpan().SequenceEqual(p.Second));

    private void Common(string? name, double? lat, double? lon)
    {
        Text("name", name);
        if (lat is not (null or (>= -90 and <= 90)))
        {
            Wrong("lat", "degrees from -90 to 90");
        }

        if (lon is not (null or (>= -180 and <= 180)))
        {
            Wrong("lon", "degrees from -180 to 180");
        }

        if (lat is null != lon is null)
        {
            Wrong(lat is null ? "lat" : "lon", "lat and lon are given together or not at all", "pair");
        }
    }

    // A field left empty in a form or a table says nothing.
    private static string? Said(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static IReadOnlyDictionary<string, double>? Said(IReadOnlyDictionary<string, double>? numbers) => numbers is { Count: 0 } ? null : numbers;

    private void Card(string? runbook, IReadOnlyList<ZonePhone>? phones)
    {
        if (runbook is not null && (runbook.Length > ZoneCardLimits.MaximumRunbook || runbook.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'))))
        {
            Wrong("runbook", FormattableString.Invariant($"at most {ZoneCardLimits.MaximumRunbook} characters; lines are broken by line ends"));
        }

        if (phones?.Count > ZoneCardLimits.MaximumPhones)
        {
            Wrong("phones", FormattableString.Invariant($"at most {ZoneCardLimits.MaximumPhones} telephone numbers"));
        }
        else if (phones?.Select(p => p is null ? "each telephone number has a name of 1 to 100 characters" : p.Fault()).FirstOrDefault(f => f is not null) is { } fault)
        {
            Wrong("phones", fault);
        }
    }

    private void Text(string field, string? text)
    {
        if (text is not null && (text.Length > 200 || text.Any(char.IsControl)))
        {
            Wrong(field, "at most 200 characters, no control characters");
        }
    }

    private void Numbers(string field, IReadOnlyDictionary<string, double>? numbers)
    {
        if (numbers is not null && (numbers.Count > 32 || numbers.Any(n => !double.IsFinite(n.Value) || n.Key.Length is 0 or > 64)))
        {
            Wrong(field, "at most 32 names of 1-64 characters, each with a finite number");
        }
    }

    private void Known(string field, string? id, HashSet<string> known)
    {
        if (id is not null && !known.Contains(id))
        {
            Wrong(field, $"the {field} \"{Shown(id)}\" is not in service; register it first or put it in the same import", "unknown", Shown(id));
        }
    }

    private void Wrong(string field, string message, string? code = null, string? about = null)
    {
        if (_errors.Count < RegistryReadout.MaximumErrors)
        {
            _errors.Add(new RowError(_row, Shown(_id), field, message) { Type = _what, Code = code, About = about });
        }
    }

    private static string Shown(string text) => text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 80), "…");

    private static HashSet<string> Ids(IEnumerable<string> coming, IEnumerable<IRegistryRow> here) =>
        new(here.Where(r => r.State == Service.Active).Select(r => r.Id).Concat(coming), StringComparer.Ordinal);

    private static long Next(IRegistryRow? row) => (row?.Revision ?? 0) + 1;
}
