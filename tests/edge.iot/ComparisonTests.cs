using SmartCity.Edge.Buses;
using SmartCity.Edge.Drivers;
using SmartCity.Simulators.Chips.I2c;

namespace SmartCity.Edge.Iot.Tests;

/// <summary>Our drivers and those of Iot.Device.Bindings on the same bytes of the same chips: two readings of one datasheet must agree.</summary>
public sealed class ComparisonTests
{
    private readonly IotBench _bench = new();

    [Theory]
    [InlineData(25.08, 45.3, 1_006.53)]
    [InlineData(-12.4, 91.0, 1_031.2)]
    [InlineData(61.7, 8.5, 640.0)]
    [InlineData(0.0, 30.0, 900.0)]
    public async Task Bme280(double celsius, double percent, double hectopascal)
    {
        _bench.Board.Add(1, 0x76, new SimBme280(() => celsius, () => percent, () => hectopascal, TimeProvider.System));
        await CompareAsync(
            "bme280", "iot/Bme280", "0x76", 1,
            ("temperature_celsius", 0.011), ("relative_humidity_percent", 0.05), ("pressure_hpa", 0.05));
    }

    [Theory]
    [InlineData(25.0, 50.0)]
    [InlineData(-20.0, 99.0)]
    [InlineData(60.0, 3.0)]
    public async Task Sht31(double celsius, double percent)
    {
        _bench.Board.Add(1, 0x44, new SimSht31(() => celsius, () => percent, TimeProvider.System));

        // Theirs rounds to tenths.
        await CompareAsync("sht31", "iot/Sht3x", "0x44", 1, ("temperature_celsius", 0.051), ("relative_humidity_percent", 0.051));
    }

    [Fact]
    public async Task Scd41()
    {
        _bench.Board.Add(1, 0x62, new SimScd41(() => 812, () => 31.5, () => 64.2, TimeProvider.System));
        var settings = new[] { ("bus", "1"), ("address", "0x62") };
        var ours = await _bench.MeasureAsync("scd41", [.. settings, ("climate", "true")]);
        var theirs = await _bench.MeasureAsync("iot/Scd4x", settings);
        Assert.Equal(ours["co2_ppm"], theirs["co2_ppm"], 0.5);
        Assert.Equal(ours["temperature_celsius"], theirs["temperature_celsius"], 0.01);
        Assert.Equal(ours["relative_humidity_percent"], theirs["relative_humidity_percent"], 0.01);
    }

    [Theory]
    [InlineData("bme280", "iot/Bme280")]
    [InlineData("sht31", "iot/Sht3x")]
    [InlineData("scd41", "iot/Scd4x")]
    public async Task A_chip_that_is_not_there_is_a_fault_of_both(string ours, string theirs)
    {
        foreach (var name in new[] { ours, theirs })
        {
            var address = ours switch { "bme280" => "0x76", "sht31" => "0x44", _ => "0x62" };
            var e = await Assert.ThrowsAsync<BusException>(() => _bench.MeasureAsync(name, [("bus", "1"), ("address", address)]));
            Assert.Equal(BusFault.NoAnswer, e.Fault);
        }
    }

    [Fact]
    public async Task A_wrong_checksum_is_a_fault_of_ours_and_hidden_by_theirs()
    {
        // Why the drivers of this project come first: the other one has no way to say that a measurement failed.
        _bench.Board.Add(1, 0x44, new SimSht31(() => 25, () => 50, TimeProvider.System) { BadCrc = true });
        var e = await Assert.ThrowsAsync<DriverException>(() => _bench.MeasureAsync("sht31", [("bus", "1"), ("address", "0x44")]));
        Assert.Equal(DeviceFault.Checksum, e.Fault);
        var theirs = await _bench.MeasureAsync("iot/Sht3x", [("bus", "1"), ("address", "0x44")]);
        Assert.NotEqual(25.0, theirs["temperature_celsius"], 0.5);
    }

    private async Task CompareAsync(string ours, string theirs, string address, int times, params (string Metric, double Tolerance)[] metrics)
    {
        var settings = new[] { ("bus", "1"), ("address", address) };
        var a = await _bench.MeasureAsync(ours, settings, times);
        var b = await _bench.MeasureAsync(theirs, settings, times);
        Assert.Equal(a.Keys.Order(StringComparer.Ordinal), b.Keys.Order(StringComparer.Ordinal));
        foreach (var (metric, tolerance) in metrics)
        {
            Assert.Equal(a[metric], b[metric], tolerance);
        }
    }
}
