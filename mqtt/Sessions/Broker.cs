using System.Buffers;
using System.Text;

namespace SmartCity.Mqtt;

/// <summary>
/// All sessions, subscriptions, retained messages and wills of one server. Thread-safe. Locks: the broker's own, then a
/// session's, then the store's queue; connections are called outside all of them.
/// </summary>
public sealed partial class Broker : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly SubscriptionIndex _index = new();
    private readonly RetainedMessages _retained;
    private readonly BrokerContext _context;
    private readonly ITimer _sweeper;
    private volatile bool _hasSubscribers;
    private long _lastSession;
    private long _lastMessage;

    /// <summary>Makes a broker and puts back what the store holds.</summary>
    /// <param name="options">Limits.</param>
    /// <param name="time">The clock of every expiry.</param>
    /// <param name="store">Where kept sessions and retained messages survive the process; null: nowhere. Stays the caller's to dispose, after the broker.</param>
    public Broker(BrokerOptions options, TimeProvider time, SessionStore? store)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        _context = new BrokerContext(options, time, store);
        _retained = new RetainedMessages(options);
        Restore();
        _sweeper = time.CreateTimer(static broker => ((Broker)broker!).Sweep(), this, options.SweepInterval, options.SweepInterval);
    }

    /// <summary>What it did and refused.</summary>
    public BrokerStatistics Statistics => _context.Statistics;

    /// <summary>Whether anyone is subscribed to anything. Costs nothing.</summary>
    public bool HasSubscribers => _hasSubscribers;

    /// <summary>Sessions held, connected or not.</summary>
    public int SessionCount
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>Retained messages held.</summary>
    public int RetainedCount
    {
        get
        {
            lock (_gate)
            {
                return _retained.Count;
            }
        }
    }

    /// <summary>Subscriptions held.</summary>
    public int SubscriptionCount
    {
        get
        {
            lock (_gate)
            {
                return _index.Count;
            }
        }
    }

    /// <summary>Bytes queued in all sessions.</summary>
    public long QueuedBytes => _context.QueuedBytes;

    /// <summary>
    /// Whether anyone would get a message on this topic. Allocates nothing: asked before a message is made of a PUBLISH that is not
    /// retained (answer PUBACK 0x10 when false).
    /// </summary>
    /// <param name="topic">A topic name in UTF-8.</param>
    public bool IsSubscribed(in ReadOnlySequence<byte> topic)
    {
        if (!_hasSubscribers)
        {
            return false;
        }

        const int nearBytes = 512;
        var length = (int)topic.Length;                               // ≤ 65,535: it came with a two-byte length
        var rented = length > nearBytes ? ArrayPool<char>.Shared.Rent(length) : null;
        var text = rented ?? stackalloc char[nearBytes];
        var chars = Encoding.UTF8.GetChars(topic, text);
        try
        {
            lock (_gate)
            {
                return _index.Matches(text[..chars]);
            }
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<char>.Shared.Return(rented);
            }
        }
    }

    /// <summary>
    /// Ends expired sessions, publishes due wills, deletes expired retained messages. Runs by itself every
    /// <see cref="BrokerOptions.SweepInterval"/>.
    /// </summary>
    public void Sweep()
    {
        var now = _context.Clock.Now;
        List<(string ClientId, WillMessage Will)> wills = [];
        lock (_gate)
        {
            List<Session>? over = null;
            foreach (var session in _sessions.Values)
            {
                if (session.WillDue <= now)
                {
                    TakeWill(session, wills);
                }

                if (!session.IsConnected && session.Expires <= now)
                {
                    (over ??= []).Add(session);
                }
            }

            foreach (var session in over ?? [])
            {
                Statistics.CountSessionExpired();
                End(session, wills);
            }

            foreach (var topic in _retained.Expired(now))             // [MQTT-3.3.2-5] for retained ones too
            {
                _retained.Remove(topic);
                _context.Store?.Submit([new RetainedRemoved(topic)], whenDurable: null);
            }
        }

        PublishWills(wills);
    }

    /// <summary>Stops sweeping. Connections have to be closed before.</summary>
    /// <returns>When the last sweep is over.</returns>
    public ValueTask DisposeAsync() => _sweeper.DisposeAsync();
}
