namespace SmartCity.Mqtt.Tests.Sessions;

/// <summary>A connection that writes down what a session would send on it.</summary>
internal sealed class TestSink : ISessionSink
{
    private readonly SemaphoreSlim _woken = new(0);

    public Session Session { get; set; } = null!;

    public ReasonCode? Closed { get; private set; }

    public int Wakes { get; private set; }

    public void Wake()
    {
        Wakes++;
        _woken.Release();
    }

    public void Disconnect(ReasonCode reason) => Closed = reason;

    /// <summary>Everything there is to send now.</summary>
    public List<OutboundPacket> Drain()
    {
        List<OutboundPacket> packets = [];
        while (Session.TryNext(this, out var packet))
        {
            packets.Add(packet);
        }

        return packets;
    }

    /// <summary>The next packet, waiting for it.</summary>
    public async Task<OutboundPacket> NextAsync()
    {
        while (true)
        {
            if (Session.TryNext(this, out var packet))
            {
                return packet;
            }

            Assert.True(await _woken.WaitAsync(TimeSpan.FromSeconds(10)), "nothing came");
        }
    }

    public static string Text(OutboundPacket packet) => System.Text.Encoding.UTF8.GetString(packet.Publish.Message.Payload.Span);
}

/// <summary>A broker with a manual clock.</summary>
internal sealed class Bench : IAsyncDisposable
{
    public Bench(BrokerOptions? options = null, SessionStore? store = null, TestSupport.FakeTime? time = null)
    {
        Time = time ?? new TestSupport.FakeTime();
        Broker = new Broker(options ?? new BrokerOptions(), Time, store);
    }

    public TestSupport.FakeTime Time { get; }

    public Broker Broker { get; }

    public static ApplicationMessage Message(string topic, string text, QualityOfService qos = QualityOfService.AtLeastOnce, bool retain = false, uint? expiry = null) =>
        new(topic, System.Text.Encoding.UTF8.GetBytes(text), qos, retain)
        {
            Properties = expiry is null ? null : new PublishProperties { MessageExpiryInterval = expiry },
        };

    public (TestSink Sink, SessionOpening Opening) Open(
        string clientId, bool clean = true, uint expiry = 0, WillMessage? will = null, ProtocolVersion version = ProtocolVersion.V500,
        ushort receiveMaximum = ushort.MaxValue, uint maximumPacketSize = uint.MaxValue)
    {
        var sink = new TestSink();
        var opening = Broker.Open(new SessionRequest(clientId, version, clean, expiry, sink)
        {
            Will = will,
            ReceiveMaximum = receiveMaximum,
            MaximumPacketSize = maximumPacketSize,
        });
        sink.Session = opening.Session!;
        return (sink, opening);
    }

    public TestSink Connect(string clientId, bool clean = true, uint expiry = 0, WillMessage? will = null) => Open(clientId, clean, expiry, will).Sink;

    public ReasonCode Subscribe(TestSink sink, string filter, QualityOfService qos = QualityOfService.ExactlyOnce, uint? identifier = null) =>
        Broker.Subscribe(sink.Session, new SubscriptionRequest(filter, qos), qos, identifier, whenDurable: null);

    public ReasonCode Publish(string topic, string text, QualityOfService qos = QualityOfService.AtLeastOnce, bool retain = false, string? from = null, uint? expiry = null) =>
        Broker.Publish(Message(topic, text, qos, retain, expiry), from, whenDurable: null);

    public ValueTask DisposeAsync() => Broker.DisposeAsync();
}
