using Microsoft.AspNetCore.Connections;

namespace SmartCity.Mqtt;

/// <content>Time limits. The connection notes moments; one sweep of the server looks at all connections.</content>
public sealed partial class MqttConnection
{
    private readonly long _opened;
    private long _lastPacket;
    private long _partialSince;
    private long _flushSince;
    private long _closeSince;
    private long _keepAliveTicks;
    private bool _resting;
    private CancellationTokenRegistration _stopRequest;

    internal bool IsResting => Volatile.Read(ref _resting);

    internal bool IsFlushing => Volatile.Read(ref _flushSince) != 0;

    internal bool HoldsPartOfAPacket => Volatile.Read(ref _partialSince) != 0;

    /// <summary>Looks whether a time limit has passed at <paramref name="now"/>, a timestamp of the server's clock.</summary>
    internal void Sweep(long now)
    {
        if (_closing != 0)
        {
            if (Passed(Volatile.Read(ref _closeSince), now, _server.Limits.CloseTimeout))
            {
                _context.Abort(new ConnectionAbortedException("The client did not take the last packet."));
            }

            return;
        }

        if (!Volatile.Read(ref _accepted))
        {
            if (Passed(_opened, now, _server.Limits.ConnectTimeout))
            {
                Expire(MqttCounter.ConnectTimeoutsTotal, ReasonCode.KeepAliveTimeout, "no CONNECT in time"); // 3.1.4: "within a reasonable amount of time"
                _context.Abort(new ConnectionAbortedException("No CONNECT in time."));
            }

            return;
        }

        var flush = Volatile.Read(ref _flushSince);
        if (flush != 0 && Passed(flush, now, _server.Limits.WriteTimeout))
        {
            Expire(MqttCounter.WriteTimeoutsTotal, ReasonCode.UnspecifiedError, "the client reads nothing");
            _context.Abort(new ConnectionAbortedException("The client reads nothing."));
            return;
        }

        if (Volatile.Read(ref _resting))
        {
            return; // nothing is read from it now: its silence is ours
        }

        var keepAlive = Volatile.Read(ref _keepAliveTicks);
        if (keepAlive != 0 && now - Volatile.Read(ref _lastPacket) >= keepAlive)
        {
            Expire(MqttCounter.KeepAliveTimeoutsTotal, ReasonCode.KeepAliveTimeout, "silence"); // [MQTT-3.1.2-22] (3.1.1: [MQTT-3.1.2-24])
            return;
        }

        var partial = Volatile.Read(ref _partialSince);
        if (partial != 0 && Passed(partial, now, _server.Limits.PacketTimeout))
        {
            Expire(MqttCounter.PacketTimeoutsTotal, ReasonCode.ImplementationSpecificError, "a packet that did not end");
        }
    }

    private void Expire(MqttCounter counter, ReasonCode reason, string cause)
    {
        if (Close(reason))
        {
            _server.Metrics.Add(counter);
            _server.Log.Closed(ClientId, Remote, reason, cause);
        }
    }

    private bool Passed(long since, long now, TimeSpan limit) => _server.Time.GetElapsedTime(since, now) >= limit;
}
