using SmartCity.Ingest.Identity;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Identity;

public sealed class AttemptLimiterTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public void Enough_is_enough_until_the_window_ends()
    {
        var limiter = new AttemptLimiter(_time, 3, TimeSpan.FromMinutes(1));
        Assert.Null(limiter.Take("a"));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Null(limiter.Take("a"));
        Assert.Null(limiter.Take("a"));
        Assert.Equal(TimeSpan.FromSeconds(40), limiter.Take("a"));
        Assert.Null(limiter.Take("b"));
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Null(limiter.Take("a"));
    }

    [Fact]
    public void Servers_share_what_is_allowed()
    {
        var servers = 2;
        var limiters = new[] { new AttemptLimiter(_time, 10, TimeSpan.FromMinutes(1), servers: () => servers), new AttemptLimiter(_time, 10, TimeSpan.FromMinutes(1), servers: () => servers) };
        Assert.Equal(10, Enumerable.Range(0, 40).Count(n => limiters[n % 2].Take("a") is null));
        servers = 1;
        Assert.Null(limiters[0].Take("a"));
    }

    [Fact]
    public void A_good_attempt_costs_nothing()
    {
        var limiter = new AttemptLimiter(_time, 3, TimeSpan.FromMinutes(1));
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(limiter.Take("a"));
            limiter.Forgive("a");
        }

        Assert.Equal(0, limiter.Count);
    }

    [Fact]
    public void A_flood_of_names_does_not_grow_it()
    {
        var limiter = new AttemptLimiter(_time, 3, TimeSpan.FromMinutes(1), capacity: 100);
        for (var i = 0; i < 100_000; i++)
        {
            limiter.Take("name-" + i);
        }

        Assert.Equal(100, limiter.Count);
    }
}
