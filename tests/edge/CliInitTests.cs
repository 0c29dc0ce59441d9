using System.Text.Json.Nodes;
using SmartCity.City;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Cli;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Simulators.Chips;
using SmartCity.Simulators.Chips.Lines;

namespace SmartCity.Edge.Tests;

/// <summary>What <c>init</c> writes: the loader reads it, the schema allows it.</summary>
public sealed class CliInitTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cli-init").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string ConfigFile => Path.Combine(_directory, "gateway.yaml");

    [Theory]
    [InlineData("vi")]
    [InlineData("en")]
    public async Task The_example_loads_and_fits_its_schema(string language)
    {
        var run = await CliRun.RunAsync("init", "--example", "--config", ConfigFile, "--lang", language);
        Assert.Equal((ExitCodes.Done, ""), (run.Exit, run.Error));
        Assert.Empty(SchemaFaults());
        var config = EdgeConfigFile.LoadWithoutKeys(ConfigFile);
        Assert.Equal((6, 1, language), (config.Devices.Count, config.Sirens.Count, config.Language));
        Assert.Equal("zone-cho", config.Devices.Single(d => d.Kind == "fire_detector").Zone);
        Assert.Empty(config.Warnings);
    }

    [Fact]
    public async Task What_a_scan_found_is_written_and_what_is_not_clear_stands_as_comments_that_load_when_opened()
    {
        var inventory = new FakeInventory().I2c(1, 0x40, 0x48, 0x70, 0x76);
        inventory.Wire = new OneWireInfo(1, ["28-0316a2795b1d"], null);
        var run = await CliRun.RunAsync(
            host => host with { Inventory = inventory }, "init", "--gateway", "gw-1", "--server", "ioc.example", "--config", ConfigFile, "--lang", "en");
        Assert.Equal(ExitCodes.Done, run.Exit);
        Assert.Empty(SchemaFaults());
        var device = Assert.Single(EdgeConfigFile.LoadWithoutKeys(ConfigFile).Devices);
        Assert.Equal(("env-01", "bme280"), (device.Id, Assert.Single(device.Sensors).Driver.Name));

        // The technician takes the # away: everything offered is a configuration of its own.
        var text = await File.ReadAllTextAsync(ConfigFile);
        var opened = string.Join('\n', text.Split('\n').Select(l => l.StartsWith("#   - id:", StringComparison.Ordinal) || l.StartsWith("#     ", StringComparison.Ordinal) ? l[2..] : l));
        await File.WriteAllTextAsync(ConfigFile, opened.Replace("channel: 0, span", "channel: 1, span", StringComparison.Ordinal));
        Assert.Equal(["env-01", "heat-01", "fire-01", "gauge-01", "lamp-01"], EdgeConfigFile.LoadWithoutKeys(ConfigFile).Devices.Select(d => d.Id));
        Assert.Empty(SchemaFaults());
    }

    [Theory]
    [InlineData("--server", "a.example, mqtts://b.example:8884")]
    [InlineData("--server", "a.example", "--server", "b.example:8884")]
    public async Task A_city_with_two_servers_has_both_in_the_configuration_in_the_order_of_preference(params string[] servers)
    {
        var run = await CliRun.RunAsync(["init", "--gateway", "gw-1", "--config", ConfigFile, .. servers]);
        Assert.Equal(ExitCodes.Done, run.Exit);
        Assert.Equal([("a.example", 8883), ("b.example", 8884)], EdgeConfigFile.LoadWithoutKeys(ConfigFile).Options.Servers.Select(s => (s.Host, s.Port)));
        Assert.Empty(SchemaFaults());
    }

    [Fact]
    public async Task Sensors_that_speak_by_themselves_are_recognised()
    {
        var time = TimeProvider.System;
        var inventory = new FakeInventory();
        inventory.Ports.Add(new UartInfo("/dev/ttyAMA1", "/dev/serial0", "uart-pl011", null, null));
        inventory.Ports.Add(new UartInfo("/dev/ttyAMA2", null, "uart-pl011", "agetty (412)", null));
        var board = new SimBoard(time).Add("/dev/ttyAMA1", new SimPms5003(time, () => (12, 20)));
        var run = await CliRun.RunAsync(host => host with { Inventory = inventory, OpenBoard = () => board }, "scan", "--listen", "--lang", "en");
        Assert.Equal(ExitCodes.Done, run.Exit);
        Assert.Contains("heard: pms5003", run.Out, StringComparison.Ordinal);
        Assert.Contains("held by agetty (412)", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_is_not_overwritten_unless_that_is_meant()
    {
        await File.WriteAllTextAsync(ConfigFile, "mine");
        var refused = await CliRun.RunAsync("init", "--example", "--config", ConfigFile);
        Assert.Equal(ExitCodes.Fault, refused.Exit);
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(ConfigFile));
        Assert.Equal(ExitCodes.Done, (await CliRun.RunAsync("init", "--example", "--force", "--config", ConfigFile)).Exit);
    }

    [Theory]
    [InlineData("--server", "ioc.example")]
    [InlineData("--gateway", "gw-1")]
    [InlineData("--gateway", "GW 1", "--server", "ioc.example")]
    [InlineData("--gateway", "gw-1", "--server", "ftp://ioc.example")]
    [InlineData("--gateway", "gw-1", "--server", "ioc.example", "--language", "fr")]
    public async Task What_is_missing_or_wrong_is_usage_and_nothing_is_written(params string[] args)
    {
        Assert.Equal(ExitCodes.Usage, (await CliRun.RunAsync(["init", "--config", ConfigFile, .. args])).Exit);
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
    }

    [Theory]
    [InlineData("gateway: GW")]
    [InlineData("servers: []")]
    [InlineData("servers: [ftp://x]")]
    [InlineData("frob: 1")]
    [InlineData("clock: maybe")]
    [InlineData("limits: { diskMiB: 1 }")]
    [InlineData("devices: [ { id: a } ]")]
    [InlineData("devices: [ { id: a, kind: nothing } ]")]
    [InlineData("devices: [ { id: a, kind: rain_gauge, sensors: [ { driver: bme281 } ] } ]")]
    [InlineData("devices: [ { id: a, kind: rain_gauge, sensors: [ { driver: bme280, adress: 1 } ] } ]")]
    [InlineData("devices: [ { id: a, kind: rain_gauge, interval: soon } ]")]
    [InlineData("devices: [ { id: a, kind: rain_gauge, output: { driver: bme280 } } ]")]
    public void The_schema_refuses_what_the_loader_refuses(string line)
    {
        var basis = "gateway: gw-1\ndata: d\nservers: [ mqtt://h ]\n";
        var key = line.Split(':')[0];
        var text = string.Join('\n', basis.Split('\n').Where(l => !l.StartsWith(key + ":", StringComparison.Ordinal))) + line + "\n";
        Assert.NotEmpty(SchemaCheck.Faults(Schema(), YamlText.ToJson(YamlText.Parse("test", text))));
        File.WriteAllText(ConfigFile, text);
        Assert.Throws<ConfigException>(() => EdgeConfigFile.LoadWithoutKeys(ConfigFile));
    }

    private static JsonObject Schema() => (JsonObject)JsonNode.Parse(SchemaWriter.Write(Words.Of("en"), DriverCatalog.All.Values, KindCatalog.BuiltIn))!;

    private List<string> SchemaFaults()
    {
        var schema = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(_directory, ConfigWriter.SchemaFile)))!;
        return SchemaCheck.Faults(schema, YamlText.ToJson(YamlText.Read(ConfigFile)));
    }
}
