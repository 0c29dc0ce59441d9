using SmartCity.Simulators.Commands;

namespace SmartCity.Simulators.Tests;

public sealed class DurationTests
{
    [Theory]
    [InlineData("20s", 20_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("500ms", 500)]
    [InlineData("2h", 7_200_000)]
    [InlineData("7", 7_000)]
    public void A_duration_is_read_as_people_write_it(string text, double milliseconds)
    {
        Assert.True(Durations.TryParse(text, out var value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-3s")]
    [InlineData("soon")]
    public void Anything_else_is_refused(string text) => Assert.False(Durations.TryParse(text, out _));
}
