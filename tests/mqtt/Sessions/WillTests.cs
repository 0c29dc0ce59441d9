using static SmartCity.Mqtt.QualityOfService;
using static SmartCity.Mqtt.Tests.Sessions.TestSink;

namespace SmartCity.Mqtt.Tests.Sessions;

public sealed class WillTests
{
    public static TheoryData<ReasonCode?, bool> Ends => new()
    {
        { null, true },
        { ReasonCode.Success, false },
        { ReasonCode.DisconnectWithWill, true },
        { ReasonCode.UnspecifiedError, true },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task TheReasonDecides(ReasonCode? reason, bool published)
    {
        await using var bench = new Bench();
        var reader = bench.Connect("reader");
        bench.Subscribe(reader, "will");
        var sink = bench.Connect("c", will: Will(0));
        bench.Broker.Close(sink.Session, sink, reason);
        bench.Broker.Close(sink.Session, sink, null);                  // a second word about the same connection changes nothing
        Assert.Equal(published ? 1 : 0, reader.Drain().Count);
    }

    [Fact]
    public async Task DelayRunsOut()
    {
        await using var bench = new Bench();
        var reader = bench.Connect("reader");
        bench.Subscribe(reader, "will");
        var sink = bench.Connect("c", expiry: 100, will: Will(10));
        bench.Broker.Close(sink.Session, sink, null);
        bench.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Empty(reader.Drain());
        bench.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("gone", Text(Assert.Single(reader.Drain())));
        bench.Time.Advance(TimeSpan.FromSeconds(100));
        Assert.Empty(reader.Drain());
    }

    [Fact]
    public async Task ReconnectInTimeCancels()
    {
        await using var bench = new Bench();
        var reader = bench.Connect("reader");
        bench.Subscribe(reader, "will");
        var sink = bench.Connect("c", expiry: 100, will: Will(10));
        bench.Broker.Close(sink.Session, sink, null);
        bench.Time.Advance(TimeSpan.FromSeconds(5));
        bench.Connect("c", clean: false, expiry: 100);
        bench.Time.Advance(TimeSpan.FromSeconds(100));
        Assert.Empty(reader.Drain());
    }

    [Fact]
    public async Task TheSessionsEndIsSoonerThanTheDelay()
    {
        await using var bench = new Bench();
        var reader = bench.Connect("reader");
        bench.Subscribe(reader, "will");
        var sink = bench.Connect("c", expiry: 5, will: Will(1000));
        bench.Broker.Close(sink.Session, sink, null);
        bench.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Single(reader.Drain());

        sink = bench.Connect("c", expiry: 100, will: Will(1000));      // clean start ends the session too
        bench.Broker.Close(sink.Session, sink, null);
        Assert.Empty(reader.Drain());
        bench.Connect("c", clean: true);
        Assert.Single(reader.Drain());

        sink = bench.Connect("d", expiry: 0, will: Will(1000));        // and so does an expiry of 0
        bench.Broker.Close(sink.Session, sink, null);
        Assert.Single(reader.Drain());
    }

    [Fact]
    public async Task Takeover()
    {
        await using var bench = new Bench();
        var reader = bench.Connect("reader");
        bench.Subscribe(reader, "will");
        bench.Connect("c", expiry: 100, will: Will(0));
        bench.Connect("c", clean: false, expiry: 100, will: Will(10));
        Assert.Single(reader.Drain());                                 // no delay: the closed connection's will goes out
        bench.Connect("c", clean: false, expiry: 100);
        bench.Time.Advance(TimeSpan.FromSeconds(50));
        Assert.Empty(reader.Drain());                                  // delayed: the new connection came in time
    }

    [Fact]
    public async Task RetainedWillStays()
    {
        await using var bench = new Bench();
        var sink = bench.Connect("c", will: new WillMessage("will", "off"u8.ToArray(), AtLeastOnce, Retain: true));
        bench.Broker.Close(sink.Session, sink, null);
        var reader = bench.Connect("reader");
        bench.Subscribe(reader, "will");
        Assert.Equal("off", Text(Assert.Single(reader.Drain())));
    }

    private static WillMessage Will(uint delay) => new("will", "gone"u8.ToArray(), AtLeastOnce, Retain: false) { DelayInterval = delay };
}
