using System.Text.Json.Nodes;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Config;

/// <summary>A part of a device as configured: which driver, with which settings.</summary>
/// <param name="Driver">Its entry.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="Metrics">Names that the driver's metrics get here (driver's → kind's); a metric mapped to nothing is not reported.</param>
internal sealed record PartConfig(DriverEntry Driver, PartSettings Settings, IReadOnlyDictionary<string, string> Metrics);

/// <summary>A device as configured.</summary>
/// <param name="Id">Identifier.</param>
/// <param name="Kind">Name of its kind.</param>
internal sealed record DeviceConfig(string Id, string Kind)
{
    /// <summary>Where it stands, in words, for the technician (a pole number, a room).</summary>
    public string? Place { get; init; }

    /// <summary>Fire zone; the local rules need it when the server cannot be asked.</summary>
    public string? Zone { get; init; }

    /// <summary>Degrees north; NaN when unknown.</summary>
    public double Latitude { get; init; } = double.NaN;

    /// <summary>Degrees east; NaN when unknown.</summary>
    public double Longitude { get; init; } = double.NaN;

    /// <summary>How often it reports, at least; null = its kind's interval.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>How often its parts measure; null = as often as it reports (alarm devices: every 10 s at least; fire loops: every 100 ms).</summary>
    public TimeSpan? Poll { get; init; }

    /// <summary>Dead-band a metric: a measurement is reported before its interval is over when a value has moved by more than this since
    /// the last report. Metrics not named here wait for the interval, but a change of a whole-numbered or boolean metric never does.</summary>
    public IReadOnlyDictionary<string, double> Change { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Its own thresholds (<c>flood.II</c>, <c>rated_w</c>), until the server's desired document has others.</summary>
    public IReadOnlyDictionary<string, double> Thresholds { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>What measures.</summary>
    public IReadOnlyList<PartConfig> Sensors { get; init; } = [];

    /// <summary>What dims or switches it (a lamp); null when nothing does.</summary>
    public PartConfig? Output { get; init; }

    /// <summary>A local switch that overrides the programme by hand (an <c>input</c>): on = 100 %; null when there is none.</summary>
    public PartConfig? Switch { get; init; }
}

/// <summary>A sounder.</summary>
/// <param name="Id">Its name, for commands.</param>
/// <param name="Output">What drives it.</param>
/// <param name="Zones">Fire zones it sounds for; empty = all of this gateway's.</param>
internal sealed record SirenConfig(string Id, PartConfig Output, IReadOnlyList<string> Zones)
{
    /// <summary>It sounds from the pre-alarm on, not only at a confirmed fire.</summary>
    public bool AtPreAlarm { get; init; }
}

/// <summary>Times of a fire zone.</summary>
/// <param name="AcknowledgeWithin">A pre-alarm that nobody acknowledges within this becomes a fire; null = as the rules have it (180 s).</param>
/// <param name="Coincidence">A second detector this long after the first one's alarm still confirms it; null = as the rules have it (60 s).</param>
internal sealed record ZoneConfig(TimeSpan? AcknowledgeWithin, TimeSpan? Coincidence);

/// <summary>A gateway's whole configuration. Relative paths in the file are relative to it, and absolute here.</summary>
internal sealed record EdgeConfig
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Name, directory, servers, certificate, limits of log and uplink.</summary>
    public required GatewayOptions Options { get; init; }

    /// <summary>Language of messages to people: <c>vi</c> or <c>en</c>; null = by the locale.</summary>
    public string? Language { get; init; }

    /// <summary>IANA time zone of programmes and pages.</summary>
    public string TimeZone { get; init; } = "Asia/Ho_Chi_Minh";

    /// <summary>Degrees north of the gateway; NaN when unknown.</summary>
    public double Latitude { get; init; } = double.NaN;

    /// <summary>Degrees east of the gateway.</summary>
    public double Longitude { get; init; } = double.NaN;

    /// <summary>Line that identifies the gateway by blinking (an <c>output</c>); null when there is none.</summary>
    public PartConfig? Identify { get; init; }

    /// <summary>Sounders.</summary>
    public IReadOnlyList<SirenConfig> Sirens { get; init; } = [];

    /// <summary>Devices.</summary>
    public IReadOnlyList<DeviceConfig> Devices { get; init; } = [];

    /// <summary>Times of fire zones that have other ones than the rules'.</summary>
    public IReadOnlyDictionary<string, ZoneConfig> Zones { get; init; } = new Dictionary<string, ZoneConfig>(StringComparer.Ordinal);

    /// <summary>What lamps do until the first desired document, as JSON in the shape of that document's parts; null when nothing is said.</summary>
    public JsonObject? Lighting { get; init; }

    /// <summary>Servers' HTTPS addresses, for the renewal of the certificate.</summary>
    public IReadOnlyList<Uri> Https { get; init; } = [];

    /// <summary>Files of the gateway's certificate, its key, and the city's authority; null on a plain connection.</summary>
    public (string Certificate, string Key, string Ca)? TlsFiles { get; init; }

    /// <summary>Remarks on the file that keep nobody from starting.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
