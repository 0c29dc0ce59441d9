using System.Buffers;
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Intake;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Intake;

/// <summary>What is taken quickly is what the strict way takes: the same frames, the same refusals, the same counters.</summary>
public sealed class QuickLinesTests
{
    private const string Good = "environment_station,device=env-1 temperature_celsius=31.2,relative_humidity_percent=78.5,fault_code=7i,pm10_ug_m3=41 1795352357000000000";

    private static readonly string[] Pieces =
    [
        "environment_station,device=env-1 ", "environment_station,device=env-2 ", "environment_station,device=env-9 ", "streetlight,device=lamp-1 ", "streetlight,device=env-1 ",
        "fire_detector,device=fire-1 ", "fire_detector,device=never ", "environment_station,zone=a,device=env-1 ", "environment_station ", "nonsense,device=env-1 ", "environment_station,device=ENV ",
    ];

    private static readonly string[] Fields =
    [
        "temperature_celsius=21.5", "temperature_celsius=21i", "temperature_celsius=-0", "temperature_celsius=1000", "temperature_celsius=2.10e1", "temperature_celsius=12.3456789012345678",
        "temperature_celsius=\"hot\"", "temperature_celsius=", "fault_code=0i", "fault_code=007i", "fault_code=-0i", "fault_code=7", "fault_code=7i", "fault_code=123i", "fault_code=9223372036854775808i",
        "colour=1", "power_w=17.25", "loop_state=1i", "loop_state=1", "loop_state=2i", "on=true", "on=t", "pm10_ug_m3=41", "pm10_ug_m3=41u", "pm10_ug_m3=NaN", "pressure_hpa=1013.25", "noise_db=1e1", "",
    ];

    private static readonly string[] Ends =
    [
        " 1795352357000000000", " 1795352357000000000", " 1795352357000000000", " 1795352357", "", " 0001795352357000000000", " 9999999999999999999", "  1795352357000000000", " 1795352357000000000 ", " 946684800000000000", " 1100000000000000000", " x",
    ];

    public static TheoryData<string> Places => new() { "gateway", "alarm", "stranger", "http" };

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Any_lines_become_the_same_frames(string place)
    {
        await using var quick = new Way(quick: true);
        await using var strict = new Way(quick: false);
        Prop.ForAll(Payloads().ToArbitrary(), payload => Assert.Equal(strict.Take(place, payload) + strict.Frames(), quick.Take(place, payload) + quick.Frames())).QuickCheckThrowOnFailure();
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_line_cut_or_changed_at_every_byte_becomes_the_same_frames(string place)
    {
        await using var quick = new Way(quick: true);
        await using var strict = new Way(quick: false);
        var line = place == "alarm" ? "fire_detector,device=fire-1 loop_state=1i 1795352357000000000" : Good;
        for (var at = 0; at <= line.Length; at++)
        {
            Same(line[..at]);
            Same(Good + "\n" + line[..at]);
            Same(line[..at] + "\n" + Good + "\n");
            foreach (var other in at < line.Length ? "\"\\ ,=\n0i-\r\té" : "")
            {
                Same(line[..at] + other + line[(at + 1)..] + "\n" + Good);
                Same(line[..at] + other + line[at..] + "\n" + Good);
            }
        }

        // All at once: each look at the log waits for the disk.
        Assert.Equal(strict.Frames(), quick.Frames());

        void Same(string payload) => Assert.Equal(strict.Take(place, payload), quick.Take(place, payload));
    }

    [Fact]
    public async Task A_request_longer_than_a_frame_is_cut_between_lines()
    {
        await using var quick = new Way(quick: true);
        var payload = string.Concat(Enumerable.Repeat(Good + "\n", 5000)) + Good;
        quick.Take("http", payload);
        var frames = quick.Frames().Split('|')[1..];
        Assert.Equal(payload + "\n", string.Concat(frames.Select(f => f[(f.IndexOf(':', StringComparison.Ordinal) + 1)..])));
        Assert.All(frames, f => Assert.InRange(f.Length, 1, 256 * 1024 + 10));
        Assert.InRange(frames.Length, 3, 10);
    }

    [Fact]
    public async Task Other_orders_of_metrics_are_learned()
    {
        await using var quick = new Way(quick: true);
        var backwards = "environment_station,device=env-1 pm10_ug_m3=41,fault_code=7i,temperature_celsius=31.2 1795352357000000000\n";
        var payload = string.Concat(Enumerable.Repeat(backwards + Good + "\n", 3));
        quick.Take("gateway", payload);
        Assert.Equal("|Telemetry None:" + payload, quick.Frames());
    }

    private static Gen<string> Payloads()
    {
        var field = Gen.Elements(Fields);
        var line =
            from start in Gen.Frequency((3, Gen.Constant(Pieces[0])), (2, Gen.Elements(Pieces)))
            from fields in Gen.NonEmptyListOf(field)
            from end in Gen.Elements(Ends)
            select start + string.Join(',', fields.Take(5)) + end;
        var any = Gen.Frequency((6, Gen.Constant(Good)), (5, line), (1, Gen.Elements("", "# a remark", "x", "environment_station,device=env-1 temperature_celsius=\"a\nb\" 5")));
        return from lines in Gen.ListOf(any) from last in Gen.Elements("", "\n", "\r\n") select string.Join('\n', lines) + last;
    }

    /// <summary>An intake of one way or the other, with a log and clock of its own.</summary>
    private sealed class Way : IAsyncDisposable
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("smartcity-quick-").FullName;
        private readonly IntakeMetrics _metrics = new();
        private readonly CityLog _log;
        private readonly SmartCity.Ingest.Intake.Intake _intake;
        private readonly Dictionary<Lane, LogReader> _readers = [];
        private readonly Dictionary<string, IntakeSource> _sources = new(StringComparer.Ordinal)
        {
            ["gateway"] = IntakeSource.OfGateway("gw-1", Lane.Telemetry),
            ["alarm"] = IntakeSource.OfGateway("gw-1", Lane.Alarm),
            ["stranger"] = IntakeSource.OfStranger("pi", Lane.Telemetry),
            ["http"] = IntakeSource.OfHttp("http:key", open: false, id => !id.SequenceEqual("env-2"u8)),
        };

        public Way(bool quick)
        {
            _log = CityLog.Open(new LogOptions { Directory = _directory, MinimumFreeBytes = 0, ReserveBytes = 0 }, TimeProvider.System);
            var time = new FakeTime();
            time.Advance(DateTimeOffset.FromUnixTimeSeconds(1795352360) - time.GetUtcNow());
            _intake = new SmartCity.Ingest.Intake.Intake(KindCatalog.BuiltIn, new Town(), _log, _metrics, time) { IsQuick = quick };
            foreach (var lane in Enum.GetValues<Lane>())
            {
                _readers[lane] = _log[lane].OpenReader("test", new LogCursor(_log.Id, lane, 0));
            }
        }

        /// <summary>Outcome, counters and refusals in words.</summary>
        public string Take(string place, string payload)
        {
            var bytes = Encoding.UTF8.GetBytes(payload);
            var said = new StringBuilder();
            if (place == "http")
            {
                var rejections = new List<Rejection>();
                var (outcome, accepted, unlisted) = _intake.AcceptHttp(_sources[place], bytes, Precision.Nanosecond, new ManyFrames(), mayRegister: false, rejections);
                said.Append(CultureInfo.InvariantCulture, $"{outcome} {accepted} {unlisted} {string.Join(';', rejections)} ");
            }
            else
            {
                said.Append(CultureInfo.InvariantCulture, $"{_intake.Accept(_sources[place], new ReadOnlySequence<byte>(bytes), null, 0, mayRegister: true)} ");
            }

            said.Append(CultureInfo.InvariantCulture, $"{_metrics.Lines} {_metrics.Publishes} {_metrics.TagsIgnored} {_metrics.ArrivalStamped} {string.Join(',', _metrics.Rejected)}");
            return said.ToString();
        }

        /// <summary>The frames since the last look.</summary>
        public string Frames()
        {
            var said = new StringBuilder();
            foreach (var (lane, reader) in _readers)
            {
                SpinWait.SpinUntil(() => _log[lane].Committed >= _log[lane].Appended);
                while (reader.TryRead(4 << 20, out var batch))
                {
                    foreach (var frame in batch)
                    {
                        said.Append(CultureInfo.InvariantCulture, $"|{lane} {frame.Flags}:{Encoding.UTF8.GetString(frame.Payload)}");
                    }
                }
            }

            return said.ToString();
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var reader in _readers.Values)
            {
                reader.Dispose();
            }

            await _log.DisposeAsync();
            Directory.Delete(_directory, recursive: true);
        }
    }

    private sealed class Town : IDeviceDirectory
    {
        public object Version => this;

        private readonly Dictionary<string, DeviceInfo> _devices = new(StringComparer.Ordinal)
        {
            ["env-1"] = new DeviceInfo("env-1", "environment_station", "z", "gw-1"),
            ["env-2"] = new DeviceInfo("env-2", "environment_station", "z", "gw-2"),
            ["lamp-1"] = new DeviceInfo("lamp-1", "streetlight", "z", "gw-1"),
            ["fire-1"] = new DeviceInfo("fire-1", "fire_detector", "z", "gw-1"),
        };

        public IReadOnlyList<DeviceInfo> InService => [.. _devices.Values];

        public DeviceInfo? Find(ReadOnlySpan<byte> deviceId) => _devices.GetValueOrDefault(Encoding.UTF8.GetString(deviceId));

        public ZoneInfo? FindZone(string id) => null;
    }
}
