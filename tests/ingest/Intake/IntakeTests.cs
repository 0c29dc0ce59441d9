using System.Buffers;
using System.Text;
using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Intake;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Intake;

/// <summary>Lines in, frames of the log out.</summary>
public sealed class IntakeTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("smartcity-intake-").FullName;
    private readonly FakeTime _time = new();
    private readonly IntakeMetrics _metrics = new();
    private readonly Town _town = new();
    private CityLog _log = null!;
    private SmartCity.Ingest.Intake.Intake _intake = null!;

    private static IntakeSource Gateway { get; } = IntakeSource.OfGateway("gw-1", Lane.Telemetry);

    private static IntakeSource Alarms { get; } = IntakeSource.OfGateway("gw-1", Lane.Alarm);

    private long Now => SmartCity.Ingest.Intake.Intake.ToNanoseconds(_time.GetUtcNow());

    public ValueTask InitializeAsync()
    {
        _log = CityLog.Open(new LogOptions { Directory = _directory, MinimumFreeBytes = 0, ReserveBytes = 0 }, TimeProvider.System);
        _intake = new SmartCity.Ingest.Intake.Intake(KindCatalog.BuiltIn, _town, _log, _metrics, _time);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("environment_station,device=env-1 temperature_celsius=21 T", "environment_station,device=env-1 temperature_celsius=21 T")]
    [InlineData("environment_station,device=env-1 temperature_celsius=21i T", "environment_station,device=env-1 temperature_celsius=21 T")]
    [InlineData("environment_station,device=env-1 temperature_celsius=21u T", "environment_station,device=env-1 temperature_celsius=21 T")]
    [InlineData("environment_station,city=th,device=env-1,x=y temperature_celsius=2.10e1 T", "environment_station,device=env-1 temperature_celsius=2.10e1 T")]
    public async Task A_good_line_is_stored_in_canonical_form(string line, string stored)
    {
        Assert.Equal(IntakeOutcome.Taken, Accept(Gateway, line));
        var (flags, text) = Assert.Single(await FramesAsync(Lane.Telemetry));
        Assert.Equal(FrameFlags.None, flags);
        Assert.Equal(stored.Replace("T", $"{Now}", StringComparison.Ordinal) + "\n", text);
    }

    [Theory]
    [InlineData("environment_station,device=env-1 temperature_celsius= T", "syntax")]
    [InlineData("nonsense,device=env-1 x=1 T", "unknown-kind")]
    [InlineData("environment_station temperature_celsius=1 T", "no-device")]
    [InlineData("environment_station,device=ENV temperature_celsius=1 T", "no-device")]
    [InlineData("environment_station,device=env-9 temperature_celsius=1 T", "unknown-device")]
    [InlineData("streetlight,device=env-1 power_w=1 T", "wrong-kind")]
    [InlineData("environment_station,device=env-2 temperature_celsius=1 T", "wrong-gateway")]
    [InlineData("fire_detector,device=fire-1 loop_state=1 T", "wrong-lane")]
    [InlineData("environment_station,device=env-1 colour=1 T", "unknown-metric")]
    [InlineData("environment_station,device=env-1 temperature_celsius=\"hot\" T", "wrong-type")]
    [InlineData("environment_station,device=env-1 temperature_celsius=1000 T", "range")]
    [InlineData("environment_station,device=env-1 temperature_celsius=20", "clock")]
    [InlineData("environment_station,device=env-1 temperature_celsius=20 F", "clock")]
    [InlineData("environment_station,device=env-1 temperature_celsius=20 1795352357", "clock")]
    public async Task A_bad_line_goes_to_quarantine_and_its_neighbours_pass(string line, string reason)
    {
        const string Good = "environment_station,device=env-1 relative_humidity_percent=50 T";
        Assert.Equal(IntakeOutcome.Taken, Accept(Gateway, Good + "\n" + line + "\n" + Good));
        var frames = await FramesAsync(Lane.Telemetry);
        Assert.Equal(2, frames.Where(f => f.Flags == FrameFlags.None).Sum(f => f.Text.Count(c => c == '\n')));
        var rejected = Assert.Single(frames, f => f.Flags == FrameFlags.Rejected);
        Assert.Contains($"\"reason\":\"{reason}\"", rejected.Text, StringComparison.Ordinal);
        Assert.Equal(1, _metrics.Rejected.Single(r => r.Reason == reason).Count);
        Assert.Equal(2, _metrics.Lines);
    }

    [Theory]
    [InlineData("fire_detector,device=fire-1 loop_state=1 T", FrameFlags.None)]
    [InlineData("fire_detector,device=fire-1 loop_state=1", FrameFlags.ArrivalTime)]
    [InlineData("fire_detector,device=fire-1 loop_state=1 F", FrameFlags.ArrivalTime | FrameFlags.ClockFault)]
    [InlineData("fire_detector,device=fire-1 loop_state=1 1000", FrameFlags.ArrivalTime | FrameFlags.ClockFault)]
    [InlineData("fire_detector,device=fire-1 loop_state=1 6", FrameFlags.ArrivalTime | FrameFlags.ClockFault)]
    [InlineData("fire_detector,device=never-seen loop_state=1 T", FrameFlags.Unregistered)]
    [InlineData("fire_detector,device=fire-1 loop_state=1,temperature_celsius=9000 T", FrameFlags.RangeFault)]
    public async Task An_alarm_line_is_never_refused_for_clock_range_or_registration(string line, FrameFlags flags)
    {
        Assert.Equal(IntakeOutcome.Taken, Accept(Alarms, line));
        var frame = Assert.Single(await FramesAsync(Lane.Alarm));
        Assert.Equal(flags, frame.Flags);
        Assert.Contains("loop_state=1", frame.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_field_on_the_alarm_lane_does_not_take_the_alarm_with_it()
    {
        Accept(Alarms, "fire_detector,device=fire-1 colour=\"red\",loop_state=1 T");
        var frames = await FramesAsync(Lane.Alarm);
        Assert.Contains(frames, f => f.Flags == FrameFlags.None && f.Text.Contains(" loop_state=1", StringComparison.Ordinal));
        Assert.Contains(frames, f => f.Flags == FrameFlags.Rejected);
    }

    [Fact]
    public async Task Lines_without_a_stamp_never_share_an_instant()
    {
        Accept(Alarms, "fire_detector,device=fire-1 loop_state=1\nfire_detector,device=fire-1 loop_state=0\nfire_detector,device=fire-1 loop_state=1");
        Accept(Alarms, "fire_detector,device=fire-1 loop_state=0");
        var stamps = (await FramesAsync(Lane.Alarm)).SelectMany(f => f.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Select(l => l[(l.LastIndexOf(' ') + 1)..]).ToList();
        Assert.Equal(4, stamps.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task A_payload_in_many_pieces_is_the_same_payload()
    {
        var bytes = Encoding.UTF8.GetBytes(Stamp("environment_station,device=env-1 temperature_celsius=21 T\nenvironment_station,device=env-1 temperature_celsius=22 T"));
        var first = new Piece(bytes.AsMemory(0, 7));
        var last = first.Then(bytes.AsMemory(7, 40)).Then(bytes.AsMemory(47));
        var payload = new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        Assert.Equal(IntakeOutcome.Taken, _intake.Accept(Gateway, payload, null, 0, mayRegister: true));
        Assert.Equal(2, Assert.Single(await FramesAsync(Lane.Telemetry)).Text.Count(c => c == '\n'));
    }

    [Fact]
    public void Strangers_bring_their_devices_with_them_only_under_open()
    {
        var stranger = IntakeSource.OfStranger("pi", Lane.Telemetry);
        Assert.Equal(IntakeOutcome.UnknownDevices, Accept(stranger, "environment_station,device=new-1 temperature_celsius=20"));
        var unknown = Assert.Single(SmartCity.Ingest.Intake.Intake.Unknown);
        Assert.Equal(("new-1", "environment_station", "pi"), (unknown.Id, unknown.Kind, unknown.Gateway));
        Assert.Equal(IntakeOutcome.Taken, Accept(Gateway, "environment_station,device=new-1 temperature_celsius=20 T"));
        Assert.Equal(1, _metrics.Rejected.Single(r => r.Reason == Reasons.UnknownDevice).Count);
    }

    [Fact]
    public void An_empty_payload_is_acknowledged_and_stores_nothing()
    {
        Assert.Equal(IntakeOutcome.Nothing, Accept(Gateway, ""));
        Assert.Equal(IntakeOutcome.Nothing, Accept(Gateway, "# only a comment\n\n"));
    }

    [Fact]
    public async Task More_bad_lines_than_are_listed_are_counted()
    {
        Accept(Gateway, string.Join('\n', Enumerable.Repeat("x", 2000)));
        Assert.Equal(1500, _metrics.Unlisted);
        var listed = (await FramesAsync(Lane.Telemetry)).Sum(f => f.Text.Split("\"reason\"").Length - 1);
        Assert.Equal(500, listed);
    }

    [Fact]
    public void A_line_cut_at_every_byte_never_throws_and_never_stores_half_a_value()
    {
        var line = Encoding.UTF8.GetBytes(Stamp("environment_station,device=env-1 temperature_celsius=21.5,relative_humidity_percent=50 T"));
        for (var cut = 0; cut <= line.Length; cut++)
        {
            _intake.Accept(Gateway, new ReadOnlySequence<byte>(line.AsMemory(0, cut)), null, 0, mayRegister: true);
        }

        // Whole lines only: all digits of a stamp from the year 2020 on, and the full line.
        Assert.InRange(_metrics.Lines, 1, 20);
    }

    [Fact]
    public void Good_lines_allocate_nothing()
    {
        var bytes = Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Repeat(Stamp("environment_station,device=env-1 temperature_celsius=21.5,relative_humidity_percent=50 T"), 50)));
        var payload = new ReadOnlySequence<byte>(bytes);
        for (var i = 0; i < 200; i++)
        {
            _intake.Accept(Gateway, payload, null, 0, mayRegister: true);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200; i++)
        {
            _intake.Accept(Gateway, payload, null, 0, mayRegister: true);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private IntakeOutcome Accept(IntakeSource source, string lines) =>
        _intake.Accept(source, new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Stamp(lines))), null, 0, mayRegister: true);

    private string Stamp(string lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines.Split('\n'))
        {
            text.Append(text.Length > 0 ? "\n" : "");
            text.Append(line.EndsWith(" T", StringComparison.Ordinal) ? line[..^1] + Now : line.EndsWith(" F", StringComparison.Ordinal) ? line[..^1] + (Now + 600_000_000_000) : line);
        }

        return text.ToString();
    }

    private async Task<List<(FrameFlags Flags, string Text)>> FramesAsync(Lane lane)
    {
        while (_log[lane].Committed < _log[lane].Appended)
        {
            await Task.Yield();
        }

        using var reader = _log[lane].OpenReader("test", new LogCursor(_log.Id, lane, _log[lane].First));
        var frames = new List<(FrameFlags, string)>();
        while (reader.TryRead(1 << 20, out var batch))
        {
            foreach (var frame in batch)
            {
                frames.Add((frame.Flags, Encoding.UTF8.GetString(frame.Payload)));
            }
        }

        return frames;
    }

    private sealed class Town : IDeviceDirectory
    {
        private readonly Dictionary<string, DeviceInfo> _devices = new(StringComparer.Ordinal)
        {
            ["env-1"] = new DeviceInfo("env-1", "environment_station", "z", "gw-1"),
            ["env-2"] = new DeviceInfo("env-2", "environment_station", "z", "gw-2"),
            ["fire-1"] = new DeviceInfo("fire-1", "fire_detector", "z", "gw-1"),
        };

        private readonly Dictionary<string, DeviceInfo>.AlternateLookup<ReadOnlySpan<char>> _lookup;

        public object Version => _devices;

        public Town() => _lookup = _devices.GetAlternateLookup<ReadOnlySpan<char>>();

        public IReadOnlyList<DeviceInfo> InService => [.. _devices.Values];

        public DeviceInfo? Find(ReadOnlySpan<byte> deviceId)
        {
            Span<char> id = stackalloc char[64];
            var length = Encoding.UTF8.GetChars(deviceId, id);
            return _lookup.TryGetValue(id[..length], out var device) ? device : null;
        }

        public ZoneInfo? FindZone(string id) => null;
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Piece Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
