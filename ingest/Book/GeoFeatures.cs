using System.Text.Json;

namespace SmartCity.Ingest.Book;

/// <summary>Features of a file, one after the other, as edits; what is wrong is noted with the feature's number and the property.</summary>
internal sealed class GeoFeatures
{
    private static readonly Dictionary<string, string[]> Known = new(StringComparer.Ordinal)
    {
        ["device"] = ["type", "id", "kind", "gateway", "zone", "street", "name", "thresholds"],
        ["gateway"] = ["type", "id", "zone", "street", "name"],
        ["zone"] = ["type", "id", "name", "kind", "ward", "settings", "runbook", "phones", "lat", "lon"],
        ["street"] = ["type", "id", "name", "ward"],
    };

    /// <summary>Said of a text that is none.</summary>
    public const string NotUnicode = "a text that is not Unicode; save the file as UTF-8";

    private readonly List<ZoneEdit> _zones = [];
    private readonly List<StreetEdit> _streets = [];
    private readonly List<GatewayEdit> _gateways = [];
    private readonly List<DeviceEdit> _devices = [];
    private readonly Dictionary<object, int> _rows = new(ReferenceEqualityComparer.Instance);
    private readonly List<RowError> _errors = [];
    private readonly HashSet<string> _strange = new(StringComparer.Ordinal);
    private int _number;
    private string _id = "";
    private string? _type;
    private JsonElement _properties;

    /// <summary>Takes the next one.</summary>
    /// <returns>False when there are enough errors.</returns>
    public bool Take(JsonElement feature)
    {
        _number++;
        (_id, _type) = ("", null);
        try
        {
            return Read(feature);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, or bytes that are not UTF-8: System.Text.Json finds that only when a text is asked for.
            return Wrong("properties", NotUnicode);
        }
    }

    /// <summary>What was read.</summary>
    public RegistryReadout Done() =>
        new(new RegistryEdits { Zones = _zones, Streets = _streets, Gateways = _gateways, Devices = _devices }, _rows, _errors);

    private bool Read(JsonElement feature)
    {
        if (feature.ValueKind != JsonValueKind.Object || !feature.TryGetProperty("properties", out _properties) || _properties.ValueKind != JsonValueKind.Object)
        {
            return Wrong("properties", "a feature has properties, type and id among them");
        }

        _type = Text("type");
        _id = Text("id") ?? (feature.TryGetProperty("id", out var own) && own.ValueKind == JsonValueKind.String ? own.GetString()! : "");
        if (_type is null || !Known.TryGetValue(_type, out var known))
        {
            return Wrong("type", "device, gateway, zone or street");
        }

        foreach (var property in _properties.EnumerateObject())
        {
            // Once a file: a program adds its own to every feature.
            if (!known.Contains(property.Name, StringComparer.Ordinal) && _strange.Add(_type + ' ' + property.Name))
            {
                Wrong(property.Name.Length <= 80 ? property.Name : "properties", $"a {_type} has no such property; there are {string.Join(", ", known)}", "property", string.Join(", ", known));
            }
        }

        var geometry = feature.TryGetProperty("geometry", out var shape) && shape.ValueKind == JsonValueKind.Object ? shape : default(JsonElement?);
        switch (_type)
        {
            case "device":
                var (lat, lon) = Point(geometry);
                Add(_devices, new()
                {
                    Id = _id,
                    Kind = Text("kind") ?? "",
                    Gateway = Text("gateway"),
                    Zone = Text("zone"),
                    Street = Text("street"),
                    Name = Text("name"),
                    Lat = lat,
                    Lon = lon,
                    Thresholds = Numbers("thresholds"),
                });
                break;
            case "gateway":
                (lat, lon) = Point(geometry);
                Add(_gateways, new() { Id = _id, Zone = Text("zone"), Street = Text("street"), Name = Text("name"), Lat = lat, Lon = lon });
                break;
            case "street":
                var street = new StreetEdit { Id = _id, Name = Text("name"), Ward = Text("ward") };
                Add(_streets, geometry is null ? street : street with { Line = Line(geometry.Value) });
                break;
            default:
                Add(_zones, Zone(geometry));
                break;
        }

        return _errors.Count < RegistryReadout.MaximumErrors;
    }

    private ZoneEdit Zone(JsonElement? geometry)
    {
        var area = geometry is { } shape && TypeOf(shape) is "Polygon" or "MultiPolygon";
        var (lat, lon) = area || geometry is null ? (Number("lat"), Number("lon")) : Point(geometry);
        var zone = new ZoneEdit
        {
            Id = _id,
            Name = Text("name"),
            Kind = Text("kind"),
            Ward = Text("ward"),
            Lat = lat,
            Lon = lon,
            Settings = Numbers("settings"),
        };
        zone = area ? zone with { Boundary = ZoneBoundary.Judged(() => ZoneBoundary.Read(geometry!.Value)) } : zone;
        zone = _properties.TryGetProperty("runbook", out _) ? zone with { Runbook = Text("runbook") } : zone;
        return _properties.TryGetProperty("phones", out _) ? zone with { Phones = Phones() } : zone;
    }

    private (double? Lat, double? Lon) Point(JsonElement? geometry)
    {
        if (geometry is not { } point)
        {
            return (null, null);
        }

        if (TypeOf(point) != "Point" || !point.TryGetProperty("coordinates", out var coordinates))
        {
            Wrong("geometry", _type == "zone" ? "a zone is a Point, a Polygon or a MultiPolygon" : $"a {_type} stands at a Point");
            return (null, null);
        }

        try
        {
            return GeoPosition.Read(coordinates) is var p ? (p[1], p[0]) : default;
        }
        catch (FormatException e)
        {
            Wrong("geometry", e.Message);
            return (null, null);
        }
    }

    private List<double[]>? Line(JsonElement geometry)
    {
        if (TypeOf(geometry) != "LineString" || !geometry.TryGetProperty("coordinates", out var coordinates) || coordinates.ValueKind != JsonValueKind.Array)
        {
            Wrong("geometry", "a street runs along a LineString");
            return null;
        }

        if (coordinates.GetArrayLength() is < 2 or > RegistryPlan.MaximumLine)
        {
            Wrong("geometry", FormattableString.Invariant($"a LineString has 2 to {RegistryPlan.MaximumLine} positions here"));
            return null;
        }

        try
        {
            return [.. coordinates.EnumerateArray().Select(c => GeoPosition.Read(c) is var p ? new[] { p[1], p[0] } : [])];
        }
        catch (FormatException e)
        {
            Wrong("geometry", e.Message);
            return null;
        }
    }

    private static string? TypeOf(JsonElement geometry) =>
        geometry.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;

    private string? Text(string name)
    {
        if (!_properties.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString();
        }

        Wrong(name, "text, in quotes");
        return null;
    }

    private double? Number(string name)
    {
        if (!_properties.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number)
        {
            return value.GetDouble();
        }

        Wrong(name, "a number");
        return null;
    }

    private Dictionary<string, double>? Numbers(string name)
    {
        if (!_properties.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
        if (value.ValueKind != JsonValueKind.Object ||
            !value.EnumerateObject().All(p => p.Value.ValueKind == JsonValueKind.Number && numbers.TryAdd(p.Name, p.Value.GetDouble())))
        {
            Wrong(name, "numbers by name, such as {\"I\":4,\"II\":5.5}");
            return null;
        }

        return numbers;
    }

    private List<ZonePhone>? Phones()
    {
        var list = _properties.GetProperty("phones");
        try
        {
            return list.Deserialize<List<ZonePhone>>(BookJson.Strict);
        }
        catch (JsonException)
        {
            Wrong("phones", "a list such as [{\"name\":\"Bảo vệ\",\"phone\":\"0237 385 1234\",\"role\":\"trực đêm\"}]");
            return null;
        }
    }

    private void Add<T>(List<T> list, T edit)
        where T : class
    {
        list.Add(edit);
        _rows[edit] = _number;
    }

    private bool Wrong(string field, string message, string? code = null, string? about = null)
    {
        _errors.Add(new RowError(_number, _id.Length <= 80 ? _id : string.Concat(_id.AsSpan(0, 80), "…"), field, message) { Type = _type, Code = code, About = about });
        return _errors.Count < RegistryReadout.MaximumErrors;
    }
}
