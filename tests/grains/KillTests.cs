using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using SmartCity.City;
using SmartCity.Telemetry;
using static SmartCity.Grains.Tests.TestCity;

namespace SmartCity.Grains.Tests;

/// <summary>
/// The same stream of frames, ticks and officers, once in peace, and once with crashes at random moments and a book that fails
/// before and after it has committed: the two books must tell the same story.
/// </summary>
public sealed class KillTests
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Theory]
    [InlineData(Lane.Alarm)]
    [InlineData(Lane.Telemetry)]
    public void A_killed_host_tells_the_same_story(Lane lane) => Check.One(Config.QuickThrowOnFailure.WithMaxTest(Stories.Killed), Prop.ForAll(Seeds, seed =>
    {
        var officer = new Dictionary<int, string>();
        var (peace, expected) = RunAsync(lane, seed, officer, crashes: false).GetAwaiter().GetResult();
        var (war, actual) = RunAsync(lane, seed, officer, crashes: true).GetAwaiter().GetResult();
        Assert.Equal(["lost:", "invented:"], (string[])["lost:" + string.Join(' ', expected.Except(actual)), "invented:" + string.Join(' ', actual.Except(expected))]);
        Assert.Equal(expected, actual);
        foreach (var device in Devices(lane))
        {
            // values too, not only alerts
            Assert.Equal(peace.Host.Look(device)?.Values, war.Host.Look(device)?.Values);
        }
    }));

    [Fact]
    public async Task The_stories_are_about_something()
    {
        var kinds = new HashSet<string>(StringComparer.Ordinal);
        foreach (var lane in new[] { Lane.Alarm, Lane.Telemetry })
        {
            for (var seed = 0; seed < Stories.Looked; seed++)
            {
                var (city, _) = await RunAsync(lane, seed, [], crashes: false);
                kinds.UnionWith(city.Book.Changes.Select(c => $"{c.Kind} {c.What}"));
            }
        }

        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal)
            {
                "fire Raised", "fire Cleared", "fire-prealarm Raised", "fire-fault Raised", "flood Raised", "flood Updated", "flood Cleared",
                "lamp Raised", "lamp Cleared", "manhole Raised",
            },
            kinds);
    }

    private static IEnumerable<string> Devices(Lane lane) =>
        lane == Lane.Alarm ? ["d1", "d2", "d3", "c1", "g1", "stranger"] : ["l1", "l2", "m1", "e1"];

    private static async Task<(TestCity City, string[] Story)> RunAsync(Lane lane, int seed, Dictionary<int, string> officer, bool crashes)
    {
        var stream = new Random(seed);
        var fate = new Random(seed + 1);
        var city = new TestCity(lane, new HostOptions { SnapshotInterval = TimeSpan.FromSeconds(90), SnapshotChunk = 2 });
        Register(city.Directory);
        var acknowledged = new List<(string Alert, long At)>();
        for (var step = 0; step < 150; step++)
        {
            city.Time.Advance(TimeSpan.FromSeconds(stream.Next(1, 20)));
            for (var frames = stream.Next(3); frames >= 0; frames--)
            {
                city.Append(Lines(lane, city, stream), stream.Next(10) == 0 ? FrameFlags.RangeFault : FrameFlags.None);
            }

            if (crashes && fate.Next(4) == 0)
            {
                city.Book.Failures.Enqueue(fate.Next(2) == 0 ? TestBook.Failure.Before : TestBook.Failure.After);
            }

            await LiveAsync(city, crashes && fate.Next(5) == 0, () => city.CommitOnceAsync(), acknowledged);
            if (stream.Next(3) == 0)
            {
                // the officer of the peaceful run decides, and does the same in the other one
                if (stream.Next(4) == 0 && !crashes && OpenPreAlarm(city) is { } open)
                {
                    officer[step] = open;
                }

                if (officer.TryGetValue(step, out var alert))
                {
                    acknowledged.Add((alert, city.Now));
                    city.Host.Acknowledge(alert, city.Now);
                }

                await LiveAsync(city, crashes && fate.Next(5) == 0, () => city.Host.TickAsync(true, default).AsTask(), acknowledged);
            }
        }

        // What only time can tell at the end is the last tick's to say.
        await city.TickAsync(TimeSpan.FromMinutes(2));

        // Silence needs the host to have listened long enough, which a killed one has not: it has tests of its own.
        return (city, [.. city.Book.Story.Where(s => !s.StartsWith("silence", StringComparison.Ordinal))]);
    }

    /// <summary>Reads, does it, and repeats it until the book agrees; or dies on the way and starts again.</summary>
    private static async Task LiveAsync(TestCity city, bool dies, Func<Task> act, List<(string Alert, long At)> acknowledged)
    {
        city.Read();
        try
        {
            await act();
        }
        catch (IOException)
        {
            if (!dies)
            {
                await city.CommitAsync();
            }
        }

        if (dies)
        {
            city.Book.Failures.Clear();
            await city.RestartAsync(read: false);
            foreach (var (alert, at) in acknowledged)
            {
                city.Host.Acknowledge(alert, at);
            }

            await city.Host.CommitAsync(default);
            city.Read();
            await city.CommitAsync();
            await act(); // what the dead one was about to say
        }
    }

    private static string? OpenPreAlarm(TestCity city)
    {
        var open = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var change in city.Book.Changes.Where(c => c.Kind == "fire-prealarm" && !c.Historical).OrderBy(c => c.MeasuredAt).ThenBy(c => c.What))
        {
            open[change.AlertId] = change.What != AlertChangeKind.Cleared;
        }

        return open.Where(o => o.Value).Select(o => o.Key).Order(StringComparer.Ordinal).FirstOrDefault();
    }

    private static void Register(TestDirectory directory)
    {
        directory.Add(new ZoneInfo("hall") { AcknowledgeWithin = TimeSpan.FromSeconds(45) });
        directory.Add(new DeviceInfo("d1", "fire_detector", "hall", "gw"));
        directory.Add(new DeviceInfo("d2", "fire_detector", "hall", "gw"));
        directory.Add(new DeviceInfo("d3", "fire_detector", null, "gw"));
        directory.Add(new DeviceInfo("c1", "manual_call_point", "hall", "gw"));
        directory.Add(new DeviceInfo("g1", "water_level", null, "gw", true, new Dictionary<string, double>(StringComparer.Ordinal) { ["I"] = 4, ["II"] = 5.5 }));
        directory.Add(new DeviceInfo("l1", "streetlight", null, "gw"));
        directory.Add(new DeviceInfo("l2", "streetlight", null, "gw"));
        directory.Add(new DeviceInfo("m1", "manhole", null, "gw"));
        directory.Add(new DeviceInfo("e1", "environment_station", null, "gw"));
    }

    private static string Lines(Lane lane, TestCity city, Random random)
    {
        var lines = "";
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            // mostly now, sometimes late or the same again
            var at = city.Now - (random.Next(6) == 0 ? random.Next(100) * Second : 0);
            lines += lane == Lane.Alarm ? AlarmLine(random, at) : TelemetryLine(random, at);
        }

        return lines;
    }

    private static string AlarmLine(Random random, long at) => random.Next(7) switch
    {
        0 => Line("fire_detector", "d1", Loop(random), at),
        1 => Line("fire_detector", "d2", Loop(random), at),
        2 => Line("fire_detector", "d3", string.Create(CultureInfo.InvariantCulture, $"temperature_celsius={20 + random.Next(45)}"), at),
        3 => Line("manual_call_point", "c1", random.Next(12) == 0 ? "pressed=true" : "pressed=false", at),
        4 => Line("fire_detector", "stranger", Loop(random), at),
        _ => Line("water_level", "g1", string.Create(CultureInfo.InvariantCulture, $"water_level_m={3 + (random.NextDouble() * 3):0.00}"), at),
    };

    private static string Loop(Random random) => $"loop_state={(random.Next(3) == 0 ? random.Next(1, 4) : 0)}i";

    private static string TelemetryLine(Random random, long at) => random.Next(4) switch
    {
        0 => Line("streetlight", "l1", $"dim_percent={random.Next(2) * 100},power_w={random.Next(2) * 100},voltage_v={(random.Next(4) == 0 ? 230 : 0)}", at),
        1 => Line("streetlight", "l2", $"dim_percent=100,power_w={(random.Next(8) == 0 ? 100 : 0)}", at),
        2 => Line("manhole", "m1", random.Next(3) == 0 ? "cover_open=true" : "cover_open=false", at),
        _ => Line("environment_station", "e1", $"pm2_5_ug_m3={random.Next(500)}", at),
    };
}
