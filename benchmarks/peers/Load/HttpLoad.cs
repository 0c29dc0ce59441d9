using System.Globalization;
using System.Net.Sockets;
using System.Text;
using SmartCity.Simulators.Load;

namespace SmartCity.Benchmarks.Peers;

/// <summary>The same readings as POST requests, written by hand into the send buffer: several requests are on the way on each connection
/// (HTTP pipelining), so that the store and not the round trips are measured. What was not answered is sent again after a lost connection.</summary>
internal sealed class HttpLoad
{
    private const int HeadRoom = 256;
    private readonly LoadOptions _options;
    private readonly Uri _target;
    private readonly LoadReadings _readings;
    private readonly Histogram _latency = new();
    private readonly byte[] _buffer;
    private readonly byte[] _answer = new byte[64 * 1024];
    private readonly int _pipeline;
    private long _done;
    private long _refused;
    private long _last;

    private HttpLoad(Uri target, LoadOptions options, int connection, double startUnixMs)
    {
        _target = target;
        _options = options;
        _readings = new LoadReadings(
            options.Kind,
            [.. Enumerable.Range(1, options.DevicesPerConnection).Select(d => string.Create(CultureInfo.InvariantCulture, $"{options.Prefix}-{connection:0000}-{d:00}"))],
            LoadReadings.Rows(LoadKind.Of(options.Kind)), (long)startUnixMs * 1_000_000, options.Step.Ticks * 100);
        var room = HeadRoom + (_readings.LongestLine * options.ReadingsPerPublish);
        _pipeline = Math.Clamp(64 * 1024 / room, 1, options.Window);
        _buffer = new byte[room * _pipeline];
    }

    /// <summary>Makes the load.</summary>
    public static async Task<LoadSeen> RunAsync(Uri target, LoadOptions options, double startUnixMs, CancellationToken stop)
    {
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var connections = Enumerable.Range(1, options.Connections).Select(c => new HttpLoad(target, options, c, startUnixMs)).ToList();
        await Task.WhenAll(connections.Select(c => Task.Run(() => c.SendAsync(start, time, stop), stop)));
        var latency = new Histogram();
        foreach (var connection in connections)
        {
            latency.Add(connection._latency);
        }

        return new LoadSeen(
            startUnixMs, time.GetElapsedTime(start, connections.Max(c => c._last)).TotalSeconds, connections.Sum(c => c._done) * options.ReadingsPerPublish,
            latency.Percentile(50) / 1000.0, latency.Percentile(99) / 1000.0, latency.Percentile(99.9) / 1000.0, connections.Sum(c => c._refused), Generator.Cpu());
    }

    private async Task SendAsync(long start, TimeProvider time, CancellationToken stop)
    {
        var end = start + (long)(_options.Duration.TotalSeconds * time.TimestampFrequency);
        var interval = _options.PublishesPerSecond <= 0 ? 0 : _options.Connections / _options.PublishesPerSecond * time.TimestampFrequency;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(_target.Host, _target.Port, stop);
                while (await ExchangeAsync(socket, start, end, interval, time, stop))
                {
                }

                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, stop);
            }
        }
    }

    // Sends what is due, as far as the buffer goes, and reads as many answers. False when nothing more will be due.
    private async Task<bool> ExchangeAsync(Socket socket, long start, long end, double interval, TimeProvider time, CancellationToken stop)
    {
        var now = time.GetTimestamp();
        var due = start + (long)(_done * interval);
        if (now >= end && (interval == 0 || due >= end))
        {
            return false;
        }

        if (due > now)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(1, time.GetElapsedTime(now, due).TotalMilliseconds)), stop);
            return true;
        }

        var (used, requests) = (0, 0);
        while (requests < _pipeline && start + (long)((_done + requests) * interval) <= now)
        {
            used += WriteRequest(_done + requests, _buffer.AsSpan(used));
            requests++;
        }

        await SendAllAsync(socket, _buffer.AsMemory(0, used), stop);
        await ReadAnswersAsync(socket, requests, stop);
        _last = time.GetTimestamp();
        for (var i = 0; i < requests; i++)
        {
            _latency.Add((long)time.GetElapsedTime(interval == 0 ? now : start + (long)((_done + i) * interval), _last).TotalMicroseconds);
        }

        _done += requests;
        return true;
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, stop)..];
        }
    }

    private async Task ReadAnswersAsync(Socket socket, int requests, CancellationToken stop)
    {
        // Answers to writes have no body: each ends at its empty line. What is cut in the middle is completed by the next receive.
        var held = 0;
        while (requests > 0)
        {
            var got = await socket.ReceiveAsync(_answer.AsMemory(held), stop);
            if (got == 0)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }

            held += got;
            var from = 0;
            for (int at; (at = _answer.AsSpan(from, held - from).IndexOf("\r\n\r\n"u8)) >= 0; from += at + 4)
            {
                requests--;
                _refused += _answer.AsSpan(from, at).StartsWith("HTTP/1.1 2"u8) ? 0 : 1;
            }

            _answer.AsSpan(from, held - from).CopyTo(_answer);
            held -= from;
        }
    }

    private int WriteRequest(long request, Span<byte> to)
    {
        var body = to[HeadRoom..];
        var length = _readings.WritePayload(request * _options.ReadingsPerPublish, _options.ReadingsPerPublish, body);
        var head = Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"POST {_target.PathAndQuery} HTTP/1.1\r\nHost: {_target.Authority}\r\nContent-Length: {length}\r\n\r\n"), to);
        body[..length].CopyTo(to[head..]);
        return head + length;
    }
}
