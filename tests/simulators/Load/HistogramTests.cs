using FsCheck;
using FsCheck.Fluent;
using SmartCity.Simulators.Load;

namespace SmartCity.Simulators.Tests.Load;

public sealed class HistogramTests
{
    private static readonly double[] _percents = [0.1, 50, 90, 99, 99.9, 100];

    // From microseconds to days, each size as likely as any other.
    private static readonly Gen<List<long>> _durations =
        from list in Gen.NonEmptyListOf(from bits in Gen.Choose(0, 36) from part in Gen.Choose(0, int.MaxValue) select (1L << bits) + (part % (1L << bits)))
        select list.ToList();

    [Fact]
    public void A_percentile_of_anything_is_that_of_the_sorted_list_to_two_percent() => Prop.ForAll(_durations.ToArbitrary(), durations =>
    {
        var histogram = Of(durations);
        var sorted = durations.Order().ToList();
        foreach (var percent in _percents)
        {
            var exact = sorted[Math.Max(0, (int)Math.Ceiling(sorted.Count * percent / 100) - 1)];
            Assert.InRange(histogram.Percentile(percent), exact, exact * 1.016);
        }

        Assert.Equal((sorted.Count, sorted[^1]), ((int)histogram.Count, histogram.Maximum));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Two_added_are_one_of_both_lists() => Prop.ForAll(_durations.ToArbitrary(), _durations.ToArbitrary(), (left, right) =>
    {
        var sum = Of(left);
        sum.Add(Of(right));
        var both = Of([.. left, .. right]);
        Assert.Equal((both.Count, both.Maximum), (sum.Count, sum.Maximum));
        Assert.All(_percents, percent => Assert.Equal(both.Percentile(percent), sum.Percentile(percent)));
    }).QuickCheckThrowOnFailure();

    private static Histogram Of(List<long> durations)
    {
        var histogram = new Histogram();
        durations.ForEach(histogram.Add);
        return histogram;
    }
}
