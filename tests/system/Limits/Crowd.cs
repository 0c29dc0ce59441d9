using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SmartCity.Mqtt;
using SmartCity.SystemTests.Identity;

namespace SmartCity.SystemTests.Limits;

/// <summary>Many bare sockets.</summary>
internal sealed class Crowd : IDisposable
{
    private const int AtOnce = 64;

    private Crowd(Socket[] sockets) => Sockets = sockets;

    public Socket[] Sockets { get; }

    /// <summary>Opens sockets, some at a time: the listen queue is not what is tested.</summary>
    /// <param name="port">Of this machine.</param>
    /// <param name="count">How many.</param>
    /// <param name="greet">What each says first.</param>
    /// <param name="refusable">True where some are to be closed before they have spoken.</param>
    public static async Task<Crowd> OpenAsync(int port, int count, Func<Socket, int, Task>? greet = null, bool refusable = false)
    {
        var sockets = new Socket[count];
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
        {
            sockets[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await sockets[i].ConnectAsync(IPAddress.Loopback, port).WaitAsync(Wire.Patience);
                if (greet is not null)
                {
                    await greet(sockets[i], i);
                }
            }
            catch (SocketException) when (refusable)
            {
                // its end is read later
            }
        });
        return new Crowd(sockets);
    }

    /// <summary>A CONNECT, and a CONNACK that says yes.</summary>
    public static Func<Socket, int, Task> Connected(string name) => async (socket, i) =>
    {
        await socket.SendAsync(Connect($"{name}-{i}"));
        var answer = new byte[64];
        var count = await socket.ReceiveAsync(answer).WaitAsync(Wire.Patience);
        Assert.True(count > 3 && answer[0] == 0x20 && answer[3] == 0, $"{name}-{i} was not let in: {Convert.ToHexString(answer.AsSpan(0, count))}");
    };

    public static byte[] Connect(string clientId, ProtocolVersion version = ProtocolVersion.V500)
    {
        var bytes = new ArrayBufferWriter<byte>();
        PacketEncoder.WriteConnect(bytes, new ConnectPacket(version, clientId, true, 0));
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads each socket to its end.</summary>
    /// <returns>For each: the time from <paramref name="since"/> until it was closed, and the last bytes that came.</returns>
    public async Task<(TimeSpan Closed, byte[] Last)[]> EndsAsync(long since, TimeSpan patience)
    {
        var ends = new (TimeSpan Closed, byte[] Last)[Sockets.Length];
        await Task.WhenAll(Sockets.Select(async (socket, i) => ends[i] = await EndAsync(socket, since))).WaitAsync(patience);
        return ends;
    }

    public void Dispose()
    {
        foreach (var socket in Sockets)
        {
            socket?.Dispose();
        }
    }

    private static async Task<(TimeSpan Closed, byte[] Last)> EndAsync(Socket socket, long since)
    {
        var buffer = new byte[64];
        byte[] last = [];
        try
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and var count)
            {
                last = buffer[..count];
            }
        }
        catch (SocketException)
        {
            // a reset is an end too
        }

        return (Stopwatch.GetElapsedTime(since), last);
    }
}

/// <summary>A client that does its work all the time, one publish after the other, each acknowledged.</summary>
internal sealed class Worker : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;
    private readonly ConcurrentQueue<TimeSpan> _times = new();

    private Worker(Wire wire) => _work = Task.Run(() => WorkAsync(wire));

    public static async Task<Worker> StartAsync(int port) => new(await (await Wire.PlainAsync(port)).AcceptedAsync("worker"));

    /// <summary>Publishes so far.</summary>
    public int Count => _times.Count;

    /// <summary>Ends the work.</summary>
    /// <returns>How many publishes were acknowledged, and how long the slowest took.</returns>
    public async Task<(int Count, TimeSpan Worst)> DoneAsync()
    {
        await _stop.CancelAsync();
        await _work;
        return (_times.Count, _times.Max());
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WorkAsync(Wire wire)
    {
        await using (wire)
        {
            while (!_stop.IsCancellationRequested)
            {
                var start = Stopwatch.GetTimestamp();
                var reason = await wire.PublishAsync("city/v1/worker/telemetry", FormattableString.Invariant($"environment_station,device=worker temperature_celsius=21 {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}000000"));
                Assert.True(reason is ReasonCode.Success or ReasonCode.NoMatchingSubscribers, $"the normal client was told {reason?.ToString() ?? "goodbye"}");
                _times.Enqueue(Stopwatch.GetElapsedTime(start));

                // A gateway's pace: what is tested is that it goes on, not how much fits.
                await Task.Delay(20, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
