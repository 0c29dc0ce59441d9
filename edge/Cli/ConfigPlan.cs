using System.Globalization;

namespace SmartCity.Edge.Cli;

/// <summary>A part that <c>init</c> writes.</summary>
/// <param name="Driver">Name of its driver.</param>
/// <param name="Settings">Its settings, as YAML has them.</param>
internal sealed record PlannedPart(string Driver, params IReadOnlyList<(string Name, string Value)> Settings)
{
    /// <summary>As a flow mapping: <c>{ driver: bme280, bus: 1, address: 0x76 }</c>.</summary>
    public string Yaml => $"{{ {string.Join(", ", Settings.Select(s => $"{s.Name}: {s.Value}").Prepend($"driver: {Driver}"))} }}";
}

/// <summary>A device that <c>init</c> writes.</summary>
/// <param name="Id">Identifier.</param>
/// <param name="Kind">Kind.</param>
/// <param name="Sensors">What measures.</param>
internal sealed record PlannedDevice(string Id, string Kind, IReadOnlyList<PlannedPart> Sensors)
{
    /// <summary>What dims or switches it.</summary>
    public PlannedPart? Output { get; init; }

    /// <summary>Further keys as lines: <c>zone: zone-cho</c>.</summary>
    public IReadOnlyList<string> More { get; init; } = [];

    /// <summary>Whether the scan says enough; what it does not is written as a comment for the technician to finish.</summary>
    public bool Sure { get; init; } = true;
}

/// <summary>What <c>init</c> writes.</summary>
internal sealed record ConfigPlan
{
    /// <summary>The gateway's name.</summary>
    public required string Gateway { get; init; }

    /// <summary>MQTT addresses of the servers.</summary>
    public required IReadOnlyList<string> Servers { get; init; }

    /// <summary>Directory of the log.</summary>
    public string Data { get; init; } = "/var/lib/smartcity-edge";

    /// <summary>Language of messages.</summary>
    public string Language { get; init; } = "vi";

    /// <summary>IANA time zone.</summary>
    public string TimeZone { get; init; } = "Asia/Ho_Chi_Minh";

    /// <summary>Sirens, each as its flow mapping.</summary>
    public IReadOnlyList<string> Sirens { get; init; } = [];

    /// <summary>Devices.</summary>
    public IReadOnlyList<PlannedDevice> Devices { get; init; } = [];

    /// <summary>The HTTPS addresses that belong to the servers, for enrolment and renewal.</summary>
    public IReadOnlyList<string> Https =>
        [.. Servers.Where(s => s.StartsWith("mqtts:", StringComparison.Ordinal)).Select(s => $"https://{new Uri(s).Host}:8443")];

    /// <summary>One of everything that a pole or cabinet mostly has.</summary>
    public static ConfigPlan Example(ConfigPlan basis) => basis with
    {
        Sirens = ["{ id: siren-1, driver: relay, chip: gpiochip0, line: 17, zones: [zone-cho] }"],
        Devices =
        [
            new("env-01", "environment_station", [
                new("bme280", ("bus", "1"), ("address", "0x76")), new("pms5003", ("port", "/dev/ttyAMA1"))])
            {
                More = ["place: \"Cột 12, Lê Lợi\"", "interval: 60s", "change: { temperature_celsius: 0.5 }"],
            },
            new("fire-01", "fire_detector", [new("fire-loop", ("bus", "1"), ("address", "0x48"), ("channel", "0"))]) { More = ["zone: zone-cho"] },
            new("button-01", "manual_call_point", [new("contact", ("chip", "gpiochip0"), ("line", "6"), ("pull", "up"), ("activeLow", "true"), ("metric", "pressed"))])
            {
                More = ["zone: zone-cho"],
            },
            new("gauge-01", "water_level", [new("ads1115-level", ("bus", "1"), ("address", "0x49"), ("channel", "0"), ("span", "5"))])
            {
                More = ["thresholds: { flood.I: 2.5, flood.II: 3.2, flood.III: 4.0 }"],
            },
            new("rain-01", "rain_gauge", [new("rain-gauge", ("chip", "gpiochip0"), ("line", "23"), ("pull", "up"), ("activeLow", "true"), ("mm", "0.2"))]),
            new("lamp-01", "streetlight", [new("pzem004t", ("port", "/dev/ttyUSB0"), ("unit", "1"), Unreported)])
            {
                Output = new("pca9685", ("bus", "1"), ("address", "0x40"), ("channel", "0")),
                More = ["thresholds: { rated_w: 100 }"],
            },
        ],
    };

    /// <summary>A meter on a lamp measures what the kind of lamps does not have.</summary>
    public static (string Name, string Value) Unreported { get; } = ("metrics", "{ frequency_hz: \"\" }");

    /// <summary>A number as YAML has a seven-bit address.</summary>
    public static string Hex(int address) => string.Create(CultureInfo.InvariantCulture, $"0x{address:x2}");
}
