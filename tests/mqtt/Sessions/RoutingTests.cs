using static SmartCity.Mqtt.QualityOfService;
using static SmartCity.Mqtt.Tests.Sessions.TestSink;

namespace SmartCity.Mqtt.Tests.Sessions;

public sealed class RoutingTests
{
    [Theory]
    [InlineData(AtMostOnce, ExactlyOnce, AtMostOnce)]
    [InlineData(AtLeastOnce, AtMostOnce, AtMostOnce)]
    [InlineData(ExactlyOnce, AtLeastOnce, AtLeastOnce)]
    [InlineData(AtLeastOnce, ExactlyOnce, AtLeastOnce)]
    [InlineData(ExactlyOnce, ExactlyOnce, ExactlyOnce)]
    public async Task QosIsTheLowerOfTheTwo(QualityOfService published, QualityOfService subscribed, QualityOfService expected)
    {
        await using var bench = new Bench();
        var sink = bench.Connect("c");
        Assert.Equal((ReasonCode)subscribed, bench.Subscribe(sink, "a", subscribed));
        Assert.Equal(ReasonCode.Success, bench.Publish("a", "x", published));
        var packet = Assert.Single(sink.Drain());
        Assert.Equal(expected, packet.Publish.Qos);
        Assert.Equal(expected != AtMostOnce, packet.Publish.PacketId != 0);
    }

    [Fact]
    public async Task NobodyListening()
    {
        await using var bench = new Bench();
        Assert.False(bench.Broker.HasSubscribers);
        var durable = false;
        Assert.Equal(ReasonCode.NoMatchingSubscribers, bench.Broker.Publish(Bench.Message("a", "x"), "c", () => durable = true));
        Assert.True(durable);
        var sink = bench.Connect("c");
        bench.Subscribe(sink, "a");
        Assert.True(bench.Broker.HasSubscribers);
        Assert.Equal(ReasonCode.Success, bench.Broker.Unsubscribe(sink.Session, "a", null));
        Assert.Equal(ReasonCode.NoSubscriptionExisted, bench.Broker.Unsubscribe(sink.Session, "a", null));
        Assert.False(bench.Broker.HasSubscribers);
    }

    [Fact]
    public async Task NoLocalAndRetainAsPublished()
    {
        await using var bench = new Bench();
        var sink = bench.Connect("me");
        bench.Broker.Subscribe(sink.Session, new SubscriptionRequest("a", AtLeastOnce) { NoLocal = true, RetainAsPublished = true }, AtLeastOnce, 7, null);
        bench.Publish("a", "mine", from: "me");
        Assert.Empty(sink.Drain());
        bench.Publish("a", "theirs", retain: true, from: "you");
        var packet = Assert.Single(sink.Drain());
        Assert.True(packet.Publish.Retain);
        Assert.Equal([7u], packet.Publish.SubscriptionIdentifiers!);
        bench.Subscribe(sink, "a");                                    // the same filter replaces the options [MQTT-3.8.4-3]; the retained one comes
        Assert.Equal("theirs", Text(Assert.Single(sink.Drain())));
        bench.Publish("a", "again", retain: true, from: "me");
        Assert.False(Assert.Single(sink.Drain()).Publish.Retain);
        Assert.Equal(1, bench.Broker.SubscriptionCount);
    }

    [Fact]
    public async Task SharedGoesRoundTheConnectedMembers()
    {
        await using var bench = new Bench();
        var sinks = Enumerable.Range(0, 3).Select(i => bench.Connect($"c{i}", expiry: 60)).ToArray();
        foreach (var sink in sinks)
        {
            bench.Subscribe(sink, "$share/g/a/+");
        }

        bench.Subscribe(sinks[0], "$share/other/a/b");
        bench.Broker.Close(sinks[1].Session, sinks[1], ReasonCode.Success);
        for (var i = 0; i < 10; i++)
        {
            bench.Publish("a/b", $"{i}");
        }

        Assert.Equal(15, sinks[0].Drain().Count);
        Assert.Equal(5, sinks[2].Drain().Count);
        Assert.Equal(0, sinks[1].Session.QueuedMessages);

        // With nobody connected the message waits for a member whose session is kept.
        bench.Broker.Close(sinks[0].Session, sinks[0], ReasonCode.Success);
        bench.Broker.Close(sinks[2].Session, sinks[2], ReasonCode.Success);
        bench.Publish("a/c", "late");
        Assert.Equal(1, sinks.Sum(sink => sink.Session.QueuedMessages) - 20);
        Assert.Equal(ReasonCode.ProtocolError, bench.Broker.Subscribe(
            bench.Connect("x").Session, new SubscriptionRequest("$share/g/a", AtLeastOnce) { NoLocal = true }, AtLeastOnce, null, null));
    }

    [Fact]
    public async Task RetainedMessages()
    {
        await using var bench = new Bench(new BrokerOptions { MaximumRetained = 3 });
        bench.Publish("r/1", "one", retain: true);
        bench.Publish("r/2", "two", AtMostOnce, retain: true, expiry: 60);
        bench.Publish("r/1", "uno", retain: true);
        bench.Publish("r/3", "three", retain: true);
        Assert.Equal(ReasonCode.QuotaExceeded, bench.Publish("r/4", "four", retain: true));
        Assert.Equal(1, bench.Broker.Statistics.RetainedRefused);
        bench.Publish("r/3", "", retain: true);
        Assert.Equal(2, bench.Broker.RetainedCount);

        bench.Time.Advance(TimeSpan.FromSeconds(10.5));
        var sink = bench.Connect("c");
        bench.Subscribe(sink, "r/#");
        var got = sink.Drain();
        Assert.Equal(["two", "uno"], got.Select(Text).Order());
        Assert.All(got, packet => Assert.True(packet.Publish.Retain));
        Assert.Equal(50u, got.Single(packet => Text(packet) == "two").Publish.MessageExpiryInterval);

        bench.Time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(1, bench.Broker.RetainedCount);
        bench.Subscribe(sink, "r/2");
        Assert.Empty(sink.Drain());
    }

    [Theory]
    [InlineData(RetainHandling.Send, 1, 1)]
    [InlineData(RetainHandling.SendIfNew, 1, 0)]
    [InlineData(RetainHandling.DoNotSend, 0, 0)]
    public async Task RetainHandlingDecides(RetainHandling handling, int first, int second)
    {
        await using var bench = new Bench();
        bench.Publish("r", "x", retain: true);
        var sink = bench.Connect("c");
        var request = new SubscriptionRequest("r", AtLeastOnce) { RetainHandling = handling };
        bench.Broker.Subscribe(sink.Session, request, AtLeastOnce, null, null);
        Assert.Equal(first, sink.Drain().Count);
        bench.Broker.Subscribe(sink.Session, request, AtLeastOnce, null, null);
        Assert.Equal(second, sink.Drain().Count);
        bench.Subscribe(sink, "$share/g/r");
        Assert.Empty(sink.Drain());
    }

    [Fact]
    public async Task SubscriptionLimits()
    {
        await using var bench = new Bench(new BrokerOptions { MaximumSubscriptionsPerSession = 2, MaximumSubscriptions = 3 });
        var one = bench.Connect("1");
        var two = bench.Connect("2");
        Assert.Equal(ReasonCode.GrantedQos2, bench.Subscribe(one, "a"));
        Assert.Equal(ReasonCode.GrantedQos2, bench.Subscribe(one, "b"));
        Assert.Equal(ReasonCode.QuotaExceeded, bench.Subscribe(one, "c"));
        Assert.Equal(ReasonCode.GrantedQos2, bench.Subscribe(one, "a"));
        Assert.Equal(ReasonCode.GrantedQos2, bench.Subscribe(two, "a"));
        Assert.Equal(ReasonCode.QuotaExceeded, bench.Subscribe(two, "b"));
        Assert.Equal(ReasonCode.TopicFilterInvalid, bench.Subscribe(two, "a/#/b"));
        Assert.Equal(3, bench.Broker.Statistics.SubscriptionsRefused);
        bench.Broker.Close(one.Session, one, ReasonCode.Success);
        Assert.Equal(1, bench.Broker.SubscriptionCount);
        Assert.Equal(ReasonCode.GrantedQos2, bench.Subscribe(two, "b"));
    }
}
