using SmartCity.Simulators.Scenarios;

namespace SmartCity.Simulators.Tests;

/// <summary>The four facts of reference flood-stages must hold.</summary>
public sealed class FloodTests
{
    private static DateTimeOffset At(int day, int hour, int minute = 0) => new(2025, 8, day, hour, minute, 0, TimeSpan.FromHours(7));

    [Fact]
    public void The_known_levels_are_met_to_the_centimetre()
    {
        Assert.Equal(1.36, GiangFlood.Level(At(24, 13)), 2);
        Assert.Equal(3.46, GiangFlood.Level(At(26, 1)), 2);
        Assert.Equal(6.62, GiangFlood.Level(At(27, 7)), 2);
    }

    [Fact]
    public void Alarm_I_is_passed_between_three_and_five()
    {
        Assert.True(GiangFlood.Level(At(26, 3)) < 4.00);
        Assert.True(GiangFlood.Level(At(26, 5)) > 4.00);
    }

    [Fact]
    public void The_river_falls_below_alarm_III_six_to_twelve_hours_after_the_crest()
    {
        Assert.True(GiangFlood.Level(At(27, 13)) > 6.50);
        Assert.True(GiangFlood.Level(At(27, 19)) < 6.50);
    }

    [Fact]
    public void It_rises_to_the_crest_and_falls_after_it_without_a_wobble_or_a_jump()
    {
        var last = GiangFlood.Level(GiangFlood.Start);
        for (var at = GiangFlood.Start; at <= GiangFlood.End; at += TimeSpan.FromMinutes(10))
        {
            var level = GiangFlood.Level(at);
            Assert.True(at <= GiangFlood.Crest ? level >= last - 1e-12 : level <= last + 1e-12, $"{at:O}");
            Assert.True(Math.Abs(level - last) < 0.08, $"{at:O}: {level - last:0.000} m in ten minutes");
            Assert.True(level <= 6.62 + 1e-12);
            last = level;
        }
    }
}
