using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests;

/// <summary>A real broker of another make on a free port of this machine, without limits on what it queues. What it says is read all the
/// time: a broker whose pipe is full stands still in the middle of a sentence, and so does everybody who talks to it.</summary>
internal sealed class Mosquitto : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("edge-mosquitto").FullName;
    private readonly Queue<string> _said = new();
    private Process _process;

    private Mosquitto()
    {
        Port = Ports.Free();
        File.WriteAllText(Path.Combine(_directory, "conf"), $"""
            listener {Port} 127.0.0.1
            allow_anonymous true
            max_queued_messages 0
            max_inflight_messages 0
            set_tcp_nodelay true
            """);
        _process = Run();
    }

    public int Port { get; }

    public ServerEndpoint Endpoint => new("127.0.0.1", Port, Tls: false);

    public static async Task<Mosquitto> StartAsync()
    {
        var broker = new Mosquitto();
        await broker.ReadyAsync();
        return broker;
    }

    /// <summary>Kills it and starts it anew on the same port, without what it remembered.</summary>
    public async Task RestartAsync()
    {
        _process.Kill();
        await Wait.GoneAsync(_process);
        _process.Dispose();
        _process = Run();
        await ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await Wait.GoneAsync(_process);
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private Process Run()
    {
        var process = Process.Start(new ProcessStartInfo("/usr/sbin/mosquitto", ["-c", Path.Combine(_directory, "conf")])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return process;
    }

    /// <summary>The end of what it said is enough to tell why it went.</summary>
    private void Keep(string? line)
    {
        lock (_said)
        {
            _said.Enqueue(line ?? "");
            if (_said.Count > 40)
            {
                _said.Dequeue();
            }
        }
    }

    private string Said()
    {
        lock (_said)
        {
            return string.Join('\n', _said);
        }
    }

    private async Task ReadyAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            Assert.False(_process.HasExited || limit.IsCancellationRequested, $"mosquitto takes no connections on port {Port}: {Said()}");
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, Port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                // It is not there yet; refused connections come back at once, so this asks again a little later.
                await Wait.AMomentAsync(CancellationToken.None);
            }
        }
    }
}
