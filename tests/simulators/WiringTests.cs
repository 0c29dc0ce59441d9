using SmartCity.Simulators.Wiring;

namespace SmartCity.Simulators.Tests;

/// <summary>Simulated hardware that is more than a chip: lamps, loops, buckets.</summary>
public sealed class WiringTests
{
    [Fact]
    public void A_bucket_tips_once_a_second_at_most_and_loses_nothing_of_a_usual_rain()
    {
        var line = new SmartCity.Simulators.Chips.SimLine();
        var tips = 0;
        line.Changed += on => tips += on ? 1 : 0;
        var bucket = new SimBucket(line);
        for (var second = 0; second < 3_600; second++)
        {
            bucket.Rain(50.0 / 3_600); // 50 mm/h
        }

        Assert.InRange(tips, 249, 250);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_four_states_of_a_loop_are_far_apart(int state)
    {
        foreach (var other in Enumerable.Range(0, 4).Where(s => s != state))
        {
            Assert.True(Math.Abs(FireLoopWire.Volts(state) - FireLoopWire.Volts(other)) > 0.3, $"{state} and {other}");
        }
    }
}
