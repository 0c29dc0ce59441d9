using System.Globalization;
using System.Net.Sockets;
using System.Text;
using SmartCity.Edge;
using SmartCity.Simulators.Load;

namespace SmartCity.Simulators.Sweep;

/// <summary>
/// Fires beside a load: one alarm after the other on the alarm connection of one gateway, by schedule, and a reader of the event stream of each server. Each
/// call point presses once, so each alarm is an alert of its own. Threads of their own, so that the load's work does not stand before them.
/// </summary>
internal sealed class AlarmProbe : IDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly LoadReceiver _receiver = new(false);
    private readonly long[] _dueOf = new long[ushort.MaxValue + 1];
    private readonly AlarmEar[] _ears;
    private readonly Socket _socket;
    private int _count;

    /// <summary>Connects, and listens to the events.</summary>
    /// <param name="mqtt">The server that takes the alarms.</param>
    /// <param name="http">Servers whose events are read; the first one's are those that must all come.</param>
    public AlarmProbe(ServerEndpoint mqtt, params IReadOnlyList<Uri> http)
    {
        _socket = new LoadTransport(mqtt, null).Connect(SweepCity.AlarmGateway + ".alarm", false, _receiver, out _);
        _socket.Blocking = true;
        _socket.ReceiveTimeout = 0;
        new Thread(Acknowledge) { IsBackground = true, Name = "alarm acknowledgements" }.Start();
        _ears = [.. http.Select(h => new AlarmEar(h))];
        foreach (var ear in _ears)
        {
            ear.Wait();
        }
    }

    /// <summary>From the moment the schedule wanted the alarm sent to its event at the first server, µs.</summary>
    public Histogram Heard => _ears[0].Heard;

    /// <summary>The same to its event at the second server; null where there is none.</summary>
    public Histogram? HeardBeside => _ears.Length > 1 ? _ears[1].Heard : null;

    /// <summary>From the same moment to its PUBACK, µs.</summary>
    public Histogram Acknowledged { get; } = new();

    /// <summary>Alarms sent so far, and of them without an event, at whichever server it is missing.</summary>
    public (int Sent, int Missing) Counts => (_count, _ears.Max(e => e.Missing));

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
            var id = (ushort)((n % 65_535) + 1);
            var head = Frames.WritePublishHead(frame, topic, payload.Length, id, duplicate: false, version5: false);
            payload.CopyTo(frame, head);
            Volatile.Write(ref _dueOf[id], due);
            Array.ForEach(_ears, e => e.Expect(point, due));
            _count++;
            _socket.Send(frame.AsSpan(0, head + payload.Length));
        }

        for (var wait = 0; wait < 200 && Counts.Missing > 0; wait++)
        {
            Thread.Sleep(50);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        Array.ForEach(_ears, e => e.Dispose());
    }

    private void Acknowledge()
    {
        try
        {
            while (true)
            {
                _receiver.Took(_socket.Receive(_receiver.Free()));
                while (_receiver.TryTakeAck(out var id, out _))
                {
                    Acknowledged.Add((long)_time.GetElapsedTime(Volatile.Read(ref _dueOf[id]), _time.GetTimestamp()).TotalMicroseconds);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // Over, or the server closed: then the next alarm cannot be sent, which is told.
        }
    }
}
