using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using SmartCity.Edge.Buses;
using SmartCity.Hardware.Tests.Support;

namespace SmartCity.Hardware.Tests;

/// <summary>The published gateway program, in a process of its own, on these devices.</summary>
public sealed class EdgeTests : IDisposable
{
    private const string Program = "/opt/edge/smartcity-edge.dll";

    /// <summary>Chips of three buses, a door, a lamp.</summary>
    private const string Gateway = """
        gateway: gw-guest
        data: data
        language: en
        servers: [ mqtt://127.0.0.1:1 ]
        devices:
          - id: env-01
            kind: environment_station
            sensors:
              - { driver: bme280, bus: 0, address: 0x76 }
              - { driver: bh1750, bus: 2 }
          - id: level-01
            kind: water_level
            sensors: [ { driver: ads1115-level, bus: 0, span: 5 } ]
          - id: door-01
            kind: power_cabinet
            sensors: [ { driver: contact, chip: gpiochip0, line: 17, metric: door_open } ]
          - id: lamp-01
            kind: streetlight
            output: { driver: pca9685, bus: 0, channel: 3 }
        """;

    private const string Door = "/sys/devices/platform/gpio-sim.0/gpiochip0/sim_gpio17/pull";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("edge");

    private string Config => Path.Combine(_directory.FullName, "gateway.yaml");

    /// <inheritdoc/>
    public void Dispose() => _directory.Delete(recursive: true);

    [GuestFact]
    public async Task Scan_finds_what_there_is()
    {
        await Presets.Bme280Async();
        var said = await RunAsync("scan");
        Assert.True(said.Code == 0, said.Text);
        Assert.All(
            ["/dev/i2c-0", "0x76", "bme280", "0x48", "ads1115", "0x40", "pca9685", "SMBus only", "/dev/i2c-2", "sht31", "pinctrl-bcm2711", "/dev/ttyS2", "28-03162a795b1d"],
            word => Assert.Contains(word, said.Text, StringComparison.Ordinal));
        Assert.Matches(@"/dev/ttyS1.*\n *held by init", said.Text);
    }

    [GuestFact]
    public async Task Doctor_measures_every_part()
    {
        await Presets.Bme280Async();
        await new Chip(0x48).SetWordAsync(0, 0x25, 0x80);
        using var light = new Bench("bh1750", 12_000);
        var findings = await DoctorAsync();
        Assert.All(
            ["temperature_celsius 25.08", "pressure_hpa 1006.533", "relative_humidity_percent 45.998", "illuminance_lux 10000", "water_level_m 2.5", "door_open 0", "pca9685"],
            value => Assert.True(
                findings.Exists(f => f is { Check: "devices", Verdict: "Pass" } && f.What.Contains(value, StringComparison.Ordinal)),
                $"{value} is not in\n{string.Join('\n', findings)}"));
        Assert.DoesNotContain(findings, f => f is { Check: "devices", Verdict: "Fail" });
    }

    [GuestFact]
    public async Task Doctor_names_who_holds_a_line_and_where_a_chip_is_instead()
    {
        await Presets.Bme280Async();
        using var board = Boards.Linux();
        using var line = board.OpenGpio(new GpioSettings("gpiochip0", 17, GpioDirection.Input) { Consumer = "door-bell" });
        var findings = await DoctorAsync(Gateway.Replace("{ driver: bh1750, bus: 2 }", "{ driver: bh1750, bus: 2, address: 0x5c }", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Verdict == "Fail" && f.What.Contains("door-bell", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Verdict == "Fail" && f.What.Contains("0x5c", StringComparison.Ordinal) && f.What.Contains("0x23", StringComparison.Ordinal));
    }

    [GuestFact]
    public async Task Who_may_not_use_a_bus_is_told_the_group_and_may_when_in_it()
    {
        var said = await AsTechnicianAsync();
        Assert.Equal(1, said.Code);
        Assert.Matches(@"/dev/i2c-0[^✘]*\bi2c\b", said.Text);
        Assert.Matches(@"/dev/gpiochip0[^✘]*\bgpio\b", said.Text);

        var groups = await File.ReadAllLinesAsync("/etc/group", TestContext.Current.CancellationToken);
        await File.WriteAllLinesAsync("/etc/group", groups.Select(g => g[^1] == ':' ? $"{g}technician" : g), TestContext.Current.CancellationToken);
        said = await AsTechnicianAsync();
        Assert.True(said.Code == 0, said.Text);
        Assert.Contains("pinctrl-bcm2711", said.Text, StringComparison.Ordinal);

        static Task<Said> AsTechnicianAsync() => Tool.RunAsync("su", "technician", "-c", $"HOME=/tmp dotnet {Program} --lang en scan");
    }

    [GuestFact]
    public async Task Run_measures_logs_and_sees_a_door_open()
    {
        await Presets.Bme280Async();
        await new Chip(0x48).SetWordAsync(0, 0x25, 0x80);
        using var light = new Bench("bh1750", 12_000);
        await File.WriteAllTextAsync(Config, Gateway, TestContext.Current.CancellationToken);
        using var gateway = Tool.Start("dotnet", Program, "--lang", "en", "run", "--config", Config);
        var ready = new TaskCompletionSource();
        var said = new List<string>();
        Tool.Collect(gateway, line =>
        {
            said.Add(line);
            if (line.StartsWith("ready gw-guest", StringComparison.Ordinal))
            {
                ready.TrySetResult();
            }
        });
        try
        {
            await ready.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            await WatchAsync(@"25\.1|25\.08", @"1[,]?006\.5", @"10[,]?000", @"2\.50?\b");
            await File.WriteAllTextAsync(Door, "pull-up", TestContext.Current.CancellationToken);
            await WatchAsync(@"(?i)door.*(open|yes|true|1)");
            Assert.Equal(0, (await Tool.RunAsync("kill", "-TERM", gateway.Id.ToString(CultureInfo.InvariantCulture))).Code);
            await gateway.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            Assert.True(gateway.ExitCode == 0, string.Join('\n', said));
        }
        finally
        {
            await File.WriteAllTextAsync(Door, "pull-down", CancellationToken.None);
            if (!gateway.HasExited)
            {
                gateway.Kill();
            }
        }

        // Nobody is there to send to: the gateway's own log holds every reading.
        var log = string.Concat(Directory.EnumerateFiles(Path.Combine(_directory.FullName, "data"), "*", SearchOption.AllDirectories)
            .Select(f => Encoding.Latin1.GetString(File.ReadAllBytes(f))));
        Assert.All(
            [@"temperature_celsius=25\.08", @"pressure_hpa=1006\.53", "illuminance_lux=10000", @"water_level_m=2\.(5|4999999)", "door_open=t"],
            value => Assert.Matches(value, log));
    }

    private async Task WatchAsync(params string[] patterns)
    {
        for (var look = 1; ; look++)
        {
            var shown = await RunAsync("watch", "--once", "--config", Config);
            if (patterns.All(p => Regex.IsMatch(shown.Text, p, RegexOptions.None, TimeSpan.FromSeconds(1))))
            {
                return;
            }

            Assert.True(look < 6, shown.Text);
        }
    }

    private static Task<Said> RunAsync(params string[] arguments) => Tool.RunAsync("dotnet", [Program, "--lang", "en", .. arguments]);

    private async Task<List<Finding>> DoctorAsync(string gateway = Gateway)
    {
        await File.WriteAllTextAsync(Config, gateway, TestContext.Current.CancellationToken);
        var said = await RunAsync("doctor", "--json", "--config", Config);
        try
        {
            using var report = JsonDocument.Parse(said.Text);
            return
            [
                .. report.RootElement.GetProperty("findings").EnumerateArray().Select(f => new Finding(
                    f.GetProperty("check").GetString()!, f.GetProperty("verdict").GetString()!, f.GetProperty("what").GetString()!)),
            ];
        }
        catch (JsonException e)
        {
            throw new InvalidOperationException(said.Text, e);
        }
    }

    private sealed record Finding(string Check, string Verdict, string What);
}
