using System.Globalization;
using System.Net;
using System.Text.Json;
using SmartCity.SystemTests.Identity;

namespace SmartCity.SystemTests.Strangers;

/// <summary>Clients of other people on a server as a city runs it: with a certificate that was enrolled by openssl, or with a key.</summary>
public sealed class EnrolledStrangerTests(GuardedCity city) : IClassFixture<GuardedCity>, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-stranger-").FullName;

    private string Ca => Path.Combine(_folder, "ca.crt");

    private string Certificate => Path.Combine(_folder, "gw.crt");

    private string Key => Path.Combine(_folder, "gw.key");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => await File.WriteAllTextAsync(Ca, city.Root.ExportCertificatePem());

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return default;
    }

    [Fact]
    public async Task Mosquitto_and_npm_publish_over_TLS_with_a_certificate_that_openssl_asked_for()
    {
        await EnrolByHandAsync("gw-hand");
        await city.Admin.DeviceAsync("env-hand", "environment_station", "gw-hand");
        var value = 0;
        foreach (var version in (string[])["mqttv311", "mqttv5"])
        {
            for (var qos = 0; qos <= 2; qos++)
            {
                var (code, output, errors) = await Programs.RunAsync("mosquitto_pub",
                    [.. Tls, "-i", "gw-hand", "-V", version, "-q", Text(qos), "-t", "city/v1/gw-hand/telemetry", "-m", Line("env-hand", 30 + value++)]);
                Assert.True(code == 0, output + errors);
            }
        }

        var (node, said, complaints) = await Programs.NodeAsync("mqtt-stranger.mjs",
            [$"mqtts://localhost:{city.Server.MqttsPort}", "city/v1/gw-hand/telemetry", "env-hand", Ca, Certificate, Key, "gw-hand"]);
        Assert.True(node == 0, said + complaints);
        await ArrivedAsync("env-hand", [1, 2, 3, 4, 5, 6, 30, 31, 32, 33, 34, 35]);

        // Under another name the same certificate is told what is wrong, in MQTT 5 in words.
        var (wrong, _, words) = await Programs.RunAsync("mosquitto_pub", [.. Tls, "-i", "gw-a", "-V", "mqttv5", "-q", "1", "-t", "city/v1/gw-a/telemetry", "-m", "x"]);
        Assert.NotEqual(0, wrong);
        Assert.Contains("dentifier", words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unregistered_device_is_refused_politely_and_visibly()
    {
        await EnrolByHandAsync("gw-polite");
        await city.Admin.DeviceAsync("env-known", "environment_station", "gw-polite");
        var before = await city.FigureAsync("readings_rejected_total", "unknown-device");
        var (code, output, errors) = await Programs.RunAsync("mosquitto_pub",
            [.. Tls, "-i", "gw-polite", "-V", "mqttv5", "-q", "1", "-t", "city/v1/gw-polite/telemetry", "-m", Line("env-unknown", 1) + "\n" + Line("env-known", 2)]);
        Assert.True(code == 0, output + errors); // PUBACK: the quarantine has it

        await ArrivedAsync("env-known", [2]);
        Assert.Equal(before + 1, await city.FigureAsync("readings_rejected_total", "unknown-device"));
        await Until.TrueAsync(async () => (await QuarantinedAsync("gw-polite")).Count == 1, () => "it is not in the quarantine");
        var kept = Assert.Single(await QuarantinedAsync("gw-polite"));
        Assert.Equal(("unknown-device", "env-unknown"), (kept.GetProperty("reason").GetString(), kept.GetProperty("device").GetString()));
        Assert.Contains("device=env-unknown", kept.GetProperty("line").GetString(), StringComparison.Ordinal);
        using var answer = await city.Admin.SendAsync(HttpMethod.Get, "/api/v1/devices/env-unknown");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Curl_writes_as_to_an_InfluxDB_and_is_told_which_line_was_wrong()
    {
        await city.Admin.DeviceAsync("env-curl", "environment_station", null);
        var (_, key) = await city.Admin.KeyAsync("curl", "write:*");
        var good = await CurlAsync(key, Line("env-curl", 5) + "\n" + Line("env-curl", 6) + "\n");
        Assert.Equal("204", good.Status);
        var bad = await CurlAsync(key, Line("env-curl", 7) + "\n" + Line("env-nobody", 8) + "\n");
        Assert.Equal("400", bad.Status);
        Assert.Contains("line 2", bad.Body, StringComparison.Ordinal);
        Assert.Contains("unknown-device", bad.Body, StringComparison.Ordinal);
        await ArrivedAsync("env-curl", [5, 6, 7]); // the good line beside the bad one is kept
        await Until.TrueAsync(async () => (await QuarantinedAsync("http:key:curl")).Count == 1, () => "it is not in the quarantine");

        // Without a key, with a wrong one, with one for another device.
        var (_, narrow) = await city.Admin.KeyAsync("narrow", "write:env-other");
        Assert.Equal("401", (await CurlAsync(null, Line("env-curl", 9))).Status);
        Assert.Equal("401", (await CurlAsync("sck_" + new string('B', 43), Line("env-curl", 9))).Status);
        Assert.Equal("400", (await CurlAsync(narrow, Line("env-curl", 9))).Status);
        await ArrivedAsync("env-curl", [5, 6, 7]);
    }

    [Fact]
    public async Task InfluxDBs_own_client_writes_a_thousand_points()
    {
        await city.Admin.DeviceAsync("env-influx", "environment_station", null);
        var (_, key) = await city.Admin.KeyAsync("influx", "write:env-influx");
        var before = await city.FigureAsync("readings_total");
        var url = city.Server.Http.ToString();
        var (code, output, errors) = await Programs.NodeAsync("influx-stranger.mjs", [url, "env-influx", "1000"], ("INFLUX_TOKEN", key));
        Assert.True(code == 0, output + errors);
        Assert.Equal("{\"written\":1000}", output.Trim());
        Assert.Equal(before + 1000, await city.FigureAsync("readings_total"));
        await ArrivedAsync("env-influx", [.. Enumerable.Range(0, 1000).Select(i => 20 + i / 1000.0)]);

        // Refused, it hears so in the words it knows how to read.
        var (_, refused, _) = await Programs.NodeAsync("influx-stranger.mjs", [url, "env-nobody", "1"], ("INFLUX_TOKEN", key));
        Assert.Contains("\"statusCode\":400", refused, StringComparison.Ordinal);
        var (_, nobody, _) = await Programs.NodeAsync("influx-stranger.mjs", [url, "env-influx", "1"], ("INFLUX_TOKEN", "wrong"));
        Assert.Contains("\"statusCode\":401", nobody, StringComparison.Ordinal);
    }

    private string[] Tls => ["-h", "localhost", "-p", Text(city.Server.MqttsPort), "--cafile", Ca, "--cert", Certificate, "--key", Key];

    // As the handbook says it: openssl makes key and request, curl brings them with the code.
    private async Task EnrolByHandAsync(string gateway)
    {
        var code = (await city.Admin.DoAsync(HttpMethod.Post, "/api/v1/gateways", new { id = gateway })).GetProperty("code").GetString();
        var request = Path.Combine(_folder, "gw.csr");
        var (made, _, words) = await Programs.RunAsync("openssl",
            ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=my gateway", "-keyout", Key, "-out", request]);
        Assert.True(made == 0, words);
        var body = Path.Combine(_folder, "enrol.json");
        await File.WriteAllTextAsync(body, JsonSerializer.Serialize(new { code, csr = await File.ReadAllTextAsync(request) }));
        var (_, answer, errors) = await Programs.RunAsync("curl",
            ["-sS", "--fail-with-body", "-H", "Content-Type: application/json", "--data-binary", "@" + body, new Uri(city.Server.Http, "/api/v1/enrol").ToString()]);
        Assert.True(answer.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal), answer + errors);
        var enrolled = JsonElement.Parse(answer);
        await File.WriteAllTextAsync(Certificate, enrolled.GetProperty("certificate").GetString());
        Assert.Equal(city.Root.ExportCertificatePem(), enrolled.GetProperty("ca").GetString());
    }

    private async Task<(string Status, string Body)> CurlAsync(string? key, string lines)
    {
        var (code, output, errors) = await Programs.RunAsync("curl",
        [
            "-sS", "-w", "\n%{http_code}", .. key is null ? (string[])[] : ["-H", "Authorization: Token " + key],
            "--data-binary", lines, new Uri(city.Server.Http, "/api/v2/write?org=city&bucket=readings&precision=ns").ToString(),
        ]);
        Assert.True(code == 0, errors);
        var end = output.LastIndexOf('\n');
        return (output[(end + 1)..], output[..end]);
    }

    private async Task<List<JsonElement>> QuarantinedAsync(string source) =>
        [.. (await city.Admin.DoAsync(HttpMethod.Get, "/api/v1/quarantine?source=" + Uri.EscapeDataString(source))).GetProperty("items").EnumerateArray()];

    private async Task ArrivedAsync(string device, double[] values)
    {
        List<double> there = [];
        await Until.TrueAsync(
            async () =>
            {
                there = [];
                var cursor = "";
                do
                {
                    var page = await city.Admin.DoAsync(HttpMethod.Get, $"/api/v1/devices/{device}/history?metric=temperature_celsius&limit=500{cursor}");
                    there.AddRange(page.GetProperty("items").EnumerateArray().Select(p => p.GetProperty("value").GetDouble()));
                    cursor = page.GetProperty("next").GetString() is { } next ? "&cursor=" + Uri.EscapeDataString(next) : "";
                }
                while (cursor.Length > 0);
                return there.Count >= values.Length;
            },
            () => $"{device}: {there.Count} arrived");
        Assert.Equal(values, there.Order());
    }

    private static string Line(string device, int value) => string.Create(
        CultureInfo.InvariantCulture, $"environment_station,device={device} temperature_celsius={value} {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}{value:000000}");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
