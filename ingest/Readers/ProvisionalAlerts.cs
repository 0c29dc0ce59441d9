using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Readers;

/// <summary>What the rules say while the book is away, as people get it.</summary>
/// <param name="Away">The book does not answer.</param>
/// <param name="Since">Since when; null while it does.</param>
/// <param name="Count">How many alerts there are.</param>
/// <param name="Items">The worst of them, at most <see cref="ProvisionalAlerts.Most"/>. Their ids are those that the book will know them by.</param>
internal sealed record ProvisionalView(bool Away, DateTimeOffset? Since, int Count, IReadOnlyList<AlertView> Items);

/// <summary>One state of it, with its bytes for every stream.</summary>
internal sealed record ProvisionalNow(ProvisionalView View)
{
    public bool Away => View.Away;

    public ReadOnlyMemory<byte> Json { get; } = JsonSerializer.SerializeToUtf8Bytes(View, BookJson.Options);
}

/// <summary>
/// What this server's rules say and the book has not got, because it is away: for this server's own screens, so that an officer sees a fire. It is in no book, has
/// no number, goes to no webhook and no MQTT reader, and nobody can act on it: what another server has judged meanwhile nobody here knows. When the book is back
/// it says what became of it, and this is empty.
/// </summary>
internal sealed class ProvisionalAlerts
{
    /// <summary>Items that a screen is sent: in a city on fire the worst are enough, and their number is said.</summary>
    public const int Most = 500;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(0.5);

    private readonly Func<IEnumerable<IReadOnlyList<AlertChange>>> _pending;
    private readonly Func<RegistrySnapshot> _registry;
    private readonly BookWatch _watch;
    private readonly TimeProvider _time;
    private IReadOnlyList<IReadOnlyList<AlertChange>> _seen = [];
    private volatile Standing _current = new(new ProvisionalNow(new ProvisionalView(false, null, 0, [])));

    /// <param name="pending">What each lane's rules have said and the book has not got; lists that do not change.</param>
    /// <param name="registry">Where devices and zones are.</param>
    /// <param name="watch">Whether the book answers.</param>
    /// <param name="time">The clock.</param>
    public ProvisionalAlerts(Func<IEnumerable<IReadOnlyList<AlertChange>>> pending, Func<RegistrySnapshot> registry, BookWatch watch, TimeProvider time) =>
        (_pending, _registry, _watch, _time) = (pending, registry, watch, time);

    /// <summary>Of a book that is never away.</summary>
    public static ProvisionalAlerts None { get; } = new(() => [], () => RegistrySnapshot.Empty, new BookWatch(), TimeProvider.System);

    /// <summary>What stands now, and a task that ends when it is something else.</summary>
    public (ProvisionalNow Now, Task Next) Current
    {
        get
        {
            var current = _current;
            return (current.Now, current.Next.Task);
        }
    }

    /// <summary>Looks until cancelled; not at all at a book in a file.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (_watch.IsWatching)
        {
            await Task.Delay(Every, _time, cancel);
            Look();
        }
    }

    /// <summary>Looks once.</summary>
    public void Look()
    {
        var before = _current;
        var since = _watch.Since;

        // What is shown stays until the book has said what became of it.
        IReadOnlyList<IReadOnlyList<AlertChange>> lists = since is not null || before.Now.View.Count > 0 ? [.. _pending()] : [];
        if (before.Now.Away == since is not null && lists.Count == _seen.Count && lists.Zip(_seen).All(both => ReferenceEquals(both.First, both.Second)))
        {
            return;
        }

        _seen = lists;
        var alerts = new Dictionary<string, AlertView>(StringComparer.Ordinal);
        foreach (var change in lists.SelectMany(list => list))
        {
            alerts[change.AlertId] = After(alerts.GetValueOrDefault(change.AlertId), change);
        }

        var items = alerts.Values.OrderByDescending(a => a.Severity).ThenByDescending(a => a.MeasuredAt).ToList();
        _current = new(new ProvisionalNow(new ProvisionalView(since is not null, since, items.Count, items.Count > Most ? items.GetRange(0, Most) : items)));
        before.Next.TrySetResult();
    }

    // As AlertFold would bring it into the book, as far as that can be known without it.
    private AlertView After(AlertView? before, AlertChange change)
    {
        var over = change.What == AlertChangeKind.Cleared;
        var state = over && change.AutoResolve ? AlertState.Resolved : AlertState.Raised;
        return before is null
            ? new AlertView
            {
                Id = change.AlertId,
                Kind = change.Kind,
                Severity = change.Severity,
                State = state,
                Device = change.Device,
                Zone = change.Zone,
                Location = _registry().LocationOf(change.Device, change.Zone),
                Rule = change.Rule,
                Value = change.Value,
                Threshold = change.Threshold,
                Detail = change.Detail,
                MeasuredAt = Instant.ToMoment(change.MeasuredAt),
                ReceivedAt = Instant.ToMoment(change.ReceivedAt),
                RaisedAt = Instant.ToMoment(change.ReceivedAt),
                Historical = change.Historical,
                ClearedAt = over ? Instant.ToMoment(change.MeasuredAt) : null,
                Provisional = true,
            }
            : before with
            {
                Severity = over ? before.Severity : change.Severity,
                State = state,
                Value = change.Value ?? before.Value,
                Threshold = change.Threshold ?? before.Threshold,
                Detail = change.Detail ?? before.Detail,
                ClearedAt = over ? Instant.ToMoment(change.MeasuredAt) : null,
            };
    }

    private sealed record Standing(ProvisionalNow Now)
    {
        public TaskCompletionSource Next { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
