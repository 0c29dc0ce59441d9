using System.Threading.Channels;

namespace SmartCity.Ingest.Book;

/// <summary>One transition of an alert, as readers get it.</summary>
/// <param name="Sequence">Its number in the book: the event id.</param>
/// <param name="Kind">Kind of the alert, as it stands in the topic.</param>
/// <param name="Json">The alert and its transition (UTF-8), the same bytes for every reader and at every time.</param>
internal sealed record BookEvent(long Sequence, string Kind, ReadOnlyMemory<byte> Json);

/// <summary>
/// Tells who listens what has just been committed. Every subscriber has a bounded queue; one that does not keep up is
/// closed (its queue completes), and reads on from the book at the last number it has seen.
/// </summary>
internal sealed class BookEvents
{
    private readonly Lock _gate = new();
    private Subscription[] _subscribers = [];
    private long _last;
    private long _overflows;

    /// <summary>How many listen now.</summary>
    public int Subscribers => _subscribers.Length;

    /// <summary>How often one was closed because it did not keep up.</summary>
    public long Overflows => Volatile.Read(ref _overflows);

    /// <summary>The number of the last event that was told.</summary>
    public long Last => Volatile.Read(ref _last);

    /// <summary>A person has acted on a fire zone: (place, what stands now). On the writer's thread, after the commit; must be quick.</summary>
    public Action<string, ZoneAct>? ZoneActed { get; set; }

    /// <summary>Listens from the next commit on.</summary>
    /// <param name="capacity">Events that may wait for this subscriber.</param>
    public Subscription Subscribe(int capacity = 256)
    {
        var subscription = new Subscription(this, capacity);
        lock (_gate)
        {
            _subscribers = [.. _subscribers, subscription];
        }

        return subscription;
    }

    /// <summary>Somebody else's steps are in the book between the last that was told and one of ours: <see cref="Tell"/> is due. Any thread; must not wait.</summary>
    internal Action? Missed { get; set; }

    /// <summary>Called on the writer's thread, in order of sequence.</summary>
    internal void Publish(BookEvent happened)
    {
        lock (_gate)
        {
            if (happened.Sequence == _last + 1)
            {
                Offer(happened);
                return;
            }

            if (happened.Sequence <= _last)
            {
                return; // whoever reads what others wrote was faster
            }
        }

        // A number in between was written by another process: it is told first, and this one after it.
        Missed?.Invoke();
    }

    /// <summary>Tells what was read in the book after <see cref="Last"/>, in order.</summary>
    internal void Tell(IEnumerable<BookEvent> read)
    {
        foreach (var happened in read)
        {
            lock (_gate)
            {
                if (happened.Sequence > _last)
                {
                    Offer(happened);
                }
            }
        }
    }

    /// <summary>The last number in the book when it was opened.</summary>
    internal void StartAfter(long last) => Volatile.Write(ref _last, last);

    private void Offer(BookEvent happened)
    {
        Volatile.Write(ref _last, happened.Sequence);
        foreach (var subscriber in _subscribers)
        {
            if (!subscriber.Offer(happened))
            {
                Interlocked.Increment(ref _overflows);
                Remove(subscriber);
            }
        }
    }

    private void Remove(Subscription subscription)
    {
        lock (_gate)
        {
            _subscribers = [.. _subscribers.Where(s => s != subscription)];
        }
    }

    /// <summary>One listener. <see cref="Events"/> completes when it has fallen behind or was disposed.</summary>
    internal sealed class Subscription : IDisposable
    {
        private readonly BookEvents _owner;
        private readonly Channel<BookEvent> _queue;

        internal Subscription(BookEvents owner, int capacity)
        {
            _owner = owner;
            _queue = Channel.CreateBounded<BookEvent>(new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = false });
        }

        public ChannelReader<BookEvent> Events => _queue.Reader;

        public void Dispose()
        {
            _queue.Writer.TryComplete();
            _owner.Remove(this);
        }

        internal bool Offer(BookEvent happened)
        {
            if (_queue.Writer.TryWrite(happened))
            {
                return true;
            }

            _queue.Writer.TryComplete();
            return false;
        }
    }
}
