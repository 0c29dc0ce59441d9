using System.Globalization;
using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Grains.Tests;

/// <summary>A host that asks a device only when it may fall due says what one says that asks everybody every second.</summary>
public sealed class DueTests
{
    private const long Second = TestCity.Second;
    private static readonly string[] Lamps = ["power_w=0", "power_w=100", "power_w=55", "voltage_v=3", "voltage_v=228,power_w=0", "fault_code=1i", "fault_code=0i", "temperature_celsius=95", "pole_door_open=true", "pole_door_open=false"];
    private static readonly string[] Fires = ["loop_state=0i", "loop_state=1i", "loop_state=2i", "loop_state=3i"];
    private static readonly string[] Stations = ["temperature_celsius=41,pm2_5_ug_m3=600,wind_speed_m_s=20", "wind_speed_m_s=3", "wind_speed_m_s=19,fault_code=3i", "temperature_celsius=30,pm2_5_ug_m3=12,fault_code=0i"];

    [Theory]
    [InlineData(Lane.Telemetry)]
    [InlineData(Lane.Alarm)]
    public async Task Asking_only_who_may_be_due_says_the_same(Lane lane)
    {
        var said = 0;
        for (var seed = 0; seed < 12; seed++)
        {
            said += await CompareAsync(lane, seed);
        }

        Assert.True(said > 120, $"only {said} changes: the test sees too little");
    }

    private static async Task<int> CompareAsync(Lane lane, int seed)
    {
        var random = new Random(seed);
        var time = new FakeTime();
        var directory = new TestDirectory();
        var (book, other) = (new TestBook(), new TestBook());
        var options = new HostOptions { MaximumChangesPerTick = 3 + random.Next(20) };
        var host = new EmbeddedHost(lane, KindCatalog.BuiltIn, directory, book, time, options);
        var thorough = new EmbeddedHost(lane, KindCatalog.BuiltIn, directory, other, time, options) { AsksEverybody = true };
        var log = new LogCursor(Guid.NewGuid(), lane, 0);
        var start = Now(time);
        for (var i = 0; i < 12; i++)
        {
            Register(directory, lane, i, random, start);
        }

        long end = 0;
        for (var step = 0; step < 400; step++)
        {
            time.Advance(TimeSpan.FromSeconds(random.Next(6) == 0 ? random.Next(400) : random.Next(1, 20)));
            if (random.Next(40) == 0)
            {
                var device = random.Next(12);
                if (random.Next(3) == 0)
                {
                    directory.Remove(Id(device));
                }
                else
                {
                    Register(directory, lane, device, random, Now(time));
                }
            }

            for (var frame = random.Next(step % 100 < 70 ? 4 : 1); frame > 0; frame--)
            {
                var payload = Encoding.UTF8.GetBytes(Lines(lane, random, Now(time)));
                end += payload.Length + 32;
                host.ApplyFrame(log with { Position = end }, FrameFlags.None, Now(time), payload);
                thorough.ApplyFrame(log with { Position = end }, FrameFlags.None, Now(time), payload);
            }

            await host.CommitAsync(default);
            await thorough.CommitAsync(default);
            var caughtUp = random.Next(12) != 0;
            await host.TickAsync(caughtUp, default);
            await thorough.TickAsync(caughtUp, default);
            Assert.Equal(other.Changes.Select(c => c.ToString()), book.Changes.Select(c => c.ToString()));
        }

        return book.Changes.Count;
    }

    private static void Register(TestDirectory directory, Lane lane, int device, Random random, long now)
    {
        var kind = lane == Lane.Alarm ? "fire_detector" : device % 3 == 0 ? "environment_station" : "streetlight";
        directory.Add(new DeviceInfo(
            Id(device), kind, device % 2 == 0 ? "z" : null, random.Next(4) == 0 ? "gw-b" : "gw-a", random.Next(8) != 0,
            random.Next(3) == 0 ? new Dictionary<string, double>(StringComparer.Ordinal) { ["hold"] = random.Next(200) } : null)
        {
            RegisteredAt = random.Next(3) == 0 ? 0 : now,
        });
    }

    private static string Lines(Lane lane, Random random, long now)
    {
        var text = new StringBuilder();
        for (var i = random.Next(1, 8); i > 0; i--)
        {
            var device = random.Next(12);
            var (kind, fields) = lane == Lane.Alarm ? ("fire_detector", Fires[random.Next(Fires.Length)])
                : device % 3 == 0 ? ("environment_station", Stations[random.Next(Stations.Length)])
                : ("streetlight", "dim_percent=" + (random.Next(4) == 0 ? 0 : 100).ToString(CultureInfo.InvariantCulture) + "," + Lamps[random.Next(Lamps.Length)]);
            var late = random.Next(10) == 0 ? random.Next(600) : random.Next(3);
            text.Append(CultureInfo.InvariantCulture, $"{kind},device={Id(device)} {fields} {now - (late * Second)}\n");
        }

        return text.ToString();
    }

    private static string Id(int device) => string.Create(CultureInfo.InvariantCulture, $"d{device}");

    private static long Now(FakeTime time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
}
