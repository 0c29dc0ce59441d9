using SmartCity.Edge.Uplink;

namespace SmartCity.Edge.Tests;

/// <summary>The pace of a backlog on links that are reckoned: a way, and a bottleneck behind which publishes queue.</summary>
public sealed class PaceTests
{
    private readonly Pace _pace = new(16, 32 * 1024);
    private readonly Queue<(double Sent, double Lands)> _flights = new();
    private double _now;
    private double _free;
    private double _worst;

    [Theory]
    [InlineData("this machine", 1, 12_000, 1, 4, 32)]
    [InlineData("fibre", 20, 12_000, 6, 12, 32)]
    [InlineData("a satellite", 600, 2_000, 16, 16, 32)]
    [InlineData("a slow cell", 80, 60, 1, 4, 32)]
    [InlineData("a very slow cell", 300, 8, 1, 3, 8)]
    public void A_link_is_used_fully_and_its_queue_stays_short(string link, double wayMs, double kibPerSecond, int least, int most, int batchKib)
    {
        Run(400, wayMs, kibPerSecond);
        Assert.True(_pace.Limit >= least && _pace.Limit <= most, $"{link}: {_pace.Limit}");
        Assert.True(_pace.BatchBytes <= batchKib * 1024, $"{link}: {_pace.BatchBytes}");

        // What an alarm would find before it: the time of about two publishes, not of fifteen.
        _worst = 0;
        Run(100, wayMs, kibPerSecond);
        Assert.True(_worst <= 2.5 * (_pace.BatchBytes / 1024.0) / kibPerSecond * 1000, $"{link}: {_worst} ms");
    }

    [Fact]
    public void A_way_that_becomes_longer_is_learnt()
    {
        Run(200, 20, 12_000);
        Run(12_000, 600, 12_000);
        Assert.Equal(16, _pace.Limit);
        Assert.Equal(32 * 1024, _pace.BatchBytes);
    }

    [Fact]
    public void A_slow_hour_ends_with_whole_publishes_again()
    {
        Run(300, 300, 8);
        Assert.InRange(_pace.BatchBytes, Pace.LeastBytes, 8 * 1024);
        Run(300, 20, 12_000);
        Assert.True(_pace.BatchBytes == 32 * 1024, $"{_pace.BatchBytes} {_pace.Limit} {_now} {_free}");
    }

    /// <summary>A sender that always has as many on their way as it may.</summary>
    private void Run(int publishes, double wayMs, double kibPerSecond)
    {
        for (var i = 0; i < publishes;)
        {
            while (_flights.Count < _pace.Limit)
            {
                // Its turn at the bottleneck comes when those before it are through.
                var begins = Math.Max(_now, _free);
                _worst = Math.Max(_worst, begins - _now);
                _free = begins + (_pace.BatchBytes / 1024.0 / kibPerSecond * 1000);
                _flights.Enqueue((_now, _free + wayMs));
            }

            var (sent, lands) = _flights.Dequeue();
            _now = lands;
            _pace.Landed(TimeSpan.FromMilliseconds(lands - sent), TimeSpan.FromMilliseconds(lands));
            i++;
        }
    }
}
