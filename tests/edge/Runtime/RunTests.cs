using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace SmartCity.Edge.Tests.Runtime;

/// <summary>The real program as systemd runs it.</summary>
public sealed class RunTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("edge-run").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task It_says_that_it_is_ready_alive_reloaded_and_stopping()
    {
        var notify = Path.Combine(_home, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(notify));
        WriteConfig("interval: 1s");
        using var program = Start(notify);
        try
        {
            await ExpectAsync(manager, m => m.StartsWith("READY=1\nSTATUS=no server, 1 devices", StringComparison.Ordinal));
            Assert.StartsWith("ready gw-run mqtt://127.0.0.1:1", await Wait.ForAsync(program.StandardOutput.ReadLineAsync(), "it said that it is ready"), StringComparison.Ordinal);
            await ExpectAsync(manager, m => m == "WATCHDOG=1");
            WriteConfig("interval: sometimes");
            await SignalAsync(program, "HUP");
            await ExpectAsync(manager, m => m.StartsWith("STATUS=reload failed: refused, the old configuration goes on", StringComparison.Ordinal) && m.Contains("'sometimes' is no time", StringComparison.Ordinal));
            WriteConfig("interval: 2s");
            await SignalAsync(program, "HUP");
            await ExpectAsync(manager, m => m.StartsWith("STATUS=reload done: 1 devices restarted", StringComparison.Ordinal));
            await SignalAsync(program, "TERM");
            await ExpectAsync(manager, m => m == "STOPPING=1");
            await Wait.GoneAsync(program);
            Assert.Equal(0, program.ExitCode);
        }
        finally
        {
            Wait.End(program);
        }
    }

    private static async Task ExpectAsync(Socket manager, Func<string, bool> wanted)
    {
        var buffer = new byte[4_096];
        var heard = new List<string>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            do
            {
                heard.Add(Encoding.UTF8.GetString(buffer, 0, await manager.ReceiveAsync(buffer, limit.Token)));
            }
            while (!wanted(heard[^1]));
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"heard only: {string.Join(" | ", heard)}");
        }
    }

    private static async Task SignalAsync(Process program, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", program.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await Wait.GoneAsync(kill);
        Assert.Equal(0, kill.ExitCode);
    }

    private void WriteConfig(string interval)
    {
        File.WriteAllText(Path.Combine(_home, "day.csv"), "seconds,temperature_celsius\n0,20\n1,21\n");
        File.WriteAllText(Path.Combine(_home, "gateway.yaml"), $"""
            gateway: gw-run
            data: data
            servers: [ "mqtt://127.0.0.1:1" ]
            clock: trusted
            devices:
              - id: env-1
                kind: environment_station
                {interval}
                sensors:
                  - driver: replay
                    file: day.csv
                    repeat: true
            """);
    }

    private Process Start(string notify)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "smartcity-edge"), ["run", "--config", Path.Combine(_home, "gateway.yaml")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["NOTIFY_SOCKET"] = notify;
        start.Environment["WATCHDOG_USEC"] = "400000";
        var program = Process.Start(start)!;
        program.ErrorDataReceived += static (_, _) => { };
        program.BeginErrorReadLine();
        return program;
    }
}
