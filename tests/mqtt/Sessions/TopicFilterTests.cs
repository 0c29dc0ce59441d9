namespace SmartCity.Mqtt.Tests.Sessions;

public sealed class TopicFilterTests
{
    [Theory]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/ranking", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [InlineData("sport/#", "sport", true)]
    [InlineData("sport/#", "sports", false)]
    [InlineData("#", "a", true)]
    [InlineData("#", "/a", true)]
    [InlineData("#", "$SYS/uptime", false)]
    [InlineData("+/uptime", "$SYS/uptime", false)]
    [InlineData("$SYS/#", "$SYS/uptime", true)]
    [InlineData("$SYS/#", "$SYS", true)]
    [InlineData("$SYS/+", "$SYS/uptime", true)]
    [InlineData("a/#", "a/$b", true)]
    [InlineData("a/+", "a/$b", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [InlineData("sport/+", "sport", false)]
    [InlineData("sport/+", "sport/", true)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("+/tennis/#", "sport/tennis", true)]
    [InlineData("a/+/c", "a/b/c", true)]
    [InlineData("a/+/c", "a//c", true)]
    [InlineData("a/+/c", "a/b/d", false)]
    [InlineData("a/b", "a/b/c", false)]
    [InlineData("a/b/c", "a/b", false)]
    [InlineData("a", "A", false)]
    [InlineData("/", "/", true)]
    [InlineData("/", "//", false)]
    [InlineData("thành phố/+", "thành phố/đèn", true)]
    public void Matches(string filter, string topic, bool expected)
    {
        Assert.True(TopicFilter.IsValidFilter(filter));
        Assert.True(TopicFilter.IsValidTopic(topic));
        Assert.Equal(expected, TopicFilter.Matches(filter, topic));
    }

    [Theory]
    [InlineData("")]
    [InlineData("#/a")]
    [InlineData("a/#/b")]
    [InlineData("a#")]
    [InlineData("sport/tennis#")]
    [InlineData("sport+")]
    [InlineData("sport/+a")]
    [InlineData("++")]
    [InlineData("a\0b")]
    [InlineData("$share//a")]
    [InlineData("$share/g/")]
    [InlineData("$share/g+/a")]
    [InlineData("$share/#/a")]
    [InlineData("$share/g")]
    [InlineData("$share/g/a#")]
    public void RefusesFilters(string filter) => Assert.False(TopicFilter.IsValidFilter(filter));

    [Theory]
    [InlineData("")]
    [InlineData("a/+")]
    [InlineData("a/#")]
    [InlineData("a+b")]
    [InlineData("a\0")]
    public void RefusesTopics(string topic) => Assert.False(TopicFilter.IsValidTopic(topic));

    [Fact]
    public void RefusesTooDeepAndTooLong()
    {
        var deepest = string.Join('/', Enumerable.Repeat("a", TopicFilter.MaximumLevels));
        Assert.True(TopicFilter.IsValidFilter(deepest));
        Assert.True(TopicFilter.IsValidTopic(deepest));
        Assert.False(TopicFilter.IsValidFilter(deepest + "/a"));
        Assert.False(TopicFilter.IsValidTopic(deepest + "/a"));
        Assert.False(TopicFilter.IsValidFilter(new string('a', TopicFilter.MaximumFilterLength + 1)));
    }

    [Fact]
    public void SplitsShared()
    {
        Assert.Equal(("g", "a/+/#"), TopicFilter.Split("$share/g/a/+/#"));
        Assert.Equal(("g", "/"), TopicFilter.Split("$share/g//"));
        Assert.Equal((null, "a"), TopicFilter.Split("a"));
    }
}
