using System.Diagnostics;

namespace SmartCity.Mqtt.Tests;

/// <summary>Strangers' clients: mosquitto_pub and mosquitto_sub, where they are installed.</summary>
public sealed class PeerTests
{
    [Theory]
    [InlineData("311", 0)]
    [InlineData("311", 1)]
    [InlineData("311", 2)]
    [InlineData("5", 0)]
    [InlineData("5", 1)]
    [InlineData("5", 2)]
    public async Task Mosquitto_publishes_to_mosquitto(string version, int qos)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/mosquitto_pub") && File.Exists("/usr/bin/mosquitto_sub"), "mosquitto-clients is not installed");
        await using var endpoint = await TestEndpoint.StartAsync();
        var subscribed = new TaskCompletionSource();
        endpoint.Owner.OnSubscribed = (_, _) =>
        {
            subscribed.TrySetResult();
            return default;
        };
        var port = endpoint.Port.ToString();
        var q = qos.ToString();
        using var sub = Start("/usr/bin/mosquitto_sub", ["-h", "127.0.0.1", "-p", port, "-V", version, "-q", q, "-t", "a/+/c", "-C", "5", "-W", "15"]);
        await subscribed.Task.WaitAsync(TestEndpoint.Patience);
        using var pub = Start("/usr/bin/mosquitto_pub", ["-h", "127.0.0.1", "-p", port, "-V", version, "-q", q, "-t", "a/b/c", "-l"]);
        for (var i = 0; i < 5; i++)
        {
            await pub.StandardInput.WriteLineAsync($"line {i} Thanh Hóa");
        }

        pub.StandardInput.Close();
        var received = await sub.StandardOutput.ReadToEndAsync().WaitAsync(TestEndpoint.Patience);
        await pub.WaitForExitAsync().WaitAsync(TestEndpoint.Patience);
        Assert.Equal(0, pub.ExitCode);
        Assert.Equal(["line 0 Thanh Hóa", "line 1 Thanh Hóa", "line 2 Thanh Hóa", "line 3 Thanh Hóa", "line 4 Thanh Hóa"],
            received.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static Process Start(string program, string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
