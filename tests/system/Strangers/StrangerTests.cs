using System.Globalization;
using System.Text.Json;
using SmartCity.SystemTests.Identity;

namespace SmartCity.SystemTests.Strangers;

/// <summary>Clients that have never heard of this project, on a server that anybody may try: what they send arrives.</summary>
public sealed class StrangerTests(OpenCity city) : IClassFixture<OpenCity>
{
    [Theory]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task Mosquitto_publishes_with_every_QoS(string version)
    {
        var device = "mosquitto-" + version;
        for (var qos = 0; qos <= 2; qos++)
        {
            var (code, output, errors) = await Programs.RunAsync("mosquitto_pub",
                ["-p", Text(city.Server.MqttPort), "-V", version, "-q", Text(qos), "-t", "city/v1/my-pi/telemetry", "-m", Line(device, 20 + qos)]);
            Assert.True(code == 0, output + errors);
        }

        await ArrivedAsync(device, [20, 21, 22]);
        var one = JsonElement.Parse(await city.Server.Client.GetStringAsync($"/api/v1/devices/{device}"));
        Assert.Equal("environment_station", one.GetProperty("kind").GetString());
        Assert.False(one.GetProperty("registered").GetBoolean());
    }

    [Fact]
    public async Task The_npm_client_publishes_in_both_versions_with_every_QoS()
    {
        var (code, output, errors) = await Programs.NodeAsync("mqtt-stranger.mjs", [$"mqtt://127.0.0.1:{city.Server.MqttPort}", "city/v1/my-pi/telemetry", "npm-1"]);
        Assert.True(code == 0, output + errors);
        var said = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(6, said.Count);
        Assert.DoesNotContain(said, s => s.GetProperty("reasonCode") is { ValueKind: JsonValueKind.Number } code && code.GetInt32() >= 0x80);
        await ArrivedAsync("npm-1", [1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public async Task Mosquitto_hears_the_alarm_of_a_fire_loop()
    {
        using var sub = Programs.Start("stdbuf", ["-oL", "mosquitto_sub", "-d", "-v", "-p", Text(city.Server.MqttPort), "-q", "1", "-t", "city/v1/alerts/#"]);
        try
        {
            await Programs.LineAsync(sub, line => line.StartsWith("Subscribed", StringComparison.Ordinal));
            var (code, output, errors) = await Programs.RunAsync("mosquitto_pub",
                ["-p", Text(city.Server.MqttPort), "-q", "1", "-t", "city/v1/my-pi/alarm", "-m", "fire_detector,device=loop-7 loop_state=3i"]);
            Assert.True(code == 0, output + errors);
            var heard = await Programs.LineAsync(sub, line => line.StartsWith("city/v1/alerts/", StringComparison.Ordinal) && line.Contains("loop-7", StringComparison.Ordinal));
            Assert.StartsWith("city/v1/alerts/fire-fault ", heard, StringComparison.Ordinal);
            var alert = JsonElement.Parse(heard[heard.IndexOf('{', StringComparison.Ordinal)..]);
            Assert.Equal(("fire-fault", "raised", "loop-7"), (alert.GetProperty("kind").GetString(), alert.GetProperty("state").GetString(), alert.GetProperty("device").GetString()));
        }
        finally
        {
            sub.Kill();
        }
    }

    private async Task ArrivedAsync(string device, double[] values)
    {
        List<double> there = [];
        await Until.TrueAsync(
            async () =>
            {
                using var answer = await city.Server.Client.GetAsync($"/api/v1/devices/{device}/history?metric=temperature_celsius");
                if (!answer.IsSuccessStatusCode)
                {
                    return false; // QoS 0: it may still be on its way
                }

                var page = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
                there = [.. page.GetProperty("items").EnumerateArray().Select(p => p.GetProperty("value").GetDouble()).Order()];
                return there.Count >= values.Length;
            },
            () => $"{device}: {string.Join(' ', there)} arrived");
        Assert.Equal(values, there);
        Assert.True(await Until.FigureAsync(city.Server.Client, "readings_total") >= values.Length);
    }

    // Every value has a moment of its own, so that each is a point of its own.
    private static string Line(string device, int value) => string.Create(
        CultureInfo.InvariantCulture, $"environment_station,device={device} temperature_celsius={value} {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}{value:000000}");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
