using SmartCity.Mqtt;

namespace SmartCity.SystemTests.Identity;

/// <summary>CONTRACTS' table of topics, cell by cell: each visitor × each topic × publish and subscribe, in both versions.</summary>
public sealed class TopicTableTests(GuardedCity city) : IClassFixture<GuardedCity>
{
    /// <summary>Topic; who may publish it; who may subscribe to it. g: gateway gw-a; a: its alarm connection; r: readers.</summary>
    private static readonly (string Topic, string Publishers, string Subscribers)[] Table =
    [
        ("city/v1/gw-a/telemetry", "g", ""),
        ("city/v1/gw-a/alarm", "a", ""),
        ("city/v1/gw-a/state", "g", "r"),
        ("city/v1/gw-a/desired", "", "g"),
        ("city/v1/gw-a/reported", "g", ""),
        ("city/v1/gw-a/command", "", "g"),
        ("city/v1/gw-a/command/result", "g", ""),
        ("city/v1/gw-b/telemetry", "", ""),
        ("city/v1/gw-b/alarm", "", ""),
        ("city/v1/gw-b/state", "", "r"),
        ("city/v1/gw-b/desired", "", ""),
        ("city/v1/gw-b/reported", "", ""),
        ("city/v1/gw-b/command", "", ""),
        ("city/v1/gw-b/command/result", "", ""),
        ("city/v1/gw-nowhere/telemetry", "", ""),
        ("city/v1/alerts/fire", "", "r"),
        ("city/v1/alerts", "", ""),
        ("city/v1/gw-a", "", ""),
        ("city/v1/gw-a/telemetry/more", "", ""),
        ("city/v1/gw-a/other", "", ""),
        ("city/v1//telemetry", "", ""),
        ("/city/v1/gw-a/telemetry", "", ""),
        ("City/v1/gw-a/telemetry", "", ""),
        ("city/v2/gw-a/telemetry", "", ""),
        ("$SYS/broker/version", "", ""),
        ("anything", "", ""),
    ];

    /// <summary>Filters with wildcards, and who may have them.</summary>
    private static readonly (string Filter, string Subscribers)[] Filters =
    [
        ("#", ""), ("+", ""), ("+/#", ""), ("$SYS/#", ""), ("/#", ""), ("city/#", ""), ("city/v1/#", ""), ("city/v1/+/#", ""), ("city/v1/+/+", ""),
        ("city/v1/gw-a/#", ""), ("city/v1/gw-a/+", ""), ("city/v1/+/desired", ""), ("city/v1/+/command", ""), ("city/v1/+/command/#", ""),
        ("city/v1/gw-a/desired/#", ""), ("city/v1/gw-a/command/#", ""), ("city/+/gw-a/desired", ""), ("city/v1/+/telemetry", ""), ("city/v1/+/reported", ""),
        ("$share/g/#", ""), ("$share/g/+/#", ""), ("$share/g/city/v1/gw-a/desired", ""), ("$share/g/city/v1/gw-a/command", ""), ("$share/g/city/v1/+/desired", ""),
        ("city/v1/alerts/#", "r"), ("city/v1/alerts/+", "r"), ("city/v1/+/state", "r"), ("$share/g/city/v1/alerts/#", "r"),
    ];

    [Theory]
    [InlineData(ProtocolVersion.V500)]
    [InlineData(ProtocolVersion.V311)]
    public async Task Everybody_publishes_what_is_theirs_and_nothing_else(ProtocolVersion version)
    {
        var cases = 0;
        List<string> wrong = [];
        foreach (var (who, letter, open) in Visitors(version))
        {
            await using var wire = await open();
            foreach (var (topic, publishers, _) in Table)
            {
                cases++;
                var allowed = publishers.Contains(letter, StringComparison.Ordinal);
                var before = await city.FigureAsync("mqtt_refused_publishes_total");
                var reason = await wire.PublishAsync(topic, Payload(topic));
                var counted = await city.FigureAsync("mqtt_refused_publishes_total") - before;

                // 3.1.1 cannot say no: acknowledged, and counted.
                var good = allowed || version == ProtocolVersion.V311
                    ? reason is ReasonCode.Success or ReasonCode.NoMatchingSubscribers
                    : reason == ReasonCode.NotAuthorized;
                if (!good || counted != (allowed ? 0 : 1))
                {
                    wrong.Add($"{who} publishes {topic}: {reason?.ToString() ?? "closed"}, counted {counted}, allowed {allowed}");
                }
            }

            Assert.True(await wire.IsAliveAsync(), $"{who} was closed");
        }

        Assert.Empty(wrong);
        TestContext.Current.TestOutputHelper?.WriteLine($"{cases} cells of publishing in {version}");
    }

    [Theory]
    [InlineData(ProtocolVersion.V500)]
    [InlineData(ProtocolVersion.V311)]
    public async Task Everybody_subscribes_to_what_is_theirs_and_nothing_else(ProtocolVersion version)
    {
        var cases = 0;
        List<string> wrong = [];
        foreach (var (who, letter, open) in Visitors(version))
        {
            await using var wire = await open();
            foreach (var (filter, subscribers) in Table.Select(t => (t.Topic, t.Subscribers)).Concat(Filters))
            {
                cases++;
                var expected = subscribers.Contains(letter, StringComparison.Ordinal) ? ReasonCode.GrantedQos1
                    : version == ProtocolVersion.V311 ? ReasonCode.UnspecifiedError   // 0x80 is all that 3.1.1 has
                    : ReasonCode.NotAuthorized;
                var reason = await wire.SubscribeAsync(filter);
                if (reason != expected)
                {
                    wrong.Add($"{who} subscribes to {filter}: {reason?.ToString() ?? "closed"}, expected {expected}");
                }
            }

            Assert.True(await wire.IsAliveAsync(), $"{who} was closed");
        }

        Assert.Empty(wrong);
        TestContext.Current.TestOutputHelper?.WriteLine($"{cases} cells of subscribing in {version}");
    }

    private IEnumerable<(string Who, string Letter, Func<Task<Wire>> Open)> Visitors(ProtocolVersion version) =>
    [
        ("gw-a", "g", () => city.GatewayAsync("gw-a", version: version)),
        ("gw-a.alarm", "a", () => city.GatewayAsync("gw-a", ".alarm", version)),
        ("a reader by key", "r", () => city.ReaderAsync("table", version: version)),
        ("a reader by password", "r", async () => await (await city.OpenAsync(null, version))
            .AcceptedAsync("table", c => GuardedCity.WithPassword(c, "listener", GuardedCity.Password))),
    ];

    // What would be taken if the topic were one's own.
    private static string Payload(string topic) => topic[(topic.LastIndexOf('/') + 1)..] switch
    {
        "telemetry" => FormattableString.Invariant($"streetlight,device=lamp-a power_w=61.5 {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}000000"),
        "alarm" => FormattableString.Invariant($"fire_detector,device=fire-a loop_state=0i {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}000000"),
        "reported" => "{\"version\":1}",
        "result" => "{\"id\":\"none\",\"status\":\"done\"}",
        _ => "{}",
    };
}
