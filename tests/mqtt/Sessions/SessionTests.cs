using static SmartCity.Mqtt.QualityOfService;
using static SmartCity.Mqtt.Tests.Sessions.TestSink;

namespace SmartCity.Mqtt.Tests.Sessions;

public sealed class SessionTests
{
    [Fact]
    public async Task WindowHoldsAndIdentifiersAreUnique()
    {
        await using var bench = new Bench();
        var (sink, _) = bench.Open("c", receiveMaximum: 3);
        bench.Subscribe(sink, "a");
        for (var i = 0; i < 10; i++)
        {
            bench.Publish("a", $"{i}");
        }

        var first = sink.Drain();
        Assert.Equal(["0", "1", "2"], first.Select(Text));
        Assert.False(sink.Session.Acknowledge(sink, 999));
        Assert.True(sink.Session.Acknowledge(sink, first[1].Publish.PacketId));
        Assert.False(sink.Session.Acknowledge(sink, first[1].Publish.PacketId));
        Assert.Equal(["3"], sink.Drain().Select(Text));
        var ids = new HashSet<ushort>(first.Select(packet => packet.Publish.PacketId));
        Assert.Equal(3, ids.Count);
        Assert.Equal(9, sink.Session.QueuedMessages);
    }

    [Fact]
    public async Task ExactlyOnceOutbound()
    {
        await using var bench = new Bench();
        var (sink, _) = bench.Open("c", receiveMaximum: 1);
        bench.Subscribe(sink, "a");
        bench.Publish("a", "1", ExactlyOnce);
        bench.Publish("a", "2", ExactlyOnce);
        var id = Assert.Single(sink.Drain()).Publish.PacketId;
        Assert.False(sink.Session.Acknowledge(sink, id));              // PUBACK is no answer to QoS 2
        Assert.False(sink.Session.Complete(sink, id));                 // PUBCOMP comes after PUBREL
        Assert.True(sink.Session.Received(sink, id, ReasonCode.Success));
        Assert.Equal(id, Assert.Single(sink.Drain()).ReleaseId);
        Assert.True(sink.Session.Received(sink, id, ReasonCode.Success));   // PUBREC again: PUBREL again
        Assert.Equal(id, Assert.Single(sink.Drain()).ReleaseId);
        Assert.True(sink.Session.Complete(sink, id));
        var second = Assert.Single(sink.Drain());
        Assert.Equal("2", Text(second));
        Assert.True(sink.Session.Received(sink, second.Publish.PacketId, ReasonCode.QuotaExceeded));   // refused: over
        Assert.Equal(0, sink.Session.QueuedMessages);
        Assert.False(sink.Session.Received(sink, second.Publish.PacketId, ReasonCode.Success));
    }

    [Fact]
    public async Task ResumeSendsAgainInOrderWithDup()
    {
        await using var bench = new Bench();
        var (sink, _) = bench.Open("c", expiry: 60, receiveMaximum: 3);
        bench.Subscribe(sink, "a");
        for (var i = 0; i < 5; i++)
        {
            bench.Publish("a", $"{i}", i % 2 == 0 ? AtLeastOnce : ExactlyOnce);
        }

        var sent = sink.Drain();
        sink.Session.Received(sink, sent[1].Publish.PacketId, ReasonCode.Success);
        bench.Broker.Close(sink.Session, sink, clientReason: null);
        Assert.Empty(sink.Drain());

        var (again, opening) = bench.Open("c", clean: false, expiry: 60);
        Assert.True(opening.SessionPresent);
        Assert.Same(sink.Session, again.Session);
        var resent = again.Drain();
        Assert.Equal(["0 dup", "release", "2 dup", "3", "4"], resent.Select(packet => packet.IsRelease ? "release" : Text(packet) + (packet.Publish.Dup ? " dup" : "")));
        Assert.Equal(sent[0].Publish.PacketId, resent[0].Publish.PacketId);
        Assert.Equal(sent[1].Publish.PacketId, resent[1].ReleaseId);
    }

    [Fact]
    public async Task TakeoverAndCleanStart()
    {
        await using var bench = new Bench();
        var (old, _) = bench.Open("c", expiry: 60);
        bench.Subscribe(old, "a");
        var (taken, opening) = bench.Open("c", clean: false, expiry: 60);
        Assert.Equal(ReasonCode.SessionTakenOver, old.Closed);
        Assert.True(opening.SessionPresent);
        bench.Publish("a", "x");
        Assert.Empty(old.Drain());
        bench.Broker.Close(old.Session, old, clientReason: null);       // the old connection's end is none of the session's business
        Assert.True(taken.Session.IsConnected);
        Assert.Single(taken.Drain());

        var (fresh, clean) = bench.Open("c", clean: true, expiry: 60);
        Assert.Equal(ReasonCode.SessionTakenOver, taken.Closed);
        Assert.False(clean.SessionPresent);
        Assert.NotSame(taken.Session, fresh.Session);
        Assert.Equal(0, bench.Broker.SubscriptionCount);
        Assert.Equal(2, bench.Broker.Statistics.TakenOver);
        Assert.Equal(1, bench.Broker.SessionCount);
    }

    [Fact]
    public async Task SessionExpiry()
    {
        await using var bench = new Bench(new BrokerOptions { MaximumSessionExpiry = TimeSpan.FromHours(1) });
        var (sink, opening) = bench.Open("short", expiry: 10);
        Assert.Equal(10u, opening.ExpirySeconds);
        bench.Broker.Close(sink.Session, sink, ReasonCode.Success);
        bench.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1, bench.Broker.SessionCount);
        var (back, resumed) = bench.Open("short", clean: false, expiry: 10);
        Assert.True(resumed.SessionPresent);
        bench.Broker.Close(back.Session, back, ReasonCode.Success);
        bench.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(0, bench.Broker.SessionCount);
        Assert.Equal(1, bench.Broker.Statistics.SessionsExpired);

        var (ever, capped) = bench.Open("ever", expiry: uint.MaxValue);
        Assert.Equal(3600u, capped.ExpirySeconds);
        bench.Broker.Close(ever.Session, ever, ReasonCode.Success, expirySeconds: 0);    // DISCONNECT ends it
        Assert.Equal(0, bench.Broker.SessionCount);

        var (old, granted) = bench.Open("v3", clean: false, version: ProtocolVersion.V311);
        Assert.Equal(3600u, granted.ExpirySeconds);
        bench.Broker.Close(old.Session, old, clientReason: null);
        Assert.True(bench.Open("v3", clean: false, version: ProtocolVersion.V311).Opening.SessionPresent);

        var zero = bench.Connect("zero", will: new WillMessage("w", "x"u8.ToArray(), AtLeastOnce, false));
        bench.Broker.Close(zero.Session, zero, ReasonCode.Success, expirySeconds: 5);     // zero cannot be taken back: a protocol error
        Assert.Equal(1, bench.Broker.Statistics.WillsPublished);
    }

    [Fact]
    public async Task NeverExpiresWithoutALimit()
    {
        await using var bench = new Bench(new BrokerOptions { MaximumSessionExpiry = TimeSpan.FromSeconds(uint.MaxValue) });
        var (sink, opening) = bench.Open("c", expiry: uint.MaxValue);
        Assert.Equal(uint.MaxValue, opening.ExpirySeconds);
        bench.Broker.Close(sink.Session, sink, ReasonCode.Success);
        bench.Time.StepTo(bench.Time.GetUtcNow().AddYears(200));
        bench.Broker.Sweep();
        Assert.Equal(1, bench.Broker.SessionCount);
    }

    [Fact]
    public async Task MessageExpiry()
    {
        await using var bench = new Bench();
        var sink = bench.Connect("c", expiry: 1000);
        bench.Subscribe(sink, "a");
        bench.Broker.Close(sink.Session, sink, ReasonCode.Success);
        bench.Publish("a", "short", expiry: 10);
        bench.Publish("a", "long", expiry: 100);
        bench.Publish("a", "ever");
        bench.Time.Advance(TimeSpan.FromSeconds(30.9));
        var got = bench.Connect("c", clean: false, expiry: 1000).Drain();
        Assert.Equal(["long", "ever"], got.Select(Text));
        Assert.Equal(70u, got[0].Publish.MessageExpiryInterval);
        Assert.Null(got[1].Publish.MessageExpiryInterval);
        Assert.Equal(1, bench.Broker.Statistics.DroppedExpired);
    }

    [Fact]
    public async Task TooLargeForTheClient()
    {
        await using var bench = new Bench();
        var (sink, _) = bench.Open("c", maximumPacketSize: 30);
        bench.Subscribe(sink, "a");
        bench.Publish("a", new string('x', 30));
        bench.Publish("a", "fits");
        Assert.Equal("fits", Text(Assert.Single(sink.Drain())));
        Assert.Equal(1, bench.Broker.Statistics.DroppedTooLarge);
        Assert.Equal(1, sink.Session.QueuedMessages);
    }

    [Fact]
    public async Task SlowReaderIsClosedAndItsSessionEnds()
    {
        await using var bench = new Bench(new BrokerOptions { MaximumQueuedMessages = 5 });
        var sink = bench.Connect("c", expiry: 60);
        bench.Subscribe(sink, "a");
        for (var i = 0; i < 5; i++)
        {
            bench.Publish("a", "x", i == 0 ? AtMostOnce : AtLeastOnce);
        }

        bench.Publish("a", "dropped", AtMostOnce);
        Assert.Equal(1, bench.Broker.Statistics.DroppedQos0);
        Assert.Null(sink.Closed);
        bench.Publish("a", "too much");
        Assert.Equal(ReasonCode.QuotaExceeded, sink.Closed);
        Assert.Equal(1, bench.Broker.Statistics.SlowReadersClosed);
        Assert.False(bench.Open("c", clean: false, expiry: 60).Opening.SessionPresent);
        Assert.Equal(0, bench.Broker.QueuedBytes);
    }

    [Fact]
    public async Task AbsentReaderOverflowsByBytes()
    {
        await using var bench = new Bench(new BrokerOptions { MaximumQueuedBytes = 4096, MaximumTotalQueuedBytes = 4096 });
        var sink = bench.Connect("c", expiry: 60);
        bench.Subscribe(sink, "a");
        bench.Broker.Close(sink.Session, sink, ReasonCode.Success);
        bench.Publish("a", new string('x', 2000), expiry: 1);
        bench.Time.Advance(TimeSpan.FromSeconds(2));
        bench.Publish("a", new string('x', 3000));                     // room is made by what has expired
        Assert.Equal(1, bench.Broker.SessionCount);
        bench.Publish("a", "q0", AtMostOnce);                          // not kept for who is away
        bench.Publish("a", new string('x', 3000));
        Assert.Equal(0, bench.Broker.SessionCount);
        Assert.Equal(1, bench.Broker.Statistics.SessionsOverflowed);
        Assert.Equal(0, bench.Broker.QueuedBytes);
    }

    [Fact]
    public async Task SessionLimit()
    {
        await using var bench = new Bench(new BrokerOptions { MaximumSessions = 2 });
        bench.Connect("1");
        var two = bench.Connect("2");
        Assert.Equal(ReasonCode.QuotaExceeded, bench.Open("3").Opening.Reason);
        Assert.Equal(ReasonCode.Success, bench.Open("2").Opening.Reason);
        Assert.NotNull(two.Closed);
        Assert.True(bench.Broker.Remove("1", ReasonCode.AdministrativeAction));
        Assert.Equal(ReasonCode.Success, bench.Open("3").Opening.Reason);
    }

    [Fact]
    public async Task KeptSessionsKeepNobodyOut()
    {
        await using var bench = new Bench(new BrokerOptions { MaximumSessions = 2 });
        foreach (var (name, expiry) in new[] { ("sooner", 60u), ("later", 600u) })
        {
            var sink = bench.Connect(name, expiry: expiry);
            bench.Broker.Close(sink.Session, sink, ReasonCode.Success);
        }

        Assert.Equal(ReasonCode.QuotaExceeded, bench.Open("hoarder", expiry: 60).Opening.Reason);
        bench.Connect("gateway");
        Assert.False(bench.Broker.Remove("sooner", ReasonCode.AdministrativeAction));
        Assert.Equal(1, bench.Broker.Statistics.SessionsOverflowed);
        Assert.True(bench.Broker.Remove("later", ReasonCode.AdministrativeAction));
    }

    [Fact]
    public async Task ExactlyOnceInbound()
    {
        await using var bench = new Bench(new BrokerOptions { MaximumInbound = 2 });
        var reader = bench.Connect("reader");
        bench.Subscribe(reader, "a");
        var sink = bench.Connect("c", expiry: 60);
        var durable = 0;
        Assert.Equal(InboundState.New, sink.Session.BeginInbound(sink, 1));
        Assert.Equal(InboundState.Pending, sink.Session.BeginInbound(sink, 1));
        bench.Broker.Publish(Bench.Message("a", "x", ExactlyOnce), sink.Session, 1, () => durable++);
        Assert.Equal(1, durable);
        Assert.Equal(InboundState.Received, sink.Session.BeginInbound(sink, 1));
        Assert.Equal(InboundState.New, sink.Session.BeginInbound(sink, 2));
        Assert.Equal(InboundState.Exceeded, sink.Session.BeginInbound(sink, 3));
        sink.Session.AbandonInbound(2);
        Assert.False(sink.Session.EndInbound(sink, 2, null));

        bench.Broker.Close(sink.Session, sink, clientReason: null);
        var again = bench.Connect("c", clean: false, expiry: 60);
        Assert.Equal(InboundState.Received, again.Session.BeginInbound(again, 1));     // a resend after the break is known
        Assert.True(again.Session.EndInbound(again, 1, () => durable++));
        Assert.Equal(2, durable);
        Assert.False(again.Session.EndInbound(again, 1, null));
        Assert.Equal(InboundState.New, again.Session.BeginInbound(again, 1));
        again.Session.KeepInbound(1, () => durable++);
        Assert.Equal(3, durable);
        Assert.Single(reader.Drain());
    }

    [Fact]
    public async Task DeliverIsForOneSessionAlone()
    {
        await using var bench = new Bench();
        var sink = bench.Connect("c");
        bench.Broker.Deliver(sink.Session, Bench.Message("desired", "v1", AtLeastOnce, retain: true));
        var packet = Assert.Single(sink.Drain());
        Assert.True(packet.Publish.Retain);
        Assert.Equal(1, sink.Wakes);
    }
}
