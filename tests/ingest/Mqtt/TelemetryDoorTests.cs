using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Ingest.Mqtt;
using SmartCity.Mqtt;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Mqtt;

/// <summary>Telemetry gateways of a server that is cut off from the book.</summary>
public sealed class TelemetryDoorTests
{
    private readonly FakeTime _time = new();
    private readonly List<string> _closed = [];
    private readonly List<string> _here = [.. Enumerable.Range(0, TelemetryDoor.AtOnce * 2 + 20).SelectMany(n => new[] { $"gw-{n}", $"gw-{n}.alarm" })];
    private readonly TelemetryDoor _door;
    private bool _away;
    private bool _another = true;

    public TelemetryDoorTests() => _door = new TelemetryDoor(
        () => _away,
        () => _another,
        () => _here,
        (client, reason) =>
        {
            Assert.Equal(ReasonCode.UseAnotherServer, reason);
            _closed.Add(client);
        },
        _time,
        NullLogger<TelemetryDoor>.Instance);

    [Fact]
    public void They_are_sent_to_another_server_some_at_a_time_and_each_once()
    {
        Assert.Equal(0, Look(20));
        _away = true;
        Assert.Equal(0, Look(0) + Look(9));
        Assert.Equal([TelemetryDoor.AtOnce, TelemetryDoor.AtOnce, 20, 0], [Look(1), Look(0.5), Look(0.5), Look(30)]);
        Assert.DoesNotContain(_closed, client => client.EndsWith(".alarm", StringComparison.Ordinal));
        Assert.Equal(_closed.Count, _closed.Distinct().Count());

        // Back, and away again: not for the few seconds of a restart.
        _away = false;
        Assert.Equal(0, Look(1));
        _away = true;
        Assert.Equal([0, 0, TelemetryDoor.AtOnce], [Look(1), Look(9), Look(1)]);
    }

    [Fact]
    public void Nobody_is_sent_away_while_no_other_server_is_known_to_have_its_book()
    {
        (_away, _another) = (true, false);
        Assert.Equal(0, Look(1) + Look(600));
        _another = true;
        Assert.Equal(TelemetryDoor.AtOnce, Look(0.5));
        _another = false;
        Assert.Equal(0, Look(0.5));
    }

    private int Look(double seconds)
    {
        var before = _closed.Count;
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _door.Look();
        return _closed.Count - before;
    }
}
