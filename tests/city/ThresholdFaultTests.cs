namespace SmartCity.City.Tests;

/// <summary>A device's own thresholds: known names, figures that the metric can have, and figures that fit together.</summary>
public sealed class ThresholdFaultTests
{
    [Theory]
    [InlineData("water_level", "I=4;II=5.5;III=6.5", null)]
    [InlineData("water_level", "II=4.5", null)]
    [InlineData("water_level", "flood.II=4.5;hysteresis=0.1", null)]
    [InlineData("water_level", "IV=7", "a water_level has no threshold \"IV\"; there are hysteresis, I, II, III, hold, raise, clear, intervals")]
    [InlineData("water_level", "II=45", "II is from -5 to 30 m")]
    [InlineData("water_level", "I=-6", "I is from -5 to 30 m")]
    [InlineData("water_level", "I=5;II=5", "II lies above the stage before it")]
    [InlineData("water_level", "I=5;III=4", "III lies above the stage before it")]
    [InlineData("water_level", "hysteresis=-1", "hysteresis is from 0 to 35 m")]
    [InlineData("streetlight", "rated_w=150", null)]
    [InlineData("streetlight", "rated_w=5000", "rated_w is from 0 to 2000 W")]
    [InlineData("streetlight", "too-hot.raise=70", "too-hot: clear lies at or below raise")]
    [InlineData("fire_detector", "heat.raise=60", null)]
    [InlineData("fire_detector", "heat.raise=60;heat.clear=61", "heat: clear lies at or below raise")]
    [InlineData("fire_detector", "battery.raise=12", "battery: clear lies at or above raise")]
    [InlineData("fire_detector", "hold=-1", "hold is from 0 to 2592000 s")]
    [InlineData("ufo", "x=1", null)]
    public void A_figure_that_cannot_be_is_told_with_what_can(string kind, string thresholds, string? says)
    {
        var own = thresholds.Split(';').Select(t => t.Split('=')).ToDictionary(t => t[0], t => double.Parse(t[1], System.Globalization.CultureInfo.InvariantCulture));
        var faults = KindCatalog.BuiltIn.ThresholdFaults(kind, own).ToList();
        if (says is null)
        {
            Assert.Empty(faults);
        }
        else
        {
            Assert.StartsWith(says, Assert.Single(faults), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_figure_of_the_built_in_kinds_is_out_of_its_own_range() => Assert.All(
        KindCatalog.BuiltIn.All.SelectMany(k => k.Rules).SelectMany(r => r.Parameters),
        p => Assert.True(double.IsNaN(p.Value) || (p.Value >= p.Minimum && p.Value <= p.Maximum), p.ToString()));
}
