using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using SmartCity.Simulators.Load;

namespace SmartCity.Simulators.Sweep;

/// <summary>
/// Fires beside a load: one alarm after the other on the alarm connection of one gateway, by schedule, and a reader of the event stream. Each
/// call point presses once, so each alarm is an alert of its own. Threads of their own, so that the load's work does not stand before them.
/// </summary>
internal sealed class AlarmProbe : IDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ConcurrentDictionary<string, long> _sent = new(StringComparer.Ordinal);
    private readonly ManualResetEventSlim _listening = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Histogram _heard = new();
    private readonly Uri _http;
    private readonly Socket _socket;
    private readonly Thread _reader;
    private Exception? _fault;
    private int _count;

    /// <summary>Connects, and listens to the events.</summary>
    public AlarmProbe(SweepServer server)
    {
        _http = server.Http;
        _socket = new LoadTransport(server.Mqtt(tls: false), null).Connect(SweepCity.AlarmGateway + ".alarm", false, new LoadReceiver(false), out _);
        _socket.Blocking = true;
        _socket.ReceiveTimeout = 0;
        new Thread(Swallow) { IsBackground = true, Name = "alarm acknowledgements" }.Start();
        _reader = new Thread(Listen) { IsBackground = true, Name = "events" };
        _reader.Start();
        if (!_listening.Wait(TimeSpan.FromSeconds(20)))
        {
            throw new InvalidOperationException($"no event stream within 20 s: {_fault?.Message}");
        }
    }

    /// <summary>From the moment the schedule wanted the alarm sent to its event, µs.</summary>
    public Histogram Heard => _heard;

    /// <summary>Alarms sent so far, and of them without an event.</summary>
    public (int Sent, int Missing) Counts => (_count, _sent.Count);

    /// <summary>Sends alarms until stopped, and waits for the last events. Takes the calling thread.</summary>
    /// <param name="first">Number of the first call point.</param>
    /// <param name="every">Between two alarms.</param>
    /// <param name="stop">Ends it.</param>
    public void Run(int first, TimeSpan every, CancellationToken stop)
    {
        var frame = new byte[512];
        var topic = Encoding.UTF8.GetBytes($"city/v1/{SweepCity.AlarmGateway}/alarm");
        var begun = _time.GetTimestamp();
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var due = begun + (long)(n * every.TotalSeconds * _time.TimestampFrequency);
            if (_time.GetElapsedTime(_time.GetTimestamp(), due) is { Ticks: > 0 } early && stop.WaitHandle.WaitOne(early))
            {
                break;
            }

            var point = SweepCity.Point(first + n);
            var payload = Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"manual_call_point,device={point} pressed=true,loop_state=0i {(_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100}\n"));
            var head = Frames.WritePublishHead(frame, topic, payload.Length, (ushort)((n % 65_535) + 1), duplicate: false, version5: false);
            payload.CopyTo(frame, head);
            _sent[point] = due;
            _count++;
            _socket.Send(frame.AsSpan(0, head + payload.Length));
        }

        for (var wait = 0; wait < 200 && !_sent.IsEmpty; wait++)
        {
            Thread.Sleep(50);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _socket.Dispose();
        _reader.Join(TimeSpan.FromSeconds(5));
        _stop.Dispose();
        _listening.Dispose();
    }

    private void Swallow()
    {
        var buffer = new byte[4096];
        try
        {
            while (_socket.Receive(buffer) > 0)
            {
                // Acknowledgements: the event says more.
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // over
        }
    }

    private void Listen()
    {
        try
        {
            using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_http, "/api/v1/events"));
            using var answer = client.Send(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
            answer.EnsureSuccessStatusCode();
            var stream = answer.Content.ReadAsStream(_stop.Token);
            using var close = _stop.Token.Register(stream.Dispose);
            using var reader = new StreamReader(stream);
            _listening.Set();
            while (reader.ReadLine() is { } line)
            {
                if (line.StartsWith("data: {", StringComparison.Ordinal))
                {
                    Hear(line.AsMemory(6), _time.GetTimestamp());
                }
            }
        }
        catch (Exception e)
        {
            _fault = e;
        }
    }

    private void Hear(ReadOnlyMemory<char> json, long at)
    {
        using var document = JsonDocument.Parse(json);
        var alert = document.RootElement;
        if (alert.TryGetProperty("device", out var device) && device.ValueKind == JsonValueKind.String && _sent.TryRemove(device.GetString()!, out var due))
        {
            _heard.Add((long)_time.GetElapsedTime(due, at).TotalMicroseconds);
        }
    }
}
