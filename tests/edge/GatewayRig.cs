using System.Collections.Concurrent;

namespace SmartCity.Edge.Tests;

/// <summary>A gateway in a directory of its own, and the readings it was given.</summary>
internal sealed class GatewayRig : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("edge-gateway").FullName;
    private readonly ConcurrentQueue<string> _notices = new();
    private DateTimeOffset _last = DateTimeOffset.UtcNow;
    private Gateway? _gateway;

    public Gateway Gateway => _gateway ?? throw new InvalidOperationException("not started");

    public string Notices => string.Join('\n', _notices);

    /// <summary>Acknowledged lines, as the hook told them.</summary>
    public ConcurrentQueue<string> Acknowledged { get; } = new();

    public GatewayOptions Options(params ServerEndpoint[] servers) => new()
    {
        Gateway = "gw-test",
        Directory = _directory,
        Servers = servers,
        Devices = ["lamp-1", "water-1"],
        BatchAge = TimeSpan.FromMilliseconds(5),
        CursorInterval = TimeSpan.FromMilliseconds(50),
        ReconnectMinimum = TimeSpan.FromMilliseconds(10),
        ReconnectMaximum = TimeSpan.FromMilliseconds(100),
        StopPatience = TimeSpan.Zero,
        MemoryBytes = 64 * 1024,
        ReserveBytes = 0,
        MinimumFreeBytes = 0,
    };

    public void Start(GatewayOptions options, GatewayHooks? hooks = null) => _gateway = Gateway.Start(
        options,
        (hooks ?? new GatewayHooks()) with
        {
            Notice = _notices.Enqueue,
            Acknowledged = (_, lines) =>
            {
                foreach (var line in System.Text.Encoding.UTF8.GetString(lines.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    Acknowledged.Enqueue(line);
                }
            },
        },
        TimeProvider.System);

    /// <summary>One reading of a lamp (telemetry lane) or a gauge (alarm lane); the log must take it.</summary>
    public void Measure(string device, double value)
    {
        _last = _last.AddTicks(10);
        var lamp = device.StartsWith("lamp", StringComparison.Ordinal);
        var result = Gateway.Measure(
            lamp ? "streetlight" : "water_level", device, [new MetricValue(lamp ? "power_w" : "water_level_m", value)], _last);
        Assert.Equal(MeasureResult.Logged, result);
    }

    public async Task StopAsync()
    {
        await Gateway.DisposeAsync();
        _gateway = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }
}
