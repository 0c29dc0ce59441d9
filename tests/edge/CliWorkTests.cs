using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using SmartCity.Edge.Cli;
using SmartCity.Edge.Clocks;
using SmartCity.Simulators.Chips;
using SmartCity.Simulators.Chips.I2c;

namespace SmartCity.Edge.Tests;

/// <summary>What a technician does: set the time, watch, test, replace, hand over. The gateway's control socket is played where one is needed.</summary>
public sealed class CliWorkTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cli-work").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string ConfigFile => Path.Combine(_directory, "gateway.yaml");

    private string Data => Path.Combine(_directory, "data");

    [Theory]
    [InlineData("14:05", "2026-11-22T14:05:00+07:00", true)]
    [InlineData("9:05:30", "2026-11-22T09:05:30+07:00", true)]
    [InlineData("2026-12-24 18:00", "2026-12-24T18:00:00+07:00", false)]
    [InlineData("2026-12-24T18:00", "2026-12-24T18:00:00+07:00", false)]
    [InlineData("2026-12-24T18:00+01:00", "2026-12-24T18:00:00+01:00", false)]
    [InlineData("2026-12-24T18:00:01Z", "2026-12-24T18:00:01+00:00", false)]
    public void Times_as_typed(string text, string expected, bool today)
    {
        // 20:00 UTC is the next day in Vietnam.
        Assert.True(LocalTime.TryParse(text, DateTimeOffset.Parse("2026-11-21T20:00:00Z", CultureInfo.InvariantCulture), LocalTime.Zone(null), out var moment, out var of));
        Assert.Equal((DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), today), (moment, of));
    }

    [Theory]
    [InlineData("")]
    [InlineData("25:00")]
    [InlineData("14.05")]
    [InlineData("tomorrow")]
    [InlineData("22/11/2026 14:05")]
    [InlineData("2026-02-30 14:05")]
    public void What_is_no_time(string text) =>
        Assert.False(LocalTime.TryParse(text, DateTimeOffset.UnixEpoch, LocalTime.Zone(null), out _, out _));

    [Fact]
    public async Task The_time_is_set_written_to_the_chip_confirmed_and_noted()
    {
        await ConfigAsync("");
        var clock = new FakeMachineClock();
        var evidence = new FakeEvidence();
        var run = await RunAsync(clock, evidence, "2026-01-05T00:00:00Z", "set-time", "2026-11-22 14:05", "--by", "Tám");
        Assert.Equal((ExitCodes.Done, ""), (run.Exit, run.Error));
        Assert.Equal(DateTimeOffset.Parse("2026-11-22T14:05:00+07:00", CultureInfo.InvariantCulture), clock.Now);
        Assert.Equal(clock.Now, clock.Chip);
        Assert.True(EdgeClock.IsConfirmed(Data, evidence));
        Assert.Equal(("set-time", "Tám"), (Assert.Single(ServiceBook.Read(Data)).What, ServiceBook.Read(Data)[0].By));
    }

    [Theory]
    [InlineData("14:05", "2001-01-01T00:00:00Z", false, ExitCodes.Fault, "2001-01-01")]
    [InlineData("2001-05-05 14:05", "2026-01-05T00:00:00Z", false, ExitCodes.Usage, "long past")]
    [InlineData("soon", "2026-01-05T00:00:00Z", false, ExitCodes.Usage, "HH:MM")]
    [InlineData("14:05", "2026-01-05T00:00:00Z", true, ExitCodes.Fault, "NTP")]
    public async Task A_time_that_cannot_be_meant_is_not_set(string text, string now, bool synchronised, int exit, string said)
    {
        await ConfigAsync("");
        var clock = new FakeMachineClock();
        var run = await RunAsync(clock, new FakeEvidence { Synchronised = synchronised }, now, "set-time", text);
        Assert.Equal(exit, run.Exit);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
        Assert.Null(clock.Now);
    }

    [Fact]
    public async Task Without_root_it_says_sudo()
    {
        await ConfigAsync("");
        var run = await RunAsync(new FakeMachineClock { Denied = true }, new FakeEvidence(), "2026-01-05T00:00:00Z", "set-time", "2026-11-22 14:05");
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.Contains("sudo smartcity-edge set-time", run.Error, StringComparison.Ordinal);
        Assert.Empty(ServiceBook.Read(Data));
    }

    [Fact]
    public void A_book_cut_anywhere_keeps_its_whole_lines()
    {
        var entry = new ServiceEntry(DateTimeOffset.UnixEpoch, "replaced", "Lê Văn Tám", "chạy tốt") { Device = "env-01", Passed = true };
        ServiceBook.Add(Data, entry);
        ServiceBook.Add(Data, entry);
        var path = Path.Combine(Data, ServiceBook.FileName);
        var whole = File.ReadAllBytes(path);
        Assert.Contains("Lê Văn Tám", File.ReadAllText(path), StringComparison.Ordinal);
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            var entries = ServiceBook.Read(Data);
            Assert.InRange(entries.Count, length >= whole.Length / 2 ? 1 : 0, 2);
            Assert.All(entries, e => Assert.Equal(entry, e));
        }
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("5", "▄")]
    [InlineData("5 5 5", "▄▄▄")]
    [InlineData("0 1", "▁█")]
    [InlineData("-1 0 1", "▁▅█")]
    [InlineData("0 1 2 3 4 5 6 7", "▁▂▃▄▅▆▇█")]
    public void Sparklines(string values, string line)
    {
        var spark = new Sparkline();
        foreach (var value in values.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            spark.Add(double.Parse(value, CultureInfo.InvariantCulture));
        }

        Assert.Equal(line, spark.ToString());
    }

    [Fact]
    public void A_sparkline_holds_the_last_values_only()
    {
        var spark = new Sparkline();
        for (var i = 0; i < 1000; i++)
        {
            spark.Add(i);
        }

        Assert.Equal(Sparkline.Width, spark.ToString().Length);
    }

    [Theory]
    [InlineData(0.5, 50.0, 100.0, null)]
    [InlineData(0.5, 0.5, 0.5, "test.lamp.dark")]
    [InlineData(98.0, 99.0, 100.0, "test.lamp.burns")]
    [InlineData(0.5, 99.0, 100.0, "test.lamp.not-dimmed")]
    [InlineData(4.9, 50.0, 100.0, null)]
    public void Powers_of_a_lamp_are_judged(double off, double half, double full, string? said) =>
        Assert.Equal(said, TestCommand.Judge([(0, off), (50, half), (100, full)]));

    [Fact]
    public void A_lamp_without_a_meter_is_not_judged_by_power() => Assert.Null(TestCommand.Judge([(0, null), (50, null), (100, null)]));

    [Fact]
    public async Task Values_are_read_from_the_board_when_no_gateway_runs()
    {
        await ConfigAsync("  - id: env-01\n    kind: environment_station\n    sensors: [ { driver: bme280, bus: 1, address: 0x76 } ]\n");
        var time = TimeProvider.System;
        var chip = new SimBme280(() => 25, () => 60, () => 1010, time);
        var board = new SimBoard(time).Add(1, 0x76, chip);
        var run = await CliRun.RunAsync(host => host with { OpenBoard = () => board }, "watch", "--once", "--config", ConfigFile, "--lang", "vi");
        Assert.Equal(ExitCodes.Done, run.Exit);
        Assert.Matches("env-01 +Nhiệt độ +25 °C", run.Out);
        Assert.All(run.Out.Split('\n'), line => Assert.True(line.Length <= 80, line));

        chip.Absent = true;
        var gone = await CliRun.RunAsync(host => host with { OpenBoard = () => new SimBoard(time).Add(1, 0x76, chip) }, "watch", "--once", "--config", ConfigFile, "--lang", "vi");
        Assert.Equal(ExitCodes.Fault, gone.Exit);
        Assert.Contains("không trả lời", gone.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("25 °C", gone.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replaced_sensor_is_tested_and_noted_with_its_serials()
    {
        await ConfigAsync("  - id: env-01\n    kind: environment_station\n    sensors: [ { driver: bme280, bus: 1, address: 0x76 } ]\n");
        var time = TimeProvider.System;
        var board = new SimBoard(time).Add(1, 0x76, new SimBme280(() => 25, () => 60, () => 1010, time));
        var inventory = new FakeInventory().I2c(1, 0x76);
        var run = await CliRun.RunAsync(
            host => host with { OpenBoard = () => board, Inventory = inventory },
            "replace", "env-01", "--old", "A1", "--new", "B2", "--by", "Tám", "--config", ConfigFile, "--lang", "en");
        Assert.Equal(ExitCodes.Done, run.Exit);
        var entry = Assert.Single(ServiceBook.Read(Data));
        Assert.Equal(("replaced", "env-01", "bme280", "A1", "B2", "Tám", true), (entry.What, entry.Device, entry.Part, entry.OldSerial, entry.NewSerial, entry.By, entry.Passed));
    }

    [Fact]
    public async Task A_replaced_sensor_that_does_not_answer_is_a_fault_and_noted_as_one()
    {
        await ConfigAsync("  - id: env-01\n    kind: environment_station\n    sensors: [ { driver: bme280, bus: 1, address: 0x76 } ]\n");
        var run = await CliRun.RunAsync(
            host => host with { OpenBoard = () => new SimBoard(TimeProvider.System), Inventory = new FakeInventory().I2c(1) },
            "replace", "env-01", "--config", ConfigFile, "--lang", "en");
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.False(Assert.Single(ServiceBook.Read(Data)).Passed);
        Assert.Equal(ExitCodes.Usage, (await CliRun.RunAsync("replace", "nobody", "--config", ConfigFile)).Exit);
    }

    [Fact]
    public async Task A_test_needs_the_running_gateway()
    {
        await ConfigAsync("");
        var run = await CliRun.RunAsync("test", "lamp", "lamp-01", "--config", ConfigFile, "--lang", "en");
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.Contains("systemctl start", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lamp_is_tested_at_three_levels_and_what_was_measured_is_noted()
    {
        await ConfigAsync("");
        using var gateway = new PlayedGateway(Data);
        var run = await CliRun.RunAsync("test", "lamp", "lamp-01", "--config", ConfigFile, "--lang", "en");
        Assert.Equal(ExitCodes.Done, run.Exit);
        Assert.Equal([0, 50, 100], gateway.Levels);
        var entry = Assert.Single(ServiceBook.Read(Data));
        Assert.True(entry.Passed);
        Assert.Contains("50 %: set (50 W)", entry.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lamp_that_does_not_dim_fails()
    {
        await ConfigAsync("");
        using var gateway = new PlayedGateway(Data) { Power = level => level > 0 ? 100 : 0 };
        var run = await CliRun.RunAsync("test", "lamp", "lamp-01", "--config", ConfigFile, "--lang", "en");
        Assert.Equal(ExitCodes.Fault, run.Exit);
        Assert.Contains("does not dim", run.Out, StringComparison.Ordinal);
        Assert.False(Assert.Single(ServiceBook.Read(Data)).Passed);
    }

    [Fact]
    public async Task A_running_gateway_is_asked_and_the_board_left_alone()
    {
        await ConfigAsync("");
        using var gateway = new PlayedGateway(Data);
        var run = await CliRun.RunAsync(host => host with { OpenBoard = () => throw new InvalidOperationException("opened") }, "watch", "--once", "--config", ConfigFile, "--lang", "en");
        Assert.Equal(ExitCodes.Done, run.Exit);
        Assert.Contains("lamp-01", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vi", "Biên bản lắp đặt")]
    [InlineData("en", "Proof of installation")]
    public async Task The_page_has_what_was_measured_and_done_and_is_safe(string language, string title)
    {
        await ConfigAsync("  - id: env-01\n    kind: environment_station\n    place: \"<script>alert(1)</script> Cột 12\"\n    sensors: [ { driver: bme280, bus: 1, address: 0x76 } ]\n");
        var time = TimeProvider.System;
        ServiceBook.Add(Data, new ServiceEntry(time.GetUtcNow(), "tested-lamp", "Tám", "50 %: 50 W") { Device = "lamp-01", Passed = true });
        ServiceBook.Add(Data, new ServiceEntry(time.GetUtcNow().AddDays(-3), "tested-siren", "Tám", "long ago"));
        var page = Path.Combine(_directory, "page.html");
        var run = await CliRun.RunAsync(
            host => host with
            {
                OpenBoard = () => new SimBoard(time).Add(1, 0x76, new SimBme280(() => 25, () => 60, () => 1010, time)),
                Inventory = new FakeInventory().I2c(1, 0x76),
            },
            "handover", "--out", page, "--by", "Tám", "--config", ConfigFile, "--lang", language);

        // No server listens, so it must not be signed yet; the page is there all the same.
        Assert.Equal(ExitCodes.Fault, run.Exit);
        var html = await File.ReadAllTextAsync(page);
        Assert.Contains(title, html, StringComparison.Ordinal);
        Assert.Contains("25 °C", html, StringComparison.Ordinal);
        Assert.Contains("50 %: 50 W", html, StringComparison.Ordinal);
        Assert.DoesNotContain("long ago", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", html.Replace("mqtt://", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private async Task ConfigAsync(string devices)
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(ConfigFile, $"gateway: gw-1\ndata: data\nservers: [ \"mqtt://127.0.0.1:1\" ]\ndevices:{(devices.Length > 0 ? "\n" + devices : " []\n")}");
    }

    private Task<CliRun> RunAsync(FakeMachineClock clock, ClockEvidence evidence, string now, params string[] args) => CliRun.RunAsync(
        host => host with { MachineClock = clock, Clock = evidence, Time = new WallClock(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture)) },
        [.. args, "--config", ConfigFile, "--lang", "en"]);

    /// <summary>The real timers under another date.</summary>
    private sealed class WallClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    /// <summary>A gateway's control socket that has one lamp.</summary>
    private sealed class PlayedGateway : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private double _level;

        public PlayedGateway(string data)
        {
            _listener.Bind(new UnixDomainSocketEndPoint(ControlClient.Path(data)));
            _listener.Listen();
            _ = Task.Run(ServeAsync);
        }

        public List<double> Levels { get; } = [];

        public Func<double, double> Power { get; init; } = level => level;

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync()
        {
            while (true)
            {
                using var socket = await _listener.AcceptAsync();
                using var reader = new StreamReader(new NetworkStream(socket));
                while (await reader.ReadLineAsync() is { } line)
                {
                    await socket.SendAsync(Encoding.UTF8.GetBytes(Answer(JsonSerializer.Deserialize(line, ControlJson.Default.ControlRequest)!) + "\n"));
                }
            }
        }

        private string Answer(ControlRequest request)
        {
            if (request.Do == "act")
            {
                _level = request.Percent ?? 0;
                Levels.Add(_level);
                return JsonSerializer.Serialize(new ControlAnswer(true, "set"), ControlJson.Default.ControlAnswer);
            }

            return JsonSerializer.Serialize(
                new ControlStatus
                {
                    Gateway = "gw-1",
                    Devices = [new ControlDevice("lamp-01", "streetlight") { Values = new Dictionary<string, double>(StringComparer.Ordinal) { ["power_w"] = Power(_level) }, AgeSeconds = 1 }],
                    Lamps = [new ControlLamp("lamp-01") { Target = _level, Feedback = _level }],
                },
                ControlJson.Default.ControlStatus);
        }
    }
}

/// <summary>A machine's clocks of a test.</summary>
internal sealed class FakeMachineClock : MachineClock
{
    public DateTimeOffset? Now { get; private set; }

    public DateTimeOffset? Chip { get; private set; }

    public bool Denied { get; init; }

    public override void Set(DateTimeOffset moment) => Now = Denied ? throw new UnauthorizedAccessException("only root") : moment;

    public override bool WriteChip(DateTimeOffset moment)
    {
        Chip = moment;
        return true;
    }
}
