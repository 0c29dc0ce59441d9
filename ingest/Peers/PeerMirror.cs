using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Json;
using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Peers;

/// <summary>A device as another server has it.</summary>
internal sealed record PeerDevice(long Measured, long Received, MetricValue[] Values, DerivedValue[] Derived)
{
    /// <summary>The newest value of one of its metrics. Allocates nothing.</summary>
    public (double Value, long MeasuredAt)? Newest(string metric)
    {
        foreach (ref readonly var value in Values.AsSpan())
        {
            if (value.Name == metric)
            {
                return (value.Value, value.MeasuredAt);
            }
        }

        return null;
    }

    /// <summary>The same as a grain of our own would say it.</summary>
    public DeviceView View(DeviceRow device) => new(device.Id, device.Kind, device.Zone, device.Registered, Measured, Received, Values, Derived);
}

/// <summary>What another server said last. One task puts answers in, everybody reads.</summary>
/// <param name="name">Which server.</param>
/// <param name="knows">Whether the registry has a device: a row about anything else is nobody's.</param>
/// <param name="time">The clock.</param>
internal sealed class PeerMirror(string name, Func<string, bool> knows, TimeProvider time)
{
    /// <summary>Without an answer for longer it is away: four requests that failed, and less than a server's beat may be late before it is superseded.</summary>
    public static readonly TimeSpan AwayAfter = TimeSpan.FromSeconds(4);

    private readonly long _begun = time.GetTimestamp();
    private ConcurrentDictionary<string, PeerDevice> _devices = new(StringComparer.Ordinal);
    private ConcurrentDictionary<string, PeerDevice>? _coming;
    private long _comingVersion;
    private long? _answeredAt;
    private long? _liveAt;

    public string Name => name;

    /// <summary>Where it is asked.</summary>
    public Uri? Url { get; set; }

    /// <summary>What to ask for as <c>since</c>: the version whose devices are all here.</summary>
    public long? Version { get; private set; }

    /// <summary>The version of its <see cref="Gateways"/>.</summary>
    public long? GatewaysVersion { get; private set; }

    /// <summary>The gateways that are connected to it.</summary>
    public FrozenDictionary<string, PeerGateway> Gateways { get; private set; } = FrozenDictionary<string, PeerGateway>.Empty;

    /// <summary>How it said that it fares; null: it has never answered.</summary>
    public PeerStatus? Status { get; private set; }

    /// <summary>By how much its clock is ahead of ours, as near as one request tells.</summary>
    public TimeSpan? ClockAhead { get; private set; }

    /// <summary>Why it cannot be asked, in words; null when it answers.</summary>
    public string? Trouble { get; set; }

    /// <summary>How long ago it answered; null: never.</summary>
    public TimeSpan? AnsweredAgo => _answeredAt is { } at ? time.GetElapsedTime(at) : null;

    /// <summary>How long ago all its devices were here as it had them; null: never.</summary>
    public TimeSpan? LiveAgo => _liveAt is { } at ? time.GetElapsedTime(at) : null;

    /// <summary>It does not answer: what it had last is not of now.</summary>
    public bool IsAway => time.GetElapsedTime(_answeredAt ?? _begun) > AwayAfter;

    /// <summary>Devices it has.</summary>
    public int Count => _devices.Count;

    /// <summary>A device as it had it last; null when it never told of it.</summary>
    public PeerDevice? Find(string device) => Volatile.Read(ref _devices).GetValueOrDefault(device);

    /// <summary>Takes an answer in.</summary>
    /// <param name="answer">What it said.</param>
    /// <param name="first">Not a page behind another.</param>
    /// <param name="live">Devices were asked for.</param>
    /// <param name="asked">When it was asked, Unix ns by our clock.</param>
    /// <returns>The device behind which there is more; null when there is no more.</returns>
    /// <exception cref="FormatException">It is not what a server says.</exception>
    public string? Take(JsonElement answer, bool first, bool live, long asked)
    {
        try
        {
            var next = live ? TakeDevices(answer, first) : null;
            var now = Instant.From(time.GetUtcNow());
            ClockAhead = TimeSpan.FromTicks((answer.GetProperty("at").GetInt64() - asked - (now - asked) / 2) / 100);
            if (answer.TryGetProperty("status", out var status))
            {
                Status = status.Deserialize<PeerStatus>(BookJson.Options);
            }

            if (answer.TryGetProperty("gateways", out var gateways))
            {
                Gateways = (gateways.Deserialize<PeerGateway[]>(BookJson.Options) ?? []).ToFrozenDictionary(g => g.Id, StringComparer.Ordinal);
                GatewaysVersion = answer.GetProperty("gatewaysVersion").GetInt64();
            }

            _answeredAt = time.GetTimestamp();
            Trouble = null;
            return next;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException or IndexOutOfRangeException)
        {
            throw new FormatException($"the answer is not a server's: {e.Message}", e);
        }
    }

    // A page of a whole picture does not show before the last one is here: what the sender has not told yet would be missing.
    private string? TakeDevices(JsonElement answer, bool first)
    {
        if (first)
        {
            _coming = answer.GetProperty("full").GetBoolean() ? new(StringComparer.Ordinal) : null;

            // What changes while later pages are asked for may stand on an earlier one: it comes again.
            _comingVersion = answer.GetProperty("version").GetInt64();
        }

        var into = _coming ?? _devices;
        var metrics = answer.GetProperty("metrics").EnumerateArray().Select(Metric).ToArray();
        var derived = answer.GetProperty("derived").EnumerateArray().Select(d => d.GetString() ?? "").ToArray();
        foreach (var row in answer.GetProperty("devices").EnumerateArray())
        {
            if (row[0].GetString() is { } id && knows(id))
            {
                into[id] = new PeerDevice(
                    row[1].GetInt64(), row[2].GetInt64(),
                    Triples(row[3], (n, value, at) => metrics[n] with { Value = value, MeasuredAt = at }),
                    Triples(row[4], (n, value, at) => new DerivedValue(derived[n], value, at)));
            }
        }

        if (answer.TryGetProperty("next", out var next) && next.GetString() is { } more)
        {
            return more;
        }

        if (_coming is not null)
        {
            Volatile.Write(ref _devices, _coming);
            _coming = null;
        }

        Version = _comingVersion;
        _liveAt = time.GetTimestamp();
        return null;
    }

    // A type of a newer program's is a number here.
    private static MetricValue Metric(JsonElement named) => new(
        named[0].GetString() ?? "", Enum.TryParse<MetricType>(named[1].GetString(), out var type) ? type : MetricType.Float, named[2].GetString() ?? "", 0, 0);

    private static T[] Triples<T>(JsonElement flat, Func<int, double, long, T> make)
    {
        var all = new T[flat.GetArrayLength() / 3];
        var (at, number, value) = (0, 0, 0.0);
        foreach (var one in flat.EnumerateArray())
        {
            switch (at % 3)
            {
                case 0:
                    number = one.GetInt32();
                    break;
                case 1:
                    value = one.ValueKind == JsonValueKind.Null ? double.NaN : one.GetDouble();
                    break;
                default:
                    all[at / 3] = make(number, value, one.GetInt64());
                    break;
            }

            at++;
        }

        return all;
    }
}
