using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace SmartCity.Mqtt;

/// <content>
/// The pump: whoever has something to send starts it, and it runs on one thread at a time until there is nothing left.
/// Completing a thousand tickets wakes it once.
/// </content>
public sealed partial class MqttConnection
{
    private const int _idle = 0;
    private const int _running = 1;
    private const int _again = 2;
    private const int _dead = 3;
    private readonly AnswerBuffer _answers = new(); // also the lock of itself
    private readonly WakeSignal _room = new();
    private readonly WakeSignal _stopped = new();
    private OutboundAliases? _outboundAliases;
    private int _pump;
    private bool _accepted;
    private volatile int _closing;
    private ReasonCode _closeReason;
    private bool _silent;

    private int PendingAnswers
    {
        get
        {
            lock (_answers)
            {
                return _answers.Count;
            }
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = PumpAsync();

    /// <summary>Has the pump run soon, on a thread of the pool. Any thread.</summary>
    private void Schedule()
    {
        if (TryStart())
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Runs the pump here, unless it runs elsewhere. The reading loop's.</summary>
    private void Pump()
    {
        if (TryStart())
        {
            _ = PumpAsync(); // never faults
        }
    }

    private bool TryStart()
    {
        while (true)
        {
            var state = Volatile.Read(ref _pump);
            switch (state)
            {
                case _idle when Interlocked.CompareExchange(ref _pump, _running, _idle) == _idle:
                    return true;
                case _running when Interlocked.CompareExchange(ref _pump, _again, _running) == _running:
                case _again:
                case _dead:
                    return false;
            }
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            do
            {
                Interlocked.Exchange(ref _pump, _running); // before looking: what comes later asks again
                var closing = _closing != 0;
                while (Write(closing))
                {
                    var flush = _output.FlushAsync();
                    if (!(flush.IsCompletedSuccessfully ? flush.Result : await FlushedAsync(flush)).IsCompleted)
                    {
                        continue;
                    }

                    break; // nobody reads any more; the reading loop hears of it too
                }

                _room.Set();
                if (closing)
                {
                    Stop();
                    return;
                }
            }
            while (Interlocked.CompareExchange(ref _pump, _idle, _running) != _running);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ConnectionAbortedException or InvalidOperationException)
        {
            Cut(error, expected: true);
        }
        catch (Exception error)
        {
            Cut(error, expected: false);
        }
    }

    private async ValueTask<FlushResult> FlushedAsync(ValueTask<FlushResult> flush)
    {
        Volatile.Write(ref _flushSince, _server.Now);
        try
        {
            return await flush;
        }
        finally
        {
            Volatile.Write(ref _flushSince, 0);
        }
    }

    /// <summary>Writes up to <see cref="MqttLimits.FlushBytes"/>; true if there was anything.</summary>
    private bool Write(bool closing)
    {
        var accepted = Volatile.Read(ref _accepted); // before the answers: CONNACK is among them and goes first [MQTT-3.2.0-1]
        int written;
        lock (_answers)
        {
            written = _answers.MoveTo(_output);
        }

        if (accepted)
        {
            written += WriteAcks();
            if (!closing)
            {
                written += WriteSession(written);
            }
        }

        if (closing && !_silent && accepted && Version == ProtocolVersion.V500 && _clientReason is null)
        {
            PacketEncoder.WriteDisconnect(_output, new DisconnectPacket(ReasonSets.Fit(PacketType.Disconnect, _closeReason)), Version); // [MQTT-4.13.1-1]; 3.1.1 has no such packet from a server
            Volatile.Write(ref _silent, true);
            written++;
        }

        return written > 0;
    }

    private int WriteAcks()
    {
        if (_acks is not { } acks)
        {
            return 0;
        }

        var written = 0;
        var count = 0;
        while (written < _server.Limits.FlushBytes && acks.TryTake(out var type, out var packetId, out var reason))
        {
            if (type == PacketType.PubRec && reason < ReasonCode.UnspecifiedError)
            {
                Interlocked.Increment(ref _unreleased);
            }

            var span = _output.GetSpan(PacketEncoder.MaximumAckLength);
            var length = PacketEncoder.WriteAck(span, type, packetId, reason, Version);
            _output.Advance(length);
            written += length;
            count++;
        }

        if (count > 0)
        {
            _server.Metrics.Add(MqttCounter.AcksSentTotal, count);
            _room.Set();
        }

        return written;
    }

    private int WriteSession(int written)
    {
        var before = written;
        var count = 0;
        while (written < _server.Limits.FlushBytes && _session!.TryNext(this, out var packet))
        {
            if (packet.IsRelease)
            {
                PacketEncoder.WriteAck(_output, PacketType.PubRel, packet.ReleaseId, ReasonCode.Success, Version);
                written += PacketEncoder.MaximumAckLength;
                continue;
            }

            var publish = _outboundAliases is null ? packet.Publish : _outboundAliases.Apply(packet.Publish);
            PacketEncoder.WritePublish(_output, publish, Version);
            written += publish.Message.Payload.Length + publish.Message.Topic.Length + 8;
            count++;
        }

        if (count > 0)
        {
            PublishesSent += count;
            _server.Metrics.Add(MqttCounter.PublishesSentTotal, count);
        }

        return written - before;
    }

    /// <summary>Asks for the end; the pump brings it about. False if it was asked for before.</summary>
    private bool Close(ReasonCode reason)
    {
        lock (_stopped)
        {
            if (_closing != 0)
            {
                return false;
            }

            _closeReason = reason;
            Volatile.Write(ref _closeSince, _server.Now);
            _closing = 1;
        }

        _room.Set();
        Schedule();
        return true;
    }

    private void Stop()
    {
        Volatile.Write(ref _pump, _dead);
        _input.CancelPendingRead();
        _stopped.Set();
    }

    private void Cut(Exception error, bool expected)
    {
        if (!expected)
        {
            _server.Metrics.Add(MqttCounter.OwnerFaultsTotal);
            _server.Log.Fault(error, ClientId, Remote);
        }

        Volatile.Write(ref _silent, true);
        Close(ReasonCode.UnspecifiedError);
        _context.Abort();
        Stop();
    }
}
