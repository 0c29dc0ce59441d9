using System.Text.Json;

namespace SmartCity.City;

/// <summary>
/// Reads a desired document. Members it does not know are passed over, so that a newer server can talk to an older gateway; an empty list stands for an empty
/// map, and <c>thresholds</c> at the top for those of <c>devices</c>, as servers before 0.2 wrote them.
/// </summary>
internal sealed class DesiredReader
{
    private const int MostEntries = 10_000;
    private const int MostDates = 1_000;
    private const double LongestZoneSeconds = 3_600;

    private readonly JsonFaults _faults = new();

    public DesiredDocument Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > DesiredDocument.LargestBytes)
        {
            _faults.Add("document", $"{json.Length} bytes; at most {DesiredDocument.LargestBytes}");
            throw _faults.Exception();
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false });
            var read = Read(document.RootElement);
            return _faults.Count == 0 ? read : throw _faults.Exception();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second: a text that is no UTF-8 is found when it is read.
            _faults.Add("document", "no JSON: " + e.Message);
            throw _faults.Exception();
        }
    }

    private DesiredDocument Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            _faults.Add("document", "is no object");
            return new DesiredDocument();
        }

        var top = new JsonMember(root, "", _faults);
        var holidays = top.Map("holidays", MostEntries, ReadDates, JsonValueKind.Array);
        var programmes = top.Map("programmes", MostEntries, ReadProgramme);
        var calendars = top.Map("calendars", MostEntries, (id, m) => ReadCalendar(id, m, programmes, holidays));
        var thresholds = top.Map("devices", MostEntries, (_, m) => m.Child("thresholds") is { } t ? ReadNumbers(t) : null);
        foreach (var (device, numbers) in top.Map("thresholds", MostEntries, (_, m) => ReadNumbers(m)))
        {
            thresholds.TryAdd(device, numbers);
        }

        return new DesiredDocument
        {
            Version = top.Whole("version", 0, long.MaxValue) ?? top.Missing<long>("version"),
            TimeZone = ReadZone(top),
            Holidays = holidays,
            Programmes = programmes,
            Calendars = calendars,
            Lamps = top.Map("lamps", MostEntries, (id, m) => ReadLamp(id, m, calendars)),
            Thresholds = thresholds,
            Zones = top.Map("zones", MostEntries, (_, m) => ReadFireZone(m)),
            Alone = top.Map("devices", MostEntries, (_, m) => m.Child("zone") is { } z ? ReadFireZone(z) : null),
        };
    }

    private static string ReadZone(JsonMember top)
    {
        var name = top.Text("timeZone", 64) ?? CityTimeZone.Vietnam;
        if (name.Contains("..", StringComparison.Ordinal)
            || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('/' or '_' or '-' or '+'))
            || CityTimeZone.Find(name) is null)
        {
            top.Fault("timeZone", $"'{name}' is no time zone that this machine knows (package tzdata)");
        }

        return name;
    }

    private IReadOnlySet<DateOnly>? ReadDates(string id, JsonMember member)
    {
        var dates = new HashSet<DateOnly>();
        member.Elements(MostDates, item =>
        {
            if (CalendarRuleReader.TryDate(item.AsText(), out var date))
            {
                dates.Add(date);
            }
            else
            {
                item.Fault("is no date; write 2027-02-06");
            }
        });
        return dates;
    }

    private LightProgramme? ReadProgramme(string id, JsonMember member)
    {
        var points = new List<SwitchPoint>();
        var before = _faults.Count;
        member.List("points", LightProgramme.MostPoints, point =>
        {
            if (!SwitchTime.TryParse(point.Text("at", 32), out var at))
            {
                point.Fault("at", "write 22:30, sunset, sunset-15 or sunrise+20 (at most 360 minutes)");
            }

            points.Add(new SwitchPoint(
                at,
                point.Number("level", 0, 100) ?? point.Missing<double>("level"),
                TimeSpan.FromSeconds(point.Number("rampSeconds", 0, LightProgramme.LongestRamp.TotalSeconds) ?? 0)));
        });
        if (_faults.Count == before && LightProgramme.Fault(points) is { } fault)
        {
            member.Fault(fault);
        }

        return _faults.Count == before ? new LightProgramme(id, points) : null;
    }

    private static LightCalendar ReadCalendar(
        string id, JsonMember member, Dictionary<string, LightProgramme> programmes, Dictionary<string, IReadOnlySet<DateOnly>> holidays)
    {
        var rules = new List<CalendarRule>();
        member.List("rules", LightCalendar.MostRules, rule =>
        {
            var name = rule.Text("programme", 63);
            var list = rule.Text("holidays", 63);
            if (name is null || !programmes.ContainsKey(name))
            {
                rule.Fault("programme", name is null ? "missing" : $"there is no programme '{name}'");
            }

            if (list is not null && !holidays.ContainsKey(list))
            {
                rule.Fault("holidays", $"there is no list '{list}'");
            }

            rules.Add(CalendarRuleReader.Read(rule, name ?? "", list));
        });
        var otherwise = member.Text("default", 63);
        if (otherwise is not null && !programmes.ContainsKey(otherwise))
        {
            member.Fault("default", $"there is no programme '{otherwise}'");
        }

        return new LightCalendar(id, otherwise, rules);
    }

    private static DesiredLamp ReadLamp(string id, JsonMember member, Dictionary<string, LightCalendar> calendars)
    {
        var calendar = member.Text("calendar", 63);
        if (calendar is not null && !calendars.ContainsKey(calendar))
        {
            member.Fault("calendar", $"there is no calendar '{calendar}'");
        }

        var overrides = new List<LightOverride>();
        member.List("overrides", DesiredLamp.MostOverrides, o => overrides.Add(new LightOverride(
            o.Text("id", 128) ?? o.Missing<string>("id") ?? "",
            o.Number("level", 0, 100) ?? o.Missing<double>("level"),
            (int)(o.Whole("priority", 0, LightOverride.EverythingOn) ?? 0),
            o.Time("start") ?? o.Missing<DateTimeOffset>("start"))
        {
            Expires = o.Time("expires"),
            Reason = o.Text("reason", 256),
            By = o.Text("by", 128),
        }));
        return new DesiredLamp(id)
        {
            Calendar = calendar,
            Minimum = member.Number("minimum", 0, 100) ?? 0,
            Latitude = member.Number("lat", -90, 90) ?? double.NaN,
            Longitude = member.Number("lon", -180, 180) ?? double.NaN,
            Overrides = overrides,
            Clo = ReadCurve(member),
            Installed = member.Time("installed"),
        };
    }

    // [[0,80],[20000,88],[50000,100]]: hours and percent; what is no pair of numbers is no point.
    private static ConstantOutput? ReadCurve(JsonMember lamp)
    {
        var points = new List<OutputPoint>();
        var good = true;
        lamp.Items("clo", ConstantOutput.MostPoints, item =>
        {
            if (item.AsPair() is var (hours, percent))
            {
                points.Add(new OutputPoint(hours, percent));
            }
            else
            {
                item.Fault("is no [hours, percent]");
                good = false;
            }
        });
        if (!good || points.Count == 0)
        {
            return null;
        }

        if (ConstantOutput.Fault(points) is not { } fault)
        {
            return new ConstantOutput(points);
        }

        lamp.Fault("clo", fault);
        return null;
    }

    private static IReadOnlyDictionary<string, double>? ReadNumbers(JsonMember member)
    {
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var name in member.Names(256))
        {
            if (member.Number(name, double.MinValue, double.MaxValue) is { } number)
            {
                numbers[name] = number;
            }
        }

        return numbers;
    }

    private static DesiredZone ReadFireZone(JsonMember member) => new()
    {
        AcknowledgeWithin = Seconds(member.Number("acknowledgeWithinSeconds", 1, LongestZoneSeconds)),
        Coincidence = Seconds(member.Number("coincidenceSeconds", 1, LongestZoneSeconds)),
        TestUntil = member.Time("testUntil"),
        Acknowledged = member.Time("acknowledged"),
        ResetAt = member.Time("resetAt"),
    };

    private static TimeSpan? Seconds(double? seconds) => seconds is { } s ? TimeSpan.FromSeconds(s) : null;
}
