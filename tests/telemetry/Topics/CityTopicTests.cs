using System.Text;

namespace SmartCity.Telemetry.Tests;

public sealed class CityTopicTests
{
    [Theory]
    [InlineData("city/v1/gw-1/telemetry", CityTopicKind.Telemetry, "gw-1", "")]
    [InlineData("city/v1/gw-1/alarm", CityTopicKind.Alarm, "gw-1", "")]
    [InlineData("city/v1/gw_1/state", CityTopicKind.State, "gw_1", "")]
    [InlineData("city/v1/0/desired", CityTopicKind.Desired, "0", "")]
    [InlineData("city/v1/gw-1/reported", CityTopicKind.Reported, "gw-1", "")]
    [InlineData("city/v1/gw-1/command", CityTopicKind.Command, "gw-1", "")]
    [InlineData("city/v1/gw-1/command/result", CityTopicKind.CommandResult, "gw-1", "")]
    [InlineData("city/v1/alerts/fire-prealarm", CityTopicKind.Alerts, "", "fire-prealarm")]
    [InlineData("city/v1/alerts/telemetry", CityTopicKind.Alerts, "", "telemetry")]
    public void Takes_the_city_topics_apart(string topic, CityTopicKind kind, string gateway, string alertKind)
    {
        Assert.True(CityTopic.TryParse(Encoding.UTF8.GetBytes(topic), out var parsed));
        Assert.Equal(kind, parsed.Kind);
        Assert.Equal(gateway, Encoding.UTF8.GetString(parsed.Gateway));
        Assert.Equal(alertKind, Encoding.UTF8.GetString(parsed.AlertKind));
        Assert.Equal(topic, kind == CityTopicKind.Alerts ? CityTopic.Alerts(alertKind) : CityTopic.Of(gateway, kind));
    }

    [Theory]
    [InlineData("")]
    [InlineData("city/v1/")]
    [InlineData("city/v1/gw-1")]
    [InlineData("city/v1/gw-1/")]
    [InlineData("city/v1/gw-1/Telemetry")]
    [InlineData("city/v1/gw-1/telemetry/")]
    [InlineData("city/v1/gw-1/telemetry/x")]
    [InlineData("city/v1/gw-1/command/results")]
    [InlineData("city/v1/GW/telemetry")]
    [InlineData("city/v1/+/telemetry")]
    [InlineData("city/v1//telemetry")]
    [InlineData("city/v2/gw-1/telemetry")]
    [InlineData("/city/v1/gw-1/telemetry")]
    [InlineData("city/v1/alerts")]
    [InlineData("city/v1/alerts/")]
    [InlineData("city/v1/alerts/#")]
    [InlineData("city/v1/alerts/a/b")]
    [InlineData("city/v1/đèn/telemetry")]
    [InlineData("city/v1/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/telemetry")]
    public void Refuses_everything_else(string topic) => Assert.False(CityTopic.TryParse(Encoding.UTF8.GetBytes(topic), out _));

    [Theory]
    [InlineData("alerts")]
    [InlineData("Gw")]
    [InlineData("")]
    [InlineData("a/b")]
    public void Builds_no_topic_of_a_bad_gateway(string gateway) =>
        Assert.Throws<ArgumentException>(() => CityTopic.Of(gateway, CityTopicKind.Telemetry));

    [Fact]
    public void Builds_no_topic_of_a_kind_that_is_no_gateways()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => CityTopic.Of("gw", CityTopicKind.Alerts));
        Assert.Throws<ArgumentException>(() => CityTopic.Alerts("Fire"));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("lamp-17_b", true)]
    [InlineData("0", true)]
    [InlineData("", false)]
    [InlineData("A", false)]
    [InlineData("a b", false)]
    [InlineData("a.b", false)]
    [InlineData("đ", false)]
    public void Identifiers(string text, bool valid)
    {
        Assert.Equal(valid, Identifier.IsValid(text));
        Assert.Equal(valid, Identifier.IsValid(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Identifiers_have_at_most_63_characters()
    {
        Assert.True(Identifier.IsValid(new string('a', 63)));
        Assert.False(Identifier.IsValid(new string('a', 64)));
        Assert.False(Identifier.IsValid(new string('đ', 63)));
    }

    [Fact]
    public void Cursors_are_stored_as_text()
    {
        var cursor = new LogCursor(Guid.NewGuid(), Lane.Alarm, 1234567890123);
        Assert.True(LogCursor.TryParse(cursor.ToString(), out var parsed));
        Assert.Equal(cursor, parsed);
        foreach (var bad in (string[])["", "/", "//", cursor + "x", "x" + cursor, $"{Guid.NewGuid()}/2/5", $"{Guid.NewGuid()}/0/-5", $"{Guid.NewGuid()}/0"])
        {
            Assert.False(LogCursor.TryParse(bad, out _), bad);
        }
    }
}
