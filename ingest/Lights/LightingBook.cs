using System.Globalization;
using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Lights;

/// <summary>
/// Programmes, calendars, holidays, groups, settings and orders: read from memory, written to the book first. A change begins from what the file says, which another process may
/// have written; the snapshot is replaced as a whole, on the writer's thread, after the commit.
/// </summary>
internal sealed class LightingBook(BookStore store, Func<RegistrySnapshot> registry, TimeZoneInfo zone, TimeProvider time)
{
    private volatile LightingSnapshot _current = LightingSnapshot.Empty;
    private volatile LampDirectory? _directory;

    /// <summary>Something is another one: who has told gateways of it should look again. Must be quick; any thread.</summary>
    public event Action? Changed;

    /// <summary>Why the gateways' documents could not hold an order, with the lamps as they would be then; null = they can.</summary>
    public Func<LampDirectory, LightOrder, string?> Refuses { get; set; } = static (_, _) => null;

    /// <summary>The book now.</summary>
    public LightingSnapshot Current => _current;

    /// <summary>The lamps under the book and the registry of now.</summary>
    public LampDirectory Directory
    {
        get
        {
            var (registered, current) = (registry(), _current);
            var known = _directory;
            return known is not null && ReferenceEquals(known.Registry, registered) && ReferenceEquals(known.Lighting, current)
                ? known
                : _directory = new LampDirectory(registered, current, zone);
        }
    }

    /// <summary>Reads the book: at start, and when another process has changed it.</summary>
    public async Task LoadAsync(CancellationToken cancel)
    {
        await store.WriteAsync(transaction => Replace(transaction, LightingTables.Load(transaction.Sql)), cancel); // in its turn among the changes
    }

    /// <summary>Makes, changes or removes a document.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="id">Its id: an identifier; of a setting, its place.</param>
    /// <param name="name">What people call it.</param>
    /// <param name="body">Its JSON; null removes it.</param>
    /// <param name="expected">The revision that was seen; null for whatever it is.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <returns>Null when it is done; else who was first.</returns>
    /// <exception cref="LightingException">Something is wrong with it; nothing was changed.</exception>
    public Task<LightConflict?> PutAsync(LightKind kind, string id, string? name, string? body, long? expected, string who, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var current = LightingTables.Load(transaction.Sql);
            var before = current.Items.GetValueOrDefault((kind, id));
            if (expected is { } seen && (before?.Body is null ? 0 : before.Revision) != seen)
            {
                return new LightConflict(before?.Revision ?? 0, before?.ChangedBy ?? "");
            }

            if (body is null && before?.Body is null)
            {
                throw new LightingException($"there is no {LightingTables.Word(kind)} \"{id}\"");
            }

            var now = time.GetUtcNow();
            var after = new LightItem(kind, id, name, body, (before?.Revision ?? 0) + 1, who, now);
            var snapshot = current.With(after);
            if (kind == LightKind.Group && body is not null
                && new LampDirectory(registry(), snapshot, zone).Lamps.Sum(l => l.Groups.Count) is > LightingRules.MostMemberships and var memberships)
            {
                throw new LightingException(string.Create(
                    CultureInfo.InvariantCulture, $"all groups together would hold {memberships} lamps, {LightingRules.MostMemberships} at most; take streets or groups out"));
            }

            LightingTables.Save(transaction.Sql, after);
            var word = LightingTables.Word(kind);
            transaction.Audit(Instant.From(now), who, body is null ? $"remove-{word}" : before?.Body is null ? $"add-{word}" : $"change-{word}", $"lighting/{word}/{id}", name);
            Replace(transaction, snapshot);
            return null;
        },
        cancel);

    /// <summary>Takes an order.</summary>
    /// <returns>It, with its number.</returns>
    /// <exception cref="LightingException">There are too many, or no lamp is there.</exception>
    public Task<LightOrder> OrderAsync(
        LightTarget target, double level, int priority, DateTimeOffset start, DateTimeOffset? expires, string? reason, string who, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            var current = LightingTables.Load(transaction.Sql);
            // "Everything on" is not refused because others have ordered much.
            var spare = priority == LightOverride.EverythingOn && target == LightTarget.City ? LightingRules.SpareOrders : 0;
            if (current.Orders.Count >= LightingRules.MostOrders + spare)
            {
                throw new LightingException(string.Create(CultureInfo.InvariantCulture, $"{LightingRules.MostOrders} orders hold or are ahead; release some"));
            }

            var directory = new LampDirectory(registry(), current, zone);
            var lamps = directory.Of(target).ToList();
            if (lamps.Count == 0)
            {
                throw new LightingException($"there is no lamp in {target}");
            }

            if (lamps.Find(l => directory.OverridesOf(l.Id).Count >= LightingRules.MostOrdersOfALamp + spare) is { } full)
            {
                throw new LightingException(string.Create(CultureInfo.InvariantCulture, $"lamp {full.Id} has {LightingRules.MostOrdersOfALamp} orders already; release some"));
            }

            var now = time.GetUtcNow();
            var order = LightingTables.Add(transaction.Sql, new LightOrder(0, target, level, priority, start, expires, reason, who, now));
            transaction.Audit(Instant.From(now), who, "light-order", $"lighting/{target}", string.Create(CultureInfo.InvariantCulture, $"{order.Id}: {level} %, priority {priority}"));
            var after = LightingTables.Load(transaction.Sql);
            if (Refuses(new LampDirectory(directory.Registry, after, zone), order) is { } why)
            {
                throw new LightingException(why); // and the row goes back with the transaction
            }

            Replace(transaction, after);
            return order;
        },
        cancel,
        WritePriority.Alarm); // "everything on" is an emergency's word

    /// <summary>Releases an order.</summary>
    /// <returns>It as it is now; null when there is none. One that had ended stays as it ended.</returns>
    public Task<LightOrder?> ReleaseAsync(long order, string who, CancellationToken cancel) => store.WriteAsync(
        transaction =>
        {
            if (LightingTables.Find(transaction.Sql, order) is { EndedAt: null } held)
            {
                var now = time.GetUtcNow();
                LightingTables.End(transaction.Sql, order, now, who);
                transaction.Audit(Instant.From(now), who, "light-release", $"lighting/{held.Target}", held.Id);
                Replace(transaction, LightingTables.Load(transaction.Sql));
            }

            return LightingTables.Find(transaction.Sql, order);
        },
        cancel,
        WritePriority.Alarm);

    /// <summary>Call it about once a second: orders whose time is over leave the book's present, and the gateways' documents with it.</summary>
    public async Task TickAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (!_current.Orders.Values.Any(o => o.Expires <= now))
        {
            return;
        }

        await store.WriteAsync(
            transaction =>
            {
                var over = _current.Orders.Values.Where(o => o.Expires <= now).ToList();
                foreach (var order in over)
                {
                    LightingTables.End(transaction.Sql, order.Sequence, order.Expires!.Value, null);
                }

                Replace(transaction, LightingTables.Load(transaction.Sql));
            },
            cancel);
    }

    /// <summary>An order, ended or not; null when there is none.</summary>
    public Task<LightOrder?> FindAsync(long order, CancellationToken cancel) =>
        _current.Orders.TryGetValue(order, out var held) ? Task.FromResult<LightOrder?>(held) : store.ReadAsync(sql => LightingTables.Find(sql, order), cancel);

    /// <summary>Orders before a number, newest first.</summary>
    public Task<List<LightOrder>> BeforeAsync(long before, int limit, CancellationToken cancel) => store.ReadAsync(sql => LightingTables.Before(sql, before, limit), cancel);

    private void Replace(BookTransaction transaction, LightingSnapshot snapshot) => transaction.AfterCommit(() =>
    {
        _current = snapshot;
        Changed?.Invoke();
    });
}
