using SmartCity.Edge.Uplink;

namespace SmartCity.Edge.Tests;

public sealed class PaceTests
{
    private readonly Pace _pace = new(16, TimeSpan.FromMilliseconds(50));
    private TimeSpan _now;

    [Theory]
    [InlineData(1)]
    [InlineData(600)]
    public void A_link_that_queues_nothing_is_used_fully_however_long_it_is(int wayMs)
    {
        for (var i = 0; i < 20; i++)
        {
            Land(wayMs + (i % 40));
        }

        Assert.Equal(16, _pace.Limit);
    }

    [Fact]
    public void A_queue_halves_the_window_once_a_round_trip_and_never_to_nothing()
    {
        for (var i = 0; i < 20; i++)
        {
            Land(20);
        }

        // Sixteen acknowledgements of one round trip tell of one queue.
        for (var i = 0; i < 16; i++)
        {
            _pace.Landed(TimeSpan.FromMilliseconds(200), _now);
        }

        Assert.Equal(8, _pace.Limit);
        for (var i = 0; i < 10; i++)
        {
            Land(2_000);
        }

        Assert.Equal(1, _pace.Limit);
        Land(20);
        Assert.Equal(2, _pace.Limit);
    }

    [Fact]
    public void Another_way_is_learnt_after_a_while()
    {
        Land(20);
        for (var i = 0; i < 400; i++)
        {
            Land(500);
        }

        Assert.Equal(16, _pace.Limit);
    }

    private void Land(int ms)
    {
        var age = TimeSpan.FromMilliseconds(ms);
        _now += age;
        _pace.Landed(age, _now);
    }
}
