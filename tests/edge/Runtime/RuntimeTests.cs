using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using SmartCity.Edge.Config;
using SmartCity.Edge.Control;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Tests.Runtime;

/// <summary>Tests that measure time have the machine to themselves.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

/// <summary>A whole runtime with its log and uplink (whose server is not there), on the machine's clock.</summary>
[Collection(Alone.Name)]
public sealed class RuntimeTests : IAsyncLifetime
{
    private readonly string _home = Directory.CreateTempSubdirectory("edge-rt").FullName;
    private readonly ConcurrentQueue<string> _notices = new();
    private readonly ScriptedOutput _siren = new();
    private readonly ScriptedOutput _light = new();
    private readonly DryBoard _board = new();
    private readonly List<Scripted> _made = [];
    private double _pressed;
    private EdgeConfig? _next;
    private EdgeRuntime? _runtime;

    private EdgeRuntime Runtime => _runtime!;

    public ValueTask InitializeAsync()
    {
        _runtime = EdgeRuntime.Start(
            Config(Station("env-1", 20), Station("env-2", 21)),
            new RuntimeHooks { Notice = _notices.Enqueue, Reload = () => _next ?? throw new ConfigException("gateway.yaml:3: faulty") },
            _board,
            TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        _board.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task A_contact_sounds_the_siren_within_milliseconds_without_a_server()
    {
        await Wait.UntilAsync(() => Runtime.Devices.All(d => d.MeasuredAt is not null), "everything is measured");
        var contact = _made.Single(m => m.Where == "call-1");
        var took = TimeSpan.Zero;
        _siren.Sounded = since => took = TimeProvider.System.GetElapsedTime(since);
        _pressed = 1;
        contact.Attention!(_siren.Since = TimeProvider.System.GetTimestamp());
        await Wait.UntilAsync(() => _siren.Percent > 0, "the siren sounds");
        Assert.InRange(took, TimeSpan.FromTicks(1), TimeSpan.FromMilliseconds(200));
        await Wait.UntilAsync(() => Runtime.Find("call-1")!.Values().Any(v => v.Metric == "siren_on" && v.Value == 1), "the device says so");
        Assert.Equal((true, "silenced until a new detector alarms: zone-a; the alarm stands"), await Runtime.ActAsync("silence-siren", "call-1", default));
        Assert.Equal(0, _siren.Percent);
    }

    [Fact]
    public async Task A_self_test_lists_what_failed()
    {
        Assert.Equal((true, "3 parts of 3 devices started and measured"), await Count("self-test"));
        _made.Single(m => m.Where == "env-2").OnStart = _ => throw new DriverException(DeviceFault.WrongChip, "chip id 0x58 at i2c-1 0x76");
        var (done, detail) = await Runtime.ActAsync("self-test", "env-2", default);
        Assert.False(done);
        Assert.Contains("env-2: chip id 0x58 at i2c-1 0x76", detail, StringComparison.Ordinal);
        Assert.False((await Runtime.ActAsync("self-test", "nobody", default)).Done);

        // The fire device's second part is its siren.
        async Task<(bool, string)> Count(string act)
        {
            var (ok, words) = await Runtime.ActAsync(act, null, default);
            return (ok, words.Replace("4 parts", "3 parts", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Identify_blinks_and_ends_dark()
    {
        Assert.Equal((true, "blinking for 10 s"), await Runtime.ActAsync("identify", null, default));
        Assert.Equal(100, _light.Percent);
        Assert.Equal((true, "it is blinking already"), await Runtime.ActAsync("identify", null, default));
        await Wait.UntilAsync(() => _light.Levels.Count >= 3, "it blinks");
        await Runtime.DisposeAsync();
        Assert.Equal(0, _light.Percent);
        Assert.Equal([100, 0, 100], _light.Levels.Take(3));
    }

    [Fact]
    public async Task A_siren_test_is_short_and_reads_back()
    {
        var (done, detail) = await Runtime.ActAsync(new ActRequest("test-siren", null, null, 0.05), default);
        Assert.True(done);
        Assert.Contains("siren-1 was on for", detail, StringComparison.Ordinal);
        Assert.Equal([0, 100, 0], _siren.Levels);
        Assert.False((await Runtime.ActAsync("test-siren", "nobody", default)).Done);
    }

    [Fact]
    public async Task Reload_restarts_what_changed_and_nothing_else()
    {
        await Wait.UntilAsync(() => Runtime.Devices.All(d => d.MeasuredAt is not null), "everything is measured");
        Assert.Equal((false, "refused, the old configuration goes on: gateway.yaml:3: faulty"), await Runtime.ActAsync("reload", null, default));
        var stays = Runtime.Find("env-1")!;
        var old = _made.Single(m => m.Where == "env-2");
        _next = Config(Station("env-1", 20), Station("env-2", 21, interval: 5), Station("env-3", 22)) with { Language = "en" };
        var (done, detail) = await Runtime.ActAsync("reload", null, default);
        Assert.True(done);
        Assert.Equal("1 devices restarted, 1 new, 0 removed; only a restart of the gateway changes language", detail);
        Assert.Same(stays, Runtime.Find("env-1"));
        Assert.True(old.Disposed);
        await Wait.UntilAsync(() => Runtime.Find("env-3")!.MeasuredAt is not null, "the new one measures");

        // A siren's other zones are another desk; its devices start anew.
        _next = _next with { Sirens = [_next.Sirens[0] with { AtPreAlarm = true }] };
        (_, detail) = await Runtime.ActAsync("reload", null, default);
        Assert.StartsWith("1 devices restarted, 0 new, 0 removed, fire zones and sirens set up again", detail, StringComparison.Ordinal);
        Assert.Same(stays, Runtime.Find("env-1"));
    }

    [Fact]
    public async Task An_act_that_nobody_knows_is_told_with_the_nearest()
    {
        Assert.Contains("did you mean 'identify'?", (await Runtime.ActAsync("identfy", null, default)).Detail, StringComparison.Ordinal);
        Assert.False((await Runtime.ActAsync("test-lamp", "env-1", default)).Done);
    }

    [Fact]
    public async Task The_control_socket_answers_line_by_line()
    {
        await Wait.UntilAsync(() => Runtime.Devices.All(d => d.MeasuredAt is not null), "everything is measured");
        await using var control = ControlSocket.Listen(Runtime, _home, TimeProvider.System, _notices.Enqueue);
        Assert.NotNull(control);
        using var client = Connect();
        var status = await AskAsync(client, """{"do":"status"}""");
        Assert.Equal("gw-rt", (string?)status["gateway"]);
        Assert.False((bool)status["connected"]!);
        Assert.Equal(["env-1", "env-2", "call-1"], status["devices"]!.AsArray().Select(d => (string?)d!["id"]));
        Assert.Equal(20, (double)status["devices"]![0]!["values"]!["temperature_celsius"]!);
        Assert.Equal("quiet", (string?)status["zones"]![0]!["state"]);
        Assert.Equal("siren-1", (string?)status["sirens"]![0]!["id"]);

        foreach (var (request, error) in new[]
        {
            ("nonsense", "no request"), ("[1]", "expected an object"), ("""{"do":5}""", "'do' is no text"), ("""{"do":"sing"}""", "'sing' is none of status, watch, act"),
            ("{\"do\":\"status\",\"every\":\"x\"}", "'every' is no number"), (new string('[', 1_000), "no request"),
        })
        {
            Assert.Contains(error, (string?)(await AskAsync(client, request))["error"], StringComparison.Ordinal);
        }

        var answer = await AskAsync(client, """{"do":"act","act":"self-test"}""");
        Assert.True((bool)answer["done"]!);
        client.Send(Encoding.UTF8.GetBytes("""{"do":"watch","every":100}""" + "\n"));
        Assert.Equal("gw-rt", (string?)(await ReadAsync(client))["gateway"]);
        Assert.Equal("gw-rt", (string?)(await ReadAsync(client))["gateway"]);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
                File.GetUnixFileMode(Path.Combine(_home, "control.sock")));
        }
    }

    [Fact]
    public async Task The_control_socket_has_room_for_eight_and_for_requests_of_16_KiB()
    {
        await using var control = ControlSocket.Listen(Runtime, _home, TimeProvider.System, _notices.Enqueue);
        var clients = Enumerable.Range(0, ControlSocket.MostClients).Select(_ => Connect()).ToList();
        foreach (var one in clients)
        {
            await AskAsync(one, """{"do":"status"}"""); // it has its place
        }

        using (var ninth = Connect())
        {
            Assert.Contains("8 clients", (string?)(await ReadAsync(ninth))["error"], StringComparison.Ordinal);
        }

        clients[0].Send(new byte[ControlSession.LongestRequest]);
        Assert.Contains("at most 16384 bytes", (string?)(await ReadAsync(clients[0]))["error"], StringComparison.Ordinal);
        Assert.Equal(0, clients[0].Receive(new byte[1]));
        clients.ForEach(c => c.Dispose());
        await Wait.UntilAsync(() => CanAsk(), "places are free again");
    }

    [Fact]
    public async Task A_watchdog_is_fed_while_devices_and_log_move()
    {
        using var notifier = new ServiceNotifier(_ => null);
        using var watch = new ServiceWatch(Runtime, notifier, TimeProvider.System, _notices.Enqueue);
        Assert.True(watch.Look());

        // A driver that blocks its thread (a wedged bus) keeps its device from its turn.
        using var block = new ManualResetEventSlim();
        _made.Single(m => m.Where == "env-1").OnMeasure = (_, _) =>
        {
            Assert.True(block.Wait(TimeSpan.FromSeconds(60)), "nobody let it go on");
            return ValueTask.CompletedTask;
        };
        Runtime.Find("env-1")!.MeasureSoon();
        try
        {
            await Wait.UntilAsync(() => !Runtime.IsMoving(TimeSpan.FromMilliseconds(300)), "it is late");
        }
        finally
        {
            block.Set();
        }

        await Wait.UntilAsync(() => Runtime.IsMoving(TimeSpan.FromSeconds(1)), "it moves again");
    }

    private bool CanAsk()
    {
        try
        {
            using var client = Connect();
            client.Send("{\"do\":\"status\"}\n"u8);
            var buffer = new byte[16];
            return Encoding.UTF8.GetString(buffer, 0, client.Receive(buffer)).StartsWith("{\"version", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false; // sent away before it had asked
        }
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(_home, "control.sock")));
        return socket;
    }

    private static async Task<JsonNode> AskAsync(Socket socket, string request)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(request + "\n"));
        return await ReadAsync(socket);
    }

    private static async Task<JsonNode> ReadAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var line = new List<byte>();
        var one = new byte[1];
        while (await socket.ReceiveAsync(one, limit.Token) == 1 && one[0] != '\n')
        {
            line.Add(one[0]);
        }

        return JsonNode.Parse(line.ToArray())!;
    }

    private DeviceConfig Station(string id, double temperature, int interval = 60) => new(id, "environment_station")
    {
        Interval = TimeSpan.FromSeconds(interval),
        Sensors = [Made(id, "temperature_celsius", () => temperature)],
    };

    private EdgeConfig Config(params DeviceConfig[] stations) => new()
    {
        Path = Path.Combine(_home, "gateway.yaml"),
        Options = new GatewayOptions
        {
            Gateway = "gw-rt",
            Directory = _home,
            Servers = [new ServerEndpoint("127.0.0.1", 1, Tls: false)],
            StopPatience = TimeSpan.Zero,
            ReserveBytes = 0,
            MinimumFreeBytes = 0,
            MemoryBytes = 64 * 1024,
        },
        Devices = [.. stations, new DeviceConfig("call-1", "manual_call_point") { Zone = "zone-a", Sensors = [Made("call-1", "pressed", () => _pressed)] }],
        Sirens = [new SirenConfig("siren-1", ScriptedParts.Part(_siren), ["zone-a"])],
        Identify = ScriptedParts.Part(_light),
    };

    private PartConfig Made(string id, string metric, Func<double> value) => new(
        new DriverEntry("scripted", "test", [metric], "scripted", (_, _) =>
        {
            var made = new Scripted { Name = id, OnMeasure = (m, _) => Scripted.Give(m, metric, value()) };
            _made.RemoveAll(m => m.Where == id);
            _made.Add(made);
            return made;
        }),
        new PartSettings(id, new Dictionary<string, string>(StringComparer.Ordinal), []),
        new Dictionary<string, string>(StringComparer.Ordinal));
}
