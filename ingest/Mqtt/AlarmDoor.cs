using System.Collections.Concurrent;
using SmartCity.Ingest.Book;
using SmartCity.Mqtt;

namespace SmartCity.Ingest.Mqtt;

/// <summary>
/// Alarm connections while the book is away. A server without its book acknowledges no alarm, so a gateway is better off elsewhere: its alarm connection is closed,
/// and let in again only once in a while and for a moment. That moment is for when no server has its book: then the alarm comes in, is judged, and is on this
/// server's screens at least, while the gateway keeps it and offers it to the next.
/// </summary>
/// <param name="watch">Whether the book answers.</param>
/// <param name="close">Closes a client's connection for a reason.</param>
/// <param name="time">The clock.</param>
internal sealed class AlarmDoor(BookWatch watch, Action<string, ReasonCode> close, TimeProvider time)
{
    /// <summary>A gateway's alarm connection is let in once in so long while the book is away: every alarm is on a screen within that, also when all books are away.</summary>
    public static readonly TimeSpan OnceIn = TimeSpan.FromSeconds(8);

    /// <summary>For so long: an alarm that waits is sent at once.</summary>
    public static readonly TimeSpan Stay = TimeSpan.FromSeconds(3);

    private const int MostKnown = 100_000;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(0.5);

    private readonly ConcurrentDictionary<MqttPrincipal, (string Client, long At)> _inside = new();
    private readonly ConcurrentDictionary<string, long> _letIn = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _owed = new(StringComparer.Ordinal);
    private bool _wasAway;

    /// <summary>Whether an alarm connection may come in now.</summary>
    /// <param name="client">The ClientID.</param>
    public bool MayEnter(string client)
    {
        if (!watch.IsAway)
        {
            return true;
        }

        if (_letIn.Count > MostKnown)
        {
            _letIn.Clear();
        }

        var now = time.GetTimestamp();
        var last = _letIn.GetOrAdd(client, now);
        return last == now || (time.GetElapsedTime(last, now) >= OnceIn && _letIn.TryUpdate(client, now, last));
    }

    /// <summary>Whether one that was let in is here for its moment: the book is away, and the other servers had their turn.</summary>
    public bool MayStay(string client) => watch.IsAway && _letIn.ContainsKey(client);

    /// <summary>An alarm connection has been let in.</summary>
    public void Entered(MqttPrincipal principal, string client)
    {
        if (watch.IsWatching)
        {
            _inside[principal] = (client, time.GetTimestamp());
        }
    }

    /// <summary>Any connection is over.</summary>
    public void Left(MqttPrincipal principal) => _inside.TryRemove(principal, out _);

    /// <summary>A connection was let in though the book could not note whose it is: when the book is back it has to come again, which takes a gateway a moment.</summary>
    public void Owe(string client) => _owed[client] = true;

    /// <summary>Runs until cancelled; not at all at a book in a file.</summary>
    /// <param name="back">What else is to be done when the book is back.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task RunAsync(Func<CancellationToken, Task> back, CancellationToken cancel)
    {
        var due = false;
        while (watch.IsWatching)
        {
            await Task.Delay(Every, time, cancel);
            due |= Look();
            if (due && !watch.IsAway)
            {
                try
                {
                    await back(cancel);
                    due = false;
                }
                catch (BookException)
                {
                    // away again: it is said elsewhere
                }
            }
        }
    }

    /// <summary>Looks once.</summary>
    /// <returns>Whether something waits for the book that is back, or will be.</returns>
    internal bool Look()
    {
        if (watch.IsAway)
        {
            foreach (var (client, at) in _inside.Values)
            {
                if (!_wasAway || time.GetElapsedTime(at) >= Stay)
                {
                    _letIn[client] = time.GetTimestamp(); // the others' turn first
                    close(client, ReasonCode.UseAnotherServer); // "server unavailable" is no reason of a DISCONNECT (MQTT 5, table 3-10): it would go out as an error without a meaning
                }
            }

            return _wasAway = true;
        }

        var was = _wasAway || !_owed.IsEmpty;
        _wasAway = false;
        _letIn.Clear();
        foreach (var client in _owed.Keys)
        {
            _owed.TryRemove(client, out _);
            close(client, ReasonCode.ServerBusy);
        }

        return was;
    }
}
