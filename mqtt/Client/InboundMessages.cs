using System.Threading.Channels;

namespace SmartCity.Mqtt;

/// <summary>A received message on its way to the handler.</summary>
internal readonly record struct InboundMessage(ApplicationMessage Message, ushort PacketId, ClientConnection Connection, int Epoch);

/// <summary>
/// Received messages between the reading loop and the handler, so that a handler may publish and await it; and the identifiers of
/// QoS 2 messages not released yet. The identifiers are guarded by the client's lock.
/// </summary>
internal sealed class InboundMessages
{
    private readonly MqttClient _client;
    private readonly Channel<InboundMessage> _waiting;
    private readonly Dictionary<ushort, bool> _exactlyOnce = [];
    private readonly Task _consumer;
    private long _dropped;

    public InboundMessages(MqttClient client, int maximumWaiting)
    {
        _client = client;
        _waiting = Channel.CreateBounded<InboundMessage>(new BoundedChannelOptions(maximumWaiting) { SingleReader = true, SingleWriter = true });
        _consumer = Task.Run(ConsumeAsync);
    }

    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Counts the server's sessions: an identifier of an earlier one means nothing.</summary>
    public int Epoch { get; private set; }

    public void Restart(bool sessionPresent)
    {
        if (!sessionPresent)
        {
            Epoch++;
            _exactlyOnce.Clear();
        }
    }

    /// <summary>A QoS 2 PUBLISH came: null when it is new (and now known), else whether it has been handled.</summary>
    public bool? Begin(ushort packetId)
    {
        if (_exactlyOnce.TryGetValue(packetId, out var handled))
        {
            return handled;
        }

        _exactlyOnce.Add(packetId, false);
        return null;
    }

    public void Handled(ushort packetId) => _exactlyOnce[packetId] = true;

    /// <summary>PUBREL came.</summary>
    public bool Release(ushort packetId) => _exactlyOnce.Remove(packetId);

    public async ValueTask AddAsync(InboundMessage message, CancellationToken cancel)
    {
        if (_waiting.Writer.TryWrite(message))
        {
            return;
        }

        if (message.PacketId == 0)
        {
            Interlocked.Increment(ref _dropped);
            return;
        }

        await _waiting.Writer.WriteAsync(message, cancel);
    }

    public async Task StopAsync()
    {
        _waiting.Writer.TryComplete();
        await _consumer;
    }

    private async Task ConsumeAsync()
    {
        await foreach (var message in _waiting.Reader.ReadAllAsync())
        {
            await _client.ConsumeAsync(message);
        }
    }
}
