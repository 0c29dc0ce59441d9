using System.Globalization;
using System.Text.Json;
using SmartCity.Telemetry;

namespace SmartCity.City;

/// <summary>What is wrong with a document; as many as a person reads.</summary>
internal sealed class JsonFaults
{
    private const int Kept = 20;

    private readonly List<string> _faults = [];

    public int Count { get; private set; }

    public void Add(string path, string what)
    {
        if (Count++ < Kept)
        {
            _faults.Add($"{path}: {(what.Length > 300 ? what[..300] : what)}");
        }
    }

    public DesiredException Exception() => new(Count <= Kept ? _faults : [.. _faults, string.Create(CultureInfo.InvariantCulture, $"and {Count - Kept} more")]);
}

/// <summary>A value of a document with its path. What it should be and is not is noted there; what is absent or null is null here.</summary>
internal readonly struct JsonMember(JsonElement element, string path, JsonFaults faults)
{
    private static readonly string[] TimeForms = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public void Fault(string what) => faults.Add(path, what);

    public void Fault(string name, string what) => faults.Add(At(name), what);

    public T? Missing<T>(string name)
    {
        if (Get(name) is null)
        {
            Fault(name, "missing");
        }

        return default;
    }

    public JsonMember? Child(string name)
    {
        if (Get(name) is not { } value || IsEmptyList(value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            Fault(name, "is no object");
            return null;
        }

        return new JsonMember(value, At(name), faults);
    }

    /// <summary>A map by identifier. Values that come back null are left out; their faults are noted.</summary>
    public Dictionary<string, T> Map<T>(string name, int most, Func<string, JsonMember, T?> read, JsonValueKind of = JsonValueKind.Object)
        where T : class
    {
        var map = new Dictionary<string, T>(StringComparer.Ordinal);
        if (Child(name) is not { } child)
        {
            return map;
        }

        foreach (var id in child.Names(most))
        {
            if (!Identifier.IsValid(id))
            {
                Fault(name, $"'{(id.Length > 80 ? id[..80] : id)}' is no identifier; write 1 to 63 of a-z 0-9 - _");
            }
            else if (child.Get(id) is { } value && value.ValueKind != of)
            {
                child.Fault(id, of == JsonValueKind.Object ? "is no object" : "is no list");
            }
            else if (child.Get(id) is { } known && read(id, new JsonMember(known, child.At(id), faults)) is { } item)
            {
                map.Add(id, item);
            }
        }

        return map;
    }

    public IEnumerable<string> Names(int most)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            Fault("is no object");
            return [];
        }

        if (element.GetPropertyCount() > most)
        {
            Fault(string.Create(CultureInfo.InvariantCulture, $"{element.GetPropertyCount()} of them; at most {most}"));
            return [];
        }

        return element.EnumerateObject().Select(p => p.Name);
    }

    /// <summary>A list of objects.</summary>
    public void List(string name, int most, Action<JsonMember> read) => Items(name, most, item =>
    {
        if (item.IsObject)
        {
            read(item);
        }
        else
        {
            item.Fault("is no object");
        }
    });

    /// <summary>A list of anything.</summary>
    public void Items(string name, int most, Action<JsonMember> read)
    {
        if (Get(name) is { } value)
        {
            new JsonMember(value, At(name), faults).Elements(most, read);
        }
    }

    /// <summary>This value's own elements.</summary>
    public void Elements(int most, Action<JsonMember> read)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            Fault("is no list");
            return;
        }

        if (element.GetArrayLength() > most)
        {
            Fault(string.Create(CultureInfo.InvariantCulture, $"{element.GetArrayLength()} of them; at most {most}"));
            return;
        }

        var i = 0;
        foreach (var item in element.EnumerateArray())
        {
            read(new JsonMember(item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i++}]"), faults));
        }
    }

    public string? AsText() => element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    public long? AsWhole(long minimum, long maximum) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var value) && value >= minimum && value <= maximum ? value : null;

    /// <summary>Two numbers.</summary>
    public (double, double)? AsPair() =>
        element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2
        && element[0].ValueKind == JsonValueKind.Number && element[0].TryGetDouble(out var first)
        && element[1].ValueKind == JsonValueKind.Number && element[1].TryGetDouble(out var second)
            ? (first, second)
            : null;

    public string? Text(string name, int longest)
    {
        if (Get(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { } text || text.Length > longest)
        {
            Fault(name, string.Create(CultureInfo.InvariantCulture, $"is no text of at most {longest} characters"));
            return null;
        }

        return text;
    }

    public double? Number(string name, double minimum, double maximum)
    {
        if (Get(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !(number >= minimum && number <= maximum))
        {
            Fault(name, string.Create(CultureInfo.InvariantCulture, $"is no number from {minimum} to {maximum}"));
            return null;
        }

        return number;
    }

    public long? Whole(string name, long minimum, long maximum)
    {
        if (Get(name) is not { } value)
        {
            return null;
        }

        var whole = new JsonMember(value, "", faults).AsWhole(minimum, maximum);
        if (whole is null)
        {
            Fault(name, string.Create(CultureInfo.InvariantCulture, $"is no whole number from {minimum} to {maximum}"));
        }

        return whole;
    }

    /// <summary>A moment with its offset (RFC 3339).</summary>
    public DateTimeOffset? Time(string name)
    {
        if (Text(name, 40) is not { } text)
        {
            return null;
        }

        // Without an offset a time is nobody's.
        if (!(text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > 10)
            || !DateTimeOffset.TryParseExact(text, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            Fault(name, "is no time with offset; write 2026-11-22T18:00:00+07:00");
            return null;
        }

        return time;
    }

    private bool IsObject => element.ValueKind == JsonValueKind.Object;

    private static bool IsEmptyList(JsonElement value) => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0;

    private string At(string name) => path.Length == 0 ? name : $"{path}.{name}";

    private JsonElement? Get(string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
