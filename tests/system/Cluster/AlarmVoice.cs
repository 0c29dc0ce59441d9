using SmartCity.Mqtt;

namespace SmartCity.SystemTests.Cluster;

/// <summary>
/// A gateway's alarm connection with two servers: what is not acknowledged within three seconds goes to the other one, as the gateway's own uplink does it;
/// and now and then it turns to the other one without any reason, in the middle of its stories.
/// </summary>
internal sealed class AlarmVoice(ClusterTown town, string gateway, int server, int seed) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Random _random = new(seed);
    private readonly List<Task> _closing = [];
    private MqttClient? _client;
    private int _server = server;
    private long _published;
    private long _again;
    private long _moves;

    public string Gateway => gateway;

    /// <summary>Acknowledged publishes.</summary>
    public long Published => Volatile.Read(ref _published);

    /// <summary>Times that something was said again to the other server.</summary>
    public long Again => Volatile.Read(ref _again);

    /// <summary>Turns to the other server without a reason.</summary>
    public long Moves => Volatile.Read(ref _moves);

    /// <summary>Answers that were refusals, by reason.</summary>
    public List<ReasonCode> Refusals { get; } = [];

    /// <summary>Says it until some server has acknowledged it.</summary>
    public async Task SayAsync(ReadOnlyMemory<byte> line, CancellationToken stop)
    {
        if (_random.Next(12) == 0)
        {
            Interlocked.Increment(ref _moves);
            Turn();
        }

        while (true)
        {
            stop.ThrowIfCancellationRequested();
            var client = _client ??= Open();
            try
            {
                var reason = await client.PublishAsync($"city/v1/{gateway}/alarm", line, QualityOfService.AtLeastOnce, cancel: stop).WaitAsync(Patience, stop);
                if ((byte)reason < 0x80)
                {
                    Interlocked.Increment(ref _published);
                    return;
                }

                lock (Refusals)
                {
                    Refusals.Add(reason);
                }
            }
            catch (TimeoutException)
            {
                // its server is dead, stands still, is cut off, or has no book
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                // the client's own end
            }

            Interlocked.Increment(ref _again);
            Turn();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Turn();
        await Task.WhenAll(_closing);
    }

    private MqttClient Open()
    {
        var client = new MqttClient(town.Client(_server, gateway, alarm: true, window: 4));
        client.Start();
        return client;
    }

    // A server that does not answer does not take our leave either: nobody waits for that.
    private void Turn()
    {
        if (_client is { } client)
        {
            _closing.RemoveAll(t => t.IsCompleted);
            _closing.Add(client.DisposeAsync().AsTask());
            _client = null;
        }

        _server = 1 - _server;
    }
}
