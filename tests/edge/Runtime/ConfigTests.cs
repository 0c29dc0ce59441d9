using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SmartCity.City;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;

namespace SmartCity.Edge.Tests.Runtime;

public sealed class ConfigTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("edge-config").FullName;

    private string File => Path.Combine(_home, "gateway.yaml");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void The_example_of_the_reference_is_read_whole()
    {
        System.IO.File.WriteAllText(Path.Combine(_home, "day.csv"), "seconds,temperature_celsius\n0,20\n");
        var config = Load("""
            gateway: gw-cho-lon
            data: data
            servers: [ "mqtt://ioc.example", "mqtt://ioc2.example:1884" ]
            https: [ "https://ioc.example:8443" ]
            language: vi
            timeZone: Asia/Ho_Chi_Minh
            location: { lat: 19.807, lon: 105.776 }
            clock: trusted
            limits: { diskMiB: 512, minimumFreeMiB: 32, batchBytes: 16384, batchAge: 250ms }
            identify: { driver: relay, chip: gpiochip0, line: 27 }
            sirens:
              - { id: siren-1, driver: relay, chip: gpiochip0, line: 17, zones: [ zone-cho ], on: prealarm }
            zones:
              zone-cho: { acknowledgeWithin: 120s, coincidence: 30s }
            devices:
              - id: env-01
                kind: environment_station
                place: "Cột 12, Lê Lợi"
                interval: 60s
                change: { temperature_celsius: 0.5 }
                sensors:
                  - { driver: bme280, bus: 1, address: 0x76 }
                  - { driver: pms5003, port: /dev/ttyAMA1 }
              - id: fire-01
                kind: fire_detector
                zone: zone-cho
                thresholds: { heat.raise: 60 }
                sensors: [ { driver: fire-loop, bus: 1, address: 0x48, channel: 0 } ]
              - { id: call-01, kind: manual_call_point, zone: zone-cho, sensors: [ { driver: contact, chip: gpiochip0, line: 4, metric: pressed } ] }
              - { id: old-01, kind: environment_station, replay: day.csv, repeat: true }
            """);
        Assert.Equal(("gw-cho-lon", Path.Combine(_home, "data")), (config.Options.Gateway, config.Options.Directory));
        Assert.Equal(["mqtt://ioc.example:1883", "mqtt://ioc2.example:1884"], config.Options.Servers.Select(s => s.ToString()));
        Assert.Equal((512L << 20, 32L << 20, 16_384, 0.25), (config.Options.BudgetBytes, config.Options.MinimumFreeBytes, config.Options.BatchBytes, config.Options.BatchAge.TotalSeconds));
        Assert.Equal(ClockMode.Trusted, config.Options.Clock);
        Assert.Equal(["env-01", "fire-01", "call-01", "old-01"], config.Options.Devices);
        Assert.Equal("relay", config.Identify!.Driver.Name);
        Assert.True(Assert.Single(config.Sirens).AtPreAlarm);
        Assert.Equal(["zone-cho"], config.Sirens[0].Zones);
        Assert.Equal(TimeSpan.FromSeconds(30), config.Zones["zone-cho"].Coincidence);
        Assert.Equal(["bme280", "pms5003"], config.Devices[0].Sensors.Select(s => s.Driver.Name));
        Assert.Equal(0.5, config.Devices[0].Change["temperature_celsius"]);
        Assert.Equal(60, config.Devices[1].Thresholds["heat.raise"]);
        Assert.Equal(Path.Combine(_home, "day.csv"), config.Devices[3].Sensors[0].Settings.Values["file"]);
        Assert.Empty(config.Warnings);
    }

    /// <summary>Each with what must be told: line, key, and what to write.</summary>
    [Theory]
    [InlineData("gateway: GW 1", "1: gateway: 'GW 1' is no identifier")]
    [InlineData("gatway: gw", "1: gatway: there is no such key here; did you mean 'gateway'?")]
    [InlineData("servers: [ nonsense ]", "1: servers: 'nonsense' is no server: write mqtt://host:port or mqtts://host:port")]
    [InlineData("servers: [ \"mqtts://a\" ]", "certificate, key, ca: a server over TLS needs all three; 'smartcity-edge enrol' makes them")]
    [InlineData("clock: ntp", "1: clock: 'ntp' is none of auto, trusted")]
    [InlineData("timeZone: Mars/Olympus", "timeZone: 'Mars/Olympus' is no time zone")]
    [InlineData("https: [ http://a ]", "1: https: 'http://a' is no address; write https://host:8443")]
    [InlineData("location: { lat: 91, lon: 5 }", "location.lat: '91' is no number from -90 to 90")]
    [InlineData("location: { lat: 9 }", "location.lon: missing")]
    [InlineData("limits: { diskMiB: 1, diskGiB: 2 }", "limits.diskMiB: '1' is no whole number from 32", "limits.diskGiB: there is no such key here; did you mean 'diskMiB'?")]
    [InlineData("devices: [ { id: a, kind: toaster } ]", "devices[0].kind: no kind 'toaster'", "environment_station")]
    [InlineData("devices: [ { id: a, kind: streetlght } ]", "did you mean 'streetlight'?")]
    [InlineData("devices:\n  - { id: a, kind: camera }\n  - { id: a, kind: camera }", "3: devices[1].id: a stands twice (first in line 2); keep one")]
    [InlineData("devices: [ { id: a, kind: camera, sensor: [] } ]", "devices[0].sensor: there is no such key here; did you mean 'sensors'?")]
    [InlineData("devices: [ { id: a, kind: camera, interval: 60 } ]", "devices[0].interval: '60' is no time from 100ms to 1d; write for instance 500ms, 10s, 5m or 1h")]
    [InlineData("devices: [ { id: a, kind: camera, interval: 10s, poll: 11s } ]", "devices[0].poll: longer than the interval (10s)")]
    [InlineData("devices: [ { id: a, kind: camera, change: { onlin: 1 } } ]", "devices[0].change.onlin: this kind has none of that name; did you mean 'online'?")]
    [InlineData("devices: [ { id: a, kind: streetlight, thresholds: { rated: 70 } } ]", "devices[0].thresholds.rated: this kind has none of that name", "rated_w")]
    [InlineData("devices: [ { id: a, kind: environment_station, sensors: [ { driver: bme28 } ] } ]", "devices[0].sensors[0].driver: no driver 'bme28'; did you mean 'bme280'?", "pms5003")]
    [InlineData("devices: [ { id: a, kind: environment_station, sensors: [ { bus: 1 } ] } ]", "devices[0].sensors[0].driver: missing; write one of")]
    [InlineData("devices: [ { id: a, kind: environment_station, sensors: [ { driver: bme280, adress: 0x76 } ] } ]", "1: devices[0].sensors[0].adress: this driver has no such setting; did you mean 'address'?")]
    [InlineData("devices: [ { id: a, kind: environment_station, sensors: [ { driver: bme280, address: 0x99 } ] } ]", "devices[0].sensors[0].address:")]
    [InlineData("devices: [ { id: a, kind: environment_station, sensors: [ { driver: relay, line: 5 } ] } ]", "'relay' acts and measures nothing")]
    [InlineData("devices: [ { id: a, kind: camera, output: { driver: bme280 } } ]", "'bme280' measures and cannot be driven")]
    [InlineData("devices: [ { id: a, kind: camera, sensors: [ { driver: bme280 } ] } ]", "bme280 measures pressure_hpa, but the kind camera has no 'pressure_hpa'; write metrics: { pressure_hpa: '' } to leave it out")]
    [InlineData("devices: [ { id: a, kind: environment_station, sensors: [ { driver: bme280, metrics: { temperatur: '' } } ] } ]", "bme280 measures no 'temperatur'; did you mean 'temperature_celsius'?")]
    [InlineData("devices: [ { id: a, kind: environment_station, sensors: [ { driver: bme280 }, { driver: sht31 } ] } ]", "temperature_celsius is measured by bme280 too; map one of them away")]
    [InlineData("devices: [ { id: a, kind: camera, replay: nowhere.csv } ]", "there is no ")]
    [InlineData("devices: [ { id: a, kind: camera, repeat: true } ]", "devices[0].repeat: there is no 'replay' to repeat")]
    [InlineData("sirens: [ { id: s, driver: relay, line: 5, zones: [ zone-x ] } ]", "sirens[0].zones: no device is in zone 'zone-x'")]
    [InlineData("zones: { zone-x: { coincidence: 30s } }", "zones.zone-x: no device is in zone 'zone-x'")]
    [InlineData("devices: 5", "devices: expected a list; start each item with '- '")]
    [InlineData("devices: [ 5 ]", "devices: expected keys and values")]
    [InlineData("gateway: [ a ]", "gateway: expected one value")]
    [InlineData("a: [ ", ":2: ")]
    [InlineData("a: 1\na: 2", ":2: ")]
    [InlineData("- a", "expected 'key: value' lines")]
    [InlineData("a: 1\n---\nb: 2", "more than one document")]
    public void A_fault_is_told_with_its_place_and_what_to_write(string yaml, params string[] expected)
    {
        var message = Assert.Throws<ConfigException>(() => Load(yaml)).Message;
        Assert.All(expected, e => Assert.Contains(e, message, StringComparison.Ordinal));
    }

    /// <summary>Parts that would disturb each other; the shared chips' channels do not.</summary>
    [Theory]
    [InlineData("{ driver: bme280, address: 0x76 }", "{ driver: bme280 }", "i2c-1 0x76 is taken by devices[0].sensors[0]")]
    [InlineData("{ driver: bme280, address: 0x76 }", "{ driver: bme280, address: 0x77 }", null)]
    [InlineData("{ driver: bme280, bus: 1 }", "{ driver: bme280, bus: 3 }", null)]
    [InlineData("{ driver: pms5003, port: /dev/ttyAMA1 }", "{ driver: pms5003, port: /dev/ttyAMA1 }", "/dev/ttyAMA1 is taken by devices[0].sensors[0]; only meters with a unit number share a line")]
    [InlineData("{ driver: pms5003, port: /dev/ttyAMA1 }", "{ driver: pms5003, port: /dev/ttyAMA2 }", null)]
    public void Two_parts_cannot_have_one_place(string one, string other, string? expected) => Expect(
        $$"""
        gateway: g
        data: d
        servers: [ "mqtt://a" ]
        devices:
          - { id: a, kind: environment_station, sensors: [ {{one}} ] }
          - { id: b, kind: environment_station, sensors: [ {{other}} ] }
        """,
        expected);

    [Theory]
    [InlineData("fire-loop, address: 0x48, channel: 0", "fire-loop, address: 0x48, channel: 1", null)]
    [InlineData("fire-loop, address: 0x48, channel: 0", "fire-loop, address: 0x48, channel: 0", "i2c-1 0x48 channel 0 is taken by devices[0].sensors[0]")]
    public void A_converter_s_channels_are_places_of_their_own(string one, string other, string? expected) => Expect(
        $$"""
        gateway: g
        data: d
        servers: [ "mqtt://a" ]
        devices:
          - { id: a, kind: fire_detector, sensors: [ { driver: {{one}} } ] }
          - { id: b, kind: fire_detector, sensors: [ { driver: {{other}} } ] }
        """,
        expected);

    [Theory]
    [InlineData("gpiochip0", "gpiochip0", "gpiochip0 line 4 is taken by sirens[0]")]
    [InlineData("/dev/gpiochip0", "gpiochip0", "gpiochip0 line 4 is taken by sirens[0]")]
    [InlineData("gpiochip0", "gpiochip1", null)]
    public void A_line_is_taken_whatever_takes_it(string one, string other, string? expected) => Expect(
        $$"""
        gateway: g
        data: d
        servers: [ "mqtt://a" ]
        devices:
          - { id: a, kind: manual_call_point, sensors: [ { driver: contact, chip: {{one}}, line: 4 } ] }
        sirens: [ { id: s, driver: relay, chip: {{other}}, line: 4 } ]
        """,
        expected?.Replace("sirens[0]", "devices[0].sensors[0]", StringComparison.Ordinal));

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var message = Assert.Throws<ConfigException>(() => Load("""
            gateway: GW 1
            servers: [ "mqtts://a", "nonsense" ]
            devices:
              - { id: a, kind: streetlight }
              - { id: a, kind: toaster }
            """)).Message;
        foreach (var expected in new[] { "gateway: 'GW 1'", "data: missing", "'nonsense' is no server", "a stands twice", "no kind 'toaster'", "certificate, key, ca" })
        {
            Assert.Contains(expected, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_too_large_too_deep_or_of_too_many_devices_is_refused()
    {
        Assert.Contains("larger than 1 MiB", Assert.Throws<ConfigException>(() => Load("# " + new string('x', YamlText.LargestFile))).Message, StringComparison.Ordinal);
        Assert.Contains("nested deeper", Assert.Throws<ConfigException>(() => Load("a: " + new string('[', 100_000))).Message, StringComparison.Ordinal);
        var many = new StringBuilder("gateway: g\ndata: d\nservers: [ \"mqtt://a\" ]\ndevices:\n");
        for (var i = 0; i < 501; i++)
        {
            many.Append(System.Globalization.CultureInfo.InvariantCulture, $"  - {{ id: d-{i}, kind: camera }}\n");
        }

        Assert.Contains("501 devices; a gateway takes 500", Assert.Throws<ConfigException>(() => Load(many.ToString())).Message, StringComparison.Ordinal);
        Assert.Contains(_home, Assert.Throws<ConfigException>(() => EdgeConfigFile.Load(Path.Combine(_home, "none.yaml"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alias_that_stands_within_itself_ends()
    {
        Assert.Contains("lighting", Assert.Throws<ConfigException>(() => Load("lighting: &a\n  holidays: *a\n")).Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever is written, the loader says what is wrong; it does not fall over.</summary>
    [Fact]
    public void No_text_breaks_the_loader()
    {
        var good = System.Text.Encoding.UTF8.GetBytes("""
            gateway: g
            data: d
            servers: [ "mqtt://a" ]
            sirens: [ { id: s, driver: relay, chip: gpiochip0, line: 4 } ]
            devices:
              - { id: a, kind: fire_detector, interval: 60s, sensors: [ { driver: fire-loop, address: 0x48 } ] }
            """);
        for (var cut = 0; cut < good.Length; cut++)
        {
            Try(good.AsSpan(0, cut).ToArray());
        }

        Prop.ForAll(
            ArbMap.Default.ArbFor<(int, byte)[]>(),
            changes =>
            {
                var bytes = good.ToArray();
                foreach (var (at, value) in changes)
                {
                    bytes[(at & int.MaxValue) % bytes.Length] = value;
                }

                Try(bytes);
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void An_unknown_name_in_the_environment_is_told_with_the_one_that_was_meant()
    {
        var warning = Assert.Single(EnvironmentNames.Unknown(["PATH", "SMARTCITY_ENROL_CODE", "SMARTCITY_EDGE_CONFG"]));
        Assert.Contains("SMARTCITY_EDGE_CONFG is read by nothing here; did you mean 'SMARTCITY_EDGE_CONFIG'?", warning, StringComparison.Ordinal);
    }

    private void Try(byte[] bytes)
    {
        System.IO.File.WriteAllBytes(File, bytes);
        try
        {
            EdgeConfigFile.Load(File);
        }
        catch (ConfigException)
        {
            // Said.
        }
    }

    private void Expect(string yaml, string? fault)
    {
        if (fault is null)
        {
            Load(yaml);
            return;
        }

        Assert.Contains(fault, Assert.Throws<ConfigException>(() => Load(yaml)).Message, StringComparison.Ordinal);
    }

    private EdgeConfig Load(string yaml)
    {
        System.IO.File.WriteAllText(File, yaml);
        return EdgeConfigFile.Load(File, DriverCatalog.All, KindCatalog.BuiltIn);
    }
}
