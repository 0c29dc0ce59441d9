namespace SmartCity.Mqtt;

/// <content>The life of sessions: opened, taken over, closed, ended; and their wills.</content>
public sealed partial class Broker
{
    /// <summary>Opens the session of a client whose CONNECT was accepted; a connection that has it is told 0x8E [MQTT-3.1.4-3].</summary>
    /// <param name="request">Who, and what it asks for.</param>
    /// <returns>The session; the connection then calls <see cref="Session.TryNext"/> once CONNACK is written.</returns>
    public SessionOpening Open(SessionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var expiry = GrantExpiry(request);
        if (expiry > 0 && _context.Store is { HasRoom: false })
        {
            Statistics.CountStoreFull();
            return new SessionOpening(ReasonCode.ServerBusy, Session: null, SessionPresent: false, ExpirySeconds: 0);
        }

        ISessionSink? previous = null;
        List<(string ClientId, WillMessage Will)> wills = [];
        SessionOpening opening;
        lock (_gate)
        {
            var present = false;
            if (_sessions.TryGetValue(request.ClientId, out var session))
            {
                present = TakeOver(session, request.CleanStart, wills, out previous);
            }

            if (!present && _sessions.Count >= _context.Options.MaximumSessions && !(expiry == 0 && MakeRoom(wills)))
            {
                Statistics.CountSessionRefused();
                opening = new SessionOpening(ReasonCode.QuotaExceeded, Session: null, SessionPresent: false, ExpirySeconds: 0);
            }
            else
            {
                if (!present)
                {
                    session = new Session(_context, request.ClientId, ++_lastSession);
                    _sessions.Add(request.ClientId, session);
                }

                session!.Will = request.Will;
                session.WillDue = DateTimeOffset.MaxValue;             // [MQTT-3.1.3-9]
                session.Expires = DateTimeOffset.MaxValue;
                if (_context.Store is { } store && (expiry > 0 || session.HasRow))
                {
                    session.HasRow = true;
                    store.Submit([new SessionOpened(session.StoreId, session.ClientId, request.Version, expiry, request.Will)], whenDurable: null);
                }

                session.Attach(request, expiry);
                opening = new SessionOpening(ReasonCode.Success, session, present, expiry);
            }
        }

        previous?.Disconnect(ReasonCode.SessionTakenOver);
        PublishWills(wills);
        return opening;
    }

    /// <summary>A connection is over; the session stays for its expiry interval or ends now.</summary>
    /// <param name="session">Its session.</param>
    /// <param name="via">The connection; when it no longer has the session nothing happens.</param>
    /// <param name="clientReason">Reason code of the client's DISCONNECT, or null when there was none: the will is published unless this is success [MQTT-3.14.4-3].</param>
    /// <param name="expirySeconds">The expiry interval the client's DISCONNECT sets, or null.</param>
    public void Close(Session session, ISessionSink via, ReasonCode? clientReason, uint? expirySeconds = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        List<(string ClientId, WillMessage Will)> wills = [];
        lock (_gate)
        {
            if (!session.IsHeldBy(via))
            {
                return;
            }

            if (expirySeconds is { } changed)
            {
                if (session.ExpirySeconds == 0 && changed != 0)
                {
                    clientReason = ReasonCode.ProtocolError;          // §3.14.2.2.2: zero cannot be taken back
                }
                else
                {
                    session.SetExpiry(Math.Min(changed, MaximumExpirySeconds));
                }
            }

            if (clientReason == ReasonCode.Success)
            {
                session.Will = null;                                  // [MQTT-3.1.2-10]
            }

            Disconnected(session, wills);
        }

        PublishWills(wills);
    }

    /// <summary>Ends a session whatever its expiry, as when a client's right to it is withdrawn; a connection that has it is told why.</summary>
    /// <param name="clientId">Whose.</param>
    /// <param name="reason">What the connection is told.</param>
    /// <returns>False when there is none.</returns>
    public bool Remove(string clientId, ReasonCode reason)
    {
        List<(string ClientId, WillMessage Will)> wills = [];
        ISessionSink? sink;
        lock (_gate)
        {
            if (!_sessions.TryGetValue(clientId, out var session))
            {
                return false;
            }

            sink = session.Detach();
            End(session, wills);
        }

        sink?.Disconnect(reason);
        PublishWills(wills);
        return true;
    }

    // Whoever keeps sessions could otherwise keep everybody else out with them: one that lives as long as its connection, and is bounded with
    // the connections, takes the place of the kept one that would end first.
    private bool MakeRoom(List<(string ClientId, WillMessage Will)> wills)
    {
        var first = _sessions.Values.Where(s => !s.IsConnected).MinBy(s => s.Expires);
        if (first is null)
        {
            return false;
        }

        Statistics.CountSessionOverflowed();
        End(first, wills);
        return true;
    }

    private uint MaximumExpirySeconds => (uint)Math.Min(uint.MaxValue, _context.Options.MaximumSessionExpiry.TotalSeconds);

    private uint GrantExpiry(SessionRequest request)
    {
        var asked = request.Version == ProtocolVersion.V500
            ? request.ExpirySeconds
            : request.CleanStart ? 0 : uint.MaxValue;                 // 3.1.1: clean session 0 is for ever, 1 is for this connection (5, §3.1.2.11.2)
        return Math.Min(asked, MaximumExpirySeconds);
    }

    /// <summary>Takes a known session from whoever has it, or ends it; says whether its state is still there to be resumed.</summary>
    private bool TakeOver(Session session, bool cleanStart, List<(string ClientId, WillMessage Will)> wills, out ISessionSink? previous)
    {
        previous = session.Detach();
        if (previous is not null)
        {
            Statistics.CountTakenOver();
            if (session.Will is { DelayInterval: 0 })
            {
                TakeWill(session, wills);                             // §3.1.4: the old connection is closed, so its will goes out
            }
        }

        // [MQTT-3.1.2-4] clean start discards; a session of expiry 0 ended with its connection. Either ends the session, and with it a will's delay.
        if (cleanStart || !session.IsPersistent || session.Expires <= _context.Clock.Now)
        {
            End(session, wills);
            return false;
        }

        return true;                                                  // [MQTT-3.1.2-5]; a delayed will is cancelled by the caller [MQTT-3.1.3-9]
    }

    private void Disconnected(Session session, List<(string ClientId, WillMessage Will)> wills)
    {
        session.Detach();
        if (!session.IsPersistent)
        {
            End(session, wills);                                      // [MQTT-4.1.0-1] kept only while its expiry says so
            return;
        }

        var now = _context.Clock.Now;
        session.Expires = session.ExpirySeconds == uint.MaxValue ? DateTimeOffset.MaxValue : now + TimeSpan.FromSeconds(session.ExpirySeconds);
        var will = session.Will;
        if (will is { DelayInterval: 0 })
        {
            TakeWill(session, wills, tellStore: false);
        }
        else if (will is not null)
        {
            session.WillDue = now + TimeSpan.FromSeconds(will.DelayInterval);   // or when the session ends, if that is sooner
        }

        if (session.HasRow)
        {
            _context.Store!.Submit(
                [new SessionClosed(session.StoreId, now, session.ExpirySeconds, session.Will is not null, session.SentUpTo())], whenDurable: null);
        }
    }

    /// <summary>Forgets a session. A will that still stands goes out now: the session's end ends its delay [MQTT-3.1.2-8].</summary>
    private void End(Session session, List<(string ClientId, WillMessage Will)> wills)
    {
        TakeWill(session, wills, tellStore: false);
        if (_sessions.TryGetValue(session.ClientId, out var known) && ReferenceEquals(known, session))
        {
            _sessions.Remove(session.ClientId);
        }

        foreach (var filter in session.Subscriptions.Keys)
        {
            _index.Remove(session, filter);
        }

        session.Subscriptions.Clear();
        _hasSubscribers = _index.Count > 0;
        if (session.HasRow)
        {
            _context.Store!.Submit([new SessionEnded(session.StoreId)], whenDurable: null);
        }

        session.End();
    }

    private void TakeWill(Session session, List<(string ClientId, WillMessage Will)> wills, bool tellStore = true)
    {
        if (session.Will is not { } will)
        {
            return;
        }

        wills.Add((session.ClientId, will));
        session.Will = null;                                          // [MQTT-3.1.2-10] published once
        session.WillDue = DateTimeOffset.MaxValue;
        if (tellStore && session.HasRow)
        {
            _context.Store!.Submit([new WillDropped(session.StoreId)], whenDurable: null);
        }
    }

    private void PublishWills(List<(string ClientId, WillMessage Will)> wills)
    {
        foreach (var (clientId, will) in wills)
        {
            Statistics.CountWillPublished();
            Route(new ApplicationMessage(will.Topic, will.Payload, will.Qos, will.Retain) { Properties = will.Properties }, clientId, null, 0, null);
        }
    }
}
