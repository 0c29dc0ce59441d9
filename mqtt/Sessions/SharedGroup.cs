namespace SmartCity.Mqtt;

/// <summary>The members of one shared subscription (MQTT 5 §4.8.2): each message goes to one of them. Guarded by the broker's lock.</summary>
internal sealed class SharedGroup
{
    private readonly List<(Session Session, Subscription Subscription)> _members = [];
    private int _turn;

    public bool IsEmpty => _members.Count == 0;

    public int Count => _members.Count;

    public bool Put(Session session, Subscription subscription)
    {
        var at = IndexOf(session);
        if (at >= 0)
        {
            _members[at] = (session, subscription);
            return false;
        }

        _members.Add((session, subscription));
        return true;
    }

    public bool Take(Session session)
    {
        var at = IndexOf(session);
        if (at < 0)
        {
            return false;
        }

        _members.RemoveAt(at);
        return true;
    }

    /// <summary>
    /// Whose turn it is: the next connected member; if none is connected, the next one whose session is kept, so that
    /// nothing a kept session was promised is lost.
    /// </summary>
    public bool TryNext(out Session session, out Subscription subscription)
    {
        (Session Session, Subscription Subscription)? kept = null;
        for (var i = 0; i < _members.Count; i++)
        {
            var at = (int)(((uint)_turn + (uint)i) % (uint)_members.Count);
            var member = _members[at];
            if (member.Session.IsConnected)
            {
                _turn = at + 1;
                (session, subscription) = member;
                return true;
            }

            kept ??= member.Session.IsPersistent ? member : null;
        }

        if (kept is { } waiting)
        {
            _turn++;
            (session, subscription) = waiting;
            return true;
        }

        (session, subscription) = (null!, null!);
        return false;
    }

    private int IndexOf(Session session)
    {
        for (var i = 0; i < _members.Count; i++)
        {
            if (ReferenceEquals(_members[i].Session, session))
            {
                return i;
            }
        }

        return -1;
    }
}
