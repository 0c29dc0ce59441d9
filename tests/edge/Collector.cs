using System.Text;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Tests;

/// <summary>A subscriber that keeps every line that a broker hands on, in order.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly MqttClient _client;
    private readonly List<string> _lines = [];
    private readonly HashSet<string> _distinct = new(StringComparer.Ordinal);
    private readonly List<ApplicationMessage> _others = [];

    private Collector(int port) => _client = new MqttClient(new MqttClientOptions
    {
        Host = "127.0.0.1",
        Port = port,
        ClientId = "collector",
        SessionExpirySeconds = 3_600,

        // mosquitto 2.0.11 does not keep to a receive maximum: a subscriber that is slow for a moment had 298 messages open where it takes 64, and
        // a resumed one was sent 84 at once. A client must end such a connection (0x93), and the resumed one, and the next: no end of it.
        ReceiveMaximum = ushort.MaxValue,
        ReconnectMinimum = TimeSpan.FromMilliseconds(20),
        ReconnectMaximum = TimeSpan.FromMilliseconds(200),
    });

    /// <summary>Every line, in order of arrival, those that came twice twice.</summary>
    public List<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    public int Distinct
    {
        get
        {
            lock (_gate)
            {
                return _distinct.Count;
            }
        }
    }

    public static async Task<Collector> StartAsync(int port)
    {
        var collector = new Collector(port);
        collector._client.Received = collector.TakeAsync;
        await Wait.ForAsync(collector._client.ConnectAsync(), "the broker took the subscriber");
        await Wait.ForAsync(collector._client.SubscribeAsync("city/v1/#", QualityOfService.AtLeastOnce), "it subscribed");
        return collector;
    }

    /// <summary>The payloads on a topic.</summary>
    public List<ApplicationMessage> On(string topic)
    {
        lock (_gate)
        {
            return [.. _others.Where(m => m.Topic == topic)];
        }
    }

    public bool HasAll(IReadOnlyCollection<string> lines)
    {
        lock (_gate)
        {
            return _distinct.IsSupersetOf(lines);
        }
    }

    public Task PublishAsync(string topic, string payload) =>
        Wait.ForAsync(_client.PublishAsync(topic, Encoding.UTF8.GetBytes(payload), QualityOfService.AtLeastOnce), $"the broker took a message for {topic}");

    /// <summary>Each device's stamps, each once, in the order of their first arrival.</summary>
    public Dictionary<string, List<(long At, string Line)>> ByDevice()
    {
        var devices = new Dictionary<string, List<(long, string)>>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in Lines.Where(seen.Add))
        {
            var (device, at) = Parse(line);
            devices.TryAdd(device, []);
            devices[device].Add((at, line));
        }

        return devices;
    }

    /// <summary>Fails when a device's readings did not first arrive in the order of their measurement.</summary>
    public void AssertOrder()
    {
        foreach (var (device, readings) in ByDevice())
        {
            for (var i = 1; i < readings.Count; i++)
            {
                Assert.True(readings[i].At > readings[i - 1].At, $"{device}: {readings[i].Line} came after {readings[i - 1].Line}");
            }
        }
    }

    public async ValueTask DisposeAsync() => await _client.DisposeAsync();

    private static (string Device, long At) Parse(string line)
    {
        var reader = new LineReader(Encoding.UTF8.GetBytes(line));
        Assert.True(reader.Read());
        Assert.Equal(LineError.None, reader.Error);
        Assert.True(reader.NextTag(out _, out var device));
        return (Encoding.UTF8.GetString(device), reader.Timestamp);
    }

    private ValueTask TakeAsync(ApplicationMessage message)
    {
        lock (_gate)
        {
            if (message.Topic.EndsWith("/telemetry", StringComparison.Ordinal) || message.Topic.EndsWith("/alarm", StringComparison.Ordinal))
            {
                foreach (var line in Encoding.UTF8.GetString(message.Payload.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    _lines.Add(line);
                    _distinct.Add(line);
                }
            }
            else
            {
                _others.Add(message);
            }
        }

        return ValueTask.CompletedTask;
    }
}
