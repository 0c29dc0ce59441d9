using SmartCity.Telemetry;
using static SmartCity.Grains.Tests.TestCity;

namespace SmartCity.Grains.Tests;

/// <summary>When grains are saved in busy times: by bytes of log, more rarely where more devices changed, but never beyond the bound.</summary>
public sealed class CheckpointTests
{
    private const int Least = 2_000;
    private const int Most = 6_000;

    [Theory]
    [InlineData(1, Least, Least + 200)]
    [InlineData(20, Most, Most + 200)]
    public async Task What_is_not_saved_has_a_bound_in_bytes_of_log(int devices, long from, long to)
    {
        var options = new HostOptions
        {
            SnapshotInterval = TimeSpan.FromDays(1),
            SnapshotBytes = Least,
            MaximumSnapshotBytes = Most,
            SnapshotDevices = 2,
        };
        var city = new TestCity(Lane.Telemetry, options);
        var sent = 0;
        while (city.Host.Cursor is null)
        {
            Assert.True(++sent < 1_000, "no checkpoint");
            var device = "lamp-" + (sent % devices).ToString(System.Globalization.CultureInfo.InvariantCulture);
            await city.SendAsync(Line("streetlight", device, "power_w=60", city.Now));
        }

        Assert.InRange(city.Host.Cursor.Value.Position, from, to);
    }
}
