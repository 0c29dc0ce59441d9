namespace SmartCity.Mqtt;

/// <content>Putting back what the store held.</content>
public sealed partial class Broker
{
    /// <summary>Completes when publishers may go on: to be awaited before a publish is routed. At once unless the store's disk is behind.</summary>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>A task that holds one publisher back.</returns>
    public ValueTask RoomAsync(CancellationToken cancel) => _context.Store?.RoomAsync(cancel) ?? ValueTask.CompletedTask;

    private void Restore()
    {
        if (_context.Store?.TakeContents() is not { } contents)
        {
            return;
        }

        _lastSession = contents.LastSession;
        _lastMessage = contents.LastMessage;
        _context.RestoreSequence(contents.LastSequence);
        List<(string ClientId, WillMessage Will)> wills = [];
        lock (_gate)
        {
            foreach (var retained in contents.Retained)
            {
                _retained.Put(retained);
            }

            foreach (var stored in contents.Sessions)
            {
                RestoreSession(stored, wills);
            }

            _hasSubscribers = _index.Count > 0;
        }

        PublishWills(wills);
    }

    private void RestoreSession(StoredSession stored, List<(string ClientId, WillMessage Will)> wills)
    {
        var session = new Session(_context, stored.ClientId, stored.Id) { Will = stored.Will };
        session.RestoreState(stored.Version, stored.ExpirySeconds);
        _sessions.Add(session.ClientId, session);
        foreach (var subscription in stored.Subscriptions)
        {
            session.Subscriptions[subscription.Filter] = subscription;
            _index.Add(session, subscription);
        }

        foreach (var delivery in stored.Deliveries)
        {
            session.Restore(delivery);
        }

        foreach (var packetId in stored.Inbound)
        {
            session.RestoreInbound(packetId);
        }

        if (stored.ClosedAt is not { } closed)
        {
            Disconnected(session, wills);                             // its connection ended with the process, without DISCONNECT
            return;
        }

        session.Expires = session.ExpirySeconds == uint.MaxValue ? DateTimeOffset.MaxValue : closed + TimeSpan.FromSeconds(session.ExpirySeconds);
        if (session.Will is { } will)
        {
            session.WillDue = closed + TimeSpan.FromSeconds(will.DelayInterval);
        }
    }
}
