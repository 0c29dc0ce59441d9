using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace SmartCity.Mqtt.Tests.Sessions;

public sealed class SubscriptionIndexTests
{
    private static readonly string[] _levels = ["a", "b", "", "$x", "đèn"];

    // Few names and short paths, so that random filters and topics do meet.
    private static readonly Gen<string> _topics =
        Gen.Elements(_levels).NonEmptyListOf().Select(levels => string.Join('/', levels.Take(5))).Where(TopicFilter.IsValidTopic);

    private static readonly Gen<string> _filters =
        Gen.Elements([.. _levels, "+"]).NonEmptyListOf()
            .Zip(Gen.Elements(false, true), (levels, hash) => string.Join('/', hash ? levels.Take(4).Append("#") : levels.Take(5)))
            .Where(TopicFilter.IsValidFilter);

    [Fact]
    public void TrieMatchesAsTheRuleDoes() => Prop.ForAll(
        _filters.ListOf().ToArbitrary(), _topics.NonEmptyListOf().ToArbitrary(), (filters, topics) =>
        {
            var index = new SubscriptionIndex();
            var sessions = filters.Select((filter, i) => (filter, session: NewSession($"c{i}"))).ToArray();
            foreach (var (filter, session) in sessions)
            {
                Assert.True(index.Add(session, new Subscription(filter, QualityOfService.AtMostOnce)));
            }

            // Every third is taken away again, so that removal is in the property too.
            foreach (var (filter, session) in sessions.Where((_, i) => i % 3 == 0))
            {
                Assert.True(index.Remove(session, filter));
                Assert.False(index.Remove(session, filter));
            }

            var left = sessions.Where((_, i) => i % 3 != 0).ToArray();
            Assert.Equal(left.Length, index.Count);
            foreach (var topic in topics)
            {
                var set = new DeliverySet();
                set.Reset(null);
                index.Match(topic, set);
                var found = set.Deliveries.ToArray().Select(delivery => delivery.Session.ClientId).Order(StringComparer.Ordinal);
                var expected = left.Where(one => TopicFilter.Matches(one.filter, topic)).Select(one => one.session.ClientId).Order(StringComparer.Ordinal).ToArray();
                Assert.Equal(expected, found);
                Assert.Equal(expected.Length > 0, index.Matches(topic));
            }

            foreach (var (filter, session) in left)
            {
                Assert.True(index.Remove(session, filter));
            }

            return index.Count == 0;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void OneSessionsOverlappingSubscriptionsAreOneDelivery()
    {
        var index = new SubscriptionIndex();
        var session = NewSession("c");
        index.Add(session, new Subscription("a/#", QualityOfService.AtMostOnce) { Identifier = 1 });
        index.Add(session, new Subscription("a/+", QualityOfService.ExactlyOnce) { Identifier = 2, RetainAsPublished = true });
        index.Add(session, new Subscription("a/b", QualityOfService.AtLeastOnce));
        var set = new DeliverySet();
        set.Reset(null);
        index.Match("a/b", set);
        var delivery = Assert.Single(set.Deliveries.ToArray());
        Assert.Equal(QualityOfService.ExactlyOnce, delivery.Qos);
        Assert.Equal([1u, 2u], delivery.Identifiers!.Order());
        Assert.True(delivery.RetainAsPublished);
    }

    [Fact]
    public async Task AskingWhetherAnyoneListensAllocatesNothing()
    {
        await using var bench = new Bench();
        var topic = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes("city/v1/gw/telemetry"));
        Assert.False(bench.Broker.IsSubscribed(topic));
        var sink = bench.Connect("c");
        bench.Subscribe(sink, "city/+/gw/state");
        Assert.False(bench.Broker.IsSubscribed(topic));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            bench.Broker.IsSubscribed(topic);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        bench.Subscribe(sink, "city/#");
        Assert.True(bench.Broker.IsSubscribed(topic));
    }

    private static Session NewSession(string id) => new(new BrokerContext(new BrokerOptions(), TimeProvider.System, store: null), id, 0);
}
