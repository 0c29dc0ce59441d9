using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Cli;
using SmartCity.Edge.Doctor;
using SmartCity.Simulators.Chips;
using SmartCity.Simulators.Chips.I2c;

namespace SmartCity.Edge.Tests;

/// <summary>What the doctor says of machines with one thing wrong. Whole transcripts against a real server are in docs/operations.</summary>
public sealed class CliDoctorTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cli-doctor").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string ConfigFile => Path.Combine(_directory, "gateway.yaml");

    private const string OneSensor = "  - id: env-01\n    kind: environment_station\n    sensors: [ { driver: bme280, bus: 1, address: 0x77 } ]\n";

    [Theory]
    [InlineData("vi", "không thấy chip nào")]
    [InlineData("en", "nothing at all answers on i2c-1")]
    public async Task Nothing_attached(string language, string said)
    {
        var run = await DoctorAsync(OneSensor, new FakeInventory().I2c(1), new SimBoard(TimeProvider.System), language);
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.Contains(said, Joined(run), StringComparison.Ordinal);
        Assert.Contains("bme280", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_address_is_told_with_the_right_one()
    {
        var time = TimeProvider.System;
        var board = new SimBoard(time).Add(1, 0x76, new SimBme280(() => 25, () => 60, () => 1010, time));
        var run = await DoctorAsync(OneSensor, new FakeInventory().I2c(1, 0x76), board);
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.Contains("`address: 0x76`", Joined(run), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chip_at_its_address_is_measured()
    {
        var time = TimeProvider.System;
        var board = new SimBoard(time).Add(1, 0x77, new SimBme280(() => 25, () => 60, () => 1010, time));
        var run = await DoctorAsync(OneSensor, new FakeInventory().I2c(1, 0x77), board);
        Assert.Contains("temperature_celsius 25", Joined(run), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_group_is_named()
    {
        var run = await DoctorAsync(OneSensor, new FakeInventory().Denied(1), new SimBoard(TimeProvider.System));
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.Contains("group i2c", Joined(run), StringComparison.Ordinal);
        Assert.Contains("`sudo usermod -aG i2c technician`", Joined(run), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2001-01-01", false, "does not know the time")]
    [InlineData("2026-11-22", false, "nothing says that it is right")]
    [InlineData("2026-11-22", true, "kept by NTP")]
    public async Task The_clock(string day, bool synchronised, string said)
    {
        var run = await DoctorAsync("", new FakeInventory(), new SimBoard(TimeProvider.System), "en", host => host with
        {
            Time = new WallClock(DateTimeOffset.Parse(day + "T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture)),
            Clock = new FakeEvidence { Synchronised = synchronised },
        });
        Assert.Contains(said, Joined(run), StringComparison.Ordinal);
        Assert.Equal(!synchronised, run.Out.Contains("set-time", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gateway_without_a_certificate_is_sent_to_enrol()
    {
        var run = await DoctorAsync("", new FakeInventory(), new SimBoard(TimeProvider.System), server: "mqtts://127.0.0.1:1");
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.Contains("smartcity-edge enrol", run.Out, StringComparison.Ordinal);
        Assert.Contains("refuses port 1", Joined(run), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_of_two_servers_that_is_away_is_said_and_is_no_fault_of_the_gateway()
    {
        using var there = new TcpListener(IPAddress.Loopback, 0);
        there.Start();
        var answers = ((IPEndPoint)there.LocalEndpoint).Port;
        await File.WriteAllTextAsync(ConfigFile, $"gateway: gw-1\ndata: data\nservers: [ mqtts://127.0.0.1:{answers}, mqtts://127.0.0.1:1 ]\ncertificate: a\nkey: b\nca: c\ndevices: []\n");
        var patient = DoctorCommand.Patient(new Desk(CliRun.Host(TextWriter.Null, TextWriter.Null), new Screen(CliRun.Host(TextWriter.Null, TextWriter.Null), Words.Of("en"))), ConfigFile);
        await HouseChecks.Configuration.RunAsync(patient, default);
        var found = await WayChecks.Network.RunAsync(patient, default);
        Assert.Equal([Verdict.Pass, Verdict.Warn], found.Select(f => f.Verdict));
        Assert.Contains("works with the other server", found[1].Fix!, StringComparison.Ordinal);
        Assert.Contains("mostly 8883", found[1].Fix!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_configuration_it_says_how_to_make_one()
    {
        var run = await CliRun.RunAsync("doctor", "--config", Path.Combine(_directory, "none.yaml"));
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.Contains("smartcity-edge init", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_fault_of_a_configuration_is_a_line()
    {
        await File.WriteAllTextAsync(ConfigFile, "gateway: GW\nservers: [ftp://x]\nfrob: 1\n");
        var run = await CliRun.RunAsync("doctor", "--config", ConfigFile);
        Assert.Equal(ExitCodes.Fault, run.Exit);
        foreach (var said in new[] { "GW", "ftp://x", "frob", "data" })
        {
            Assert.Contains(said, run.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Json_has_every_finding_and_nothing_else_is_written()
    {
        var run = await DoctorAsync(OneSensor, new FakeInventory().I2c(1), new SimBoard(TimeProvider.System), "en", null, null, "--json");
        var report = JsonSerializer.Deserialize(run.Out, DoctorJson.Default.DoctorReport)!;
        Assert.Equal(("gw-1", Verdict.Fail, ExitCodes.Fault, ""), (report.Gateway, report.Verdict, run.Exit, run.Error));
        Assert.Equal(Examination.All.Select(c => c.Name).Order(StringComparer.Ordinal), report.Findings.Select(f => f.Check).Distinct().Order(StringComparer.Ordinal));
        Assert.All(report.Findings.Where(f => f.Verdict == Verdict.Fail), f => Assert.False(string.IsNullOrEmpty(f.Fix)));
    }

    [Fact]
    public async Task A_check_that_does_not_end_is_a_fault_with_advice()
    {
        var patient = DoctorCommand.Patient(new Desk(CliRun.Host(TextWriter.Null, TextWriter.Null), new Screen(CliRun.Host(TextWriter.Null, TextWriter.Null), Words.Of("en"))), ConfigFile);
        var check = new Check("config", TimeSpan.FromMilliseconds(1), static async (_, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return [];
        });
        var finding = Assert.Single(await check.RunAsync(patient, default));
        Assert.Equal(Verdict.Fail, finding.Verdict);
        Assert.NotNull(finding.Fix);
    }

    [Theory]
    [InlineData("spi0 CS1", true)]
    [InlineData("smartcity-edge", false)]
    public async Task A_gpio_line_that_another_program_holds_is_named_and_our_own_is_no_fault(string holder, bool fault)
    {
        const string Door = "  - id: door-01\n    kind: power_cabinet\n    sensors: [ { driver: contact, chip: gpiochip0, line: 5, metric: door_open } ]\n";
        var run = await DoctorAsync(Door, new FakeInventory().Gpio("gpiochip0", 54, (5, holder)), new SimBoard(TimeProvider.System));
        Assert.Equal(fault, Joined(run).Contains("held by " + holder, StringComparison.Ordinal));
    }

    private static string Joined(CliRun run) => string.Join(' ', run.Out.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private async Task<CliRun> DoctorAsync(
        string devices, Inventory inventory, Board board, string language = "en", Func<CliHost, CliHost>? change = null, string? server = null, params string[] more)
    {
        Directory.CreateDirectory(Path.Combine(_directory, "data"));
        await File.WriteAllTextAsync(
            ConfigFile,
            $"gateway: gw-1\ndata: data\nservers: [ \"{server ?? "mqtt://127.0.0.1:1"}\" ]\ncertificate: a\nkey: b\nca: c\ndevices:{(devices.Length > 0 ? "\n" + devices : " []\n")}");
        var run = await CliRun.RunAsync(
            host => (change ?? (h => h))(host with { Inventory = inventory, OpenBoard = () => board, Clock = new FakeEvidence { Synchronised = true } }),
            ["doctor", "--config", ConfigFile, "--lang", language, .. more]);
        Assert.All(run.Out.Split('\n').Where(l => !l.Contains(_directory, StringComparison.Ordinal) && more.Length == 0), l => Assert.True(l.Length <= 80, l));
        return run;
    }

    /// <summary>The real timers under another date.</summary>
    private sealed class WallClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
