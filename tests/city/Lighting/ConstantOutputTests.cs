namespace SmartCity.City.Tests;

/// <summary>Constant light output: curve by example, and what is refused.</summary>
public sealed class ConstantOutputTests
{
    private static readonly ConstantOutput Curve = new([new(1_000, 80), new(21_000, 84), new(50_000, 98.5)]);

    [Theory]
    [InlineData(0, 80)]
    [InlineData(double.NaN, 80)]
    [InlineData(-5, 80)]
    [InlineData(1_000, 80)]
    [InlineData(11_000, 82)]
    [InlineData(11_200, 82)] // 82.04: to a tenth
    [InlineData(11_300, 82.1)]
    [InlineData(21_000, 84)]
    [InlineData(35_500, 91.3)] // 91.25
    [InlineData(49_999, 98.5)]
    [InlineData(50_000, 98.5)]
    [InlineData(1e9, 98.5)]
    [InlineData(double.PositiveInfinity, 98.5)]
    public void In_straight_lines_between_the_points_and_held_outside(double hours, double percent) => Assert.Equal(percent, Curve.At(hours));

    [Fact]
    public void A_curve_of_one_point_is_a_constant()
    {
        var curve = new ConstantOutput([new(0, 85)]);
        Assert.Equal((85, 85), (curve.At(0), curve.At(100_000)));
    }

    [Theory]
    [InlineData("", "1 to 32 points [hours, percent], not 0")]
    [InlineData("0 9.9", "[0]: 9.9 is not 10 to 100 percent of the driver's power")]
    [InlineData("0 80 5 100.1", "[1]: 100.1 is not 10 to 100 percent of the driver's power")]
    [InlineData("0 NaN", "[0]: NaN is not 10 to 100 percent of the driver's power")]
    [InlineData("-1 80", "[0]: -1 hours is not 0 to 1000000")]
    [InlineData("0 80 1000001 90", "[1]: 1000001 hours is not 0 to 1000000")]
    [InlineData("0 80 NaN 90", "[1]: NaN hours is not 0 to 1000000")]
    [InlineData("7 80 7 90", "[1]: 7 hours does not come after the 7 ahead of it")]
    public void A_curve_that_is_none_is_refused(string numbers, string fault)
    {
        var read = numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => double.Parse(n, System.Globalization.CultureInfo.InvariantCulture)).Chunk(2)
            .Select(p => new OutputPoint(p[0], p[1])).ToList();
        Assert.Equal(fault, ConstantOutput.Fault(read));
        Assert.StartsWith(fault, Assert.Throws<ArgumentException>(() => new ConstantOutput(read)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_has_a_bound() => Assert.NotNull(ConstantOutput.Fault([.. Enumerable.Range(0, ConstantOutput.MostPoints + 1).Select(n => new OutputPoint(n, 80))]));
}
