namespace SmartCity.Ingest.Book;

/// <summary>A device as somebody unknown named it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Its kind: the measurement it wrote.</param>
/// <param name="Gateway">Who brought it; null over HTTP.</param>
internal readonly record struct UnknownDevice(string Id, string Kind, string? Gateway);

/// <summary>
/// What the city has put up where. Read from an immutable snapshot in memory; a change is in the book before it is in the
/// snapshot. Changes follow one another; reading never waits.
/// </summary>
internal sealed partial class Registry(BookStore store, Func<string, bool> knowsKind, TimeProvider time, RegistryLimits limits)
{
    private const int MostTries = 20;

    private readonly SemaphoreSlim _changes = new(1);
    private volatile RegistrySnapshot _current = RegistrySnapshot.Empty;
    private long _refusedByCap;

    /// <summary>Raised after every change, with the new snapshot. Handlers must not wait.</summary>
    public event Action<RegistrySnapshot>? Changed;

    /// <summary>The registry now.</summary>
    public RegistrySnapshot Current => _current;

    /// <summary>Unknown devices turned away because the cap was reached.</summary>
    public long RefusedByCap => Volatile.Read(ref _refusedByCap);

    /// <summary>Reads the book: at start, and when another process has changed it.</summary>
    /// <param name="keys">What, as <see cref="BookAreas.Registry"/> names it; null: everything.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task LoadAsync(IReadOnlySet<string>? keys, CancellationToken cancel)
    {
        await _changes.WaitAsync(cancel);
        try
        {
            await ReadAsync(keys, cancel);
        }
        finally
        {
            _changes.Release();
        }

        Changed?.Invoke(_current);
    }

    /// <summary>Puts one thing or many, all or none.</summary>
    /// <exception cref="RegistryException">Something is wrong; nothing was changed.</exception>
    /// <exception cref="RegistryConflictException">A row is not as it was seen; nothing was changed.</exception>
    public Task PutAsync(
        RegistryEdits edits, string who, CancellationToken cancel, Func<object, int>? rowOf = null, IProgress<int>? progress = null, SeenRow? seen = null) =>
        ChangeAsync(
            now =>
            {
                Check(seen);
                return Plan(edits, now, rowOf, progress);
            },
            who,
            cancel);

    /// <summary>Only says whether <see cref="PutAsync"/> would take it.</summary>
    /// <exception cref="RegistryException">Something is wrong.</exception>
    public void Judge(RegistryEdits edits, Func<object, int>? rowOf = null, IProgress<int>? progress = null) =>
        Plan(edits, time.GetUtcNow(), rowOf, progress);

    /// <summary>Takes a device out of service. Its history and alerts stay.</summary>
    /// <returns>False when there is no such device.</returns>
    public Task<bool> DecommissionDeviceAsync(string id, string who, CancellationToken cancel) => ChangeAsync(
        now => Retire("device", id, _current.Devices.Find(id)?.Row, row => row with { State = Service.Decommissioned, Revision = row.Revision + 1, ChangedAt = now }, b => b.Devices),
        who,
        cancel);

    /// <inheritdoc cref="DecommissionDeviceAsync"/>
    public Task<bool> DecommissionGatewayAsync(string id, string who, CancellationToken cancel) => ChangeAsync(
        now => Retire("gateway", id, _current.Gateways.GetValueOrDefault(id), row => row with { State = Service.Decommissioned, Revision = row.Revision + 1, ChangedAt = now }, b => b.Gateways),
        who,
        cancel);

    /// <inheritdoc cref="DecommissionDeviceAsync"/>
    public Task<bool> DecommissionZoneAsync(string id, string who, CancellationToken cancel) => ChangeAsync(
        now => Retire("zone", id, _current.Zones.GetValueOrDefault(id), row => row with { State = Service.Decommissioned, Revision = row.Revision + 1, ChangedAt = now }, b => b.Zones),
        who,
        cancel);

    /// <inheritdoc cref="DecommissionDeviceAsync"/>
    public Task<bool> DecommissionStreetAsync(string id, string who, CancellationToken cancel) => ChangeAsync(
        now => Retire("street", id, _current.Streets.GetValueOrDefault(id), row => row with { State = Service.Decommissioned, Revision = row.Revision + 1, ChangedAt = now }, b => b.Streets),
        who,
        cancel);

    /// <summary>Puts a new device in the place of an old one: it takes over everything but the id.</summary>
    /// <returns>False when there is no old device in service.</returns>
    /// <exception cref="RegistryException">The new id is malformed or already taken.</exception>
    public Task<bool> ReplaceDeviceAsync(string id, string by, string who, CancellationToken cancel) => ChangeAsync(
        now =>
        {
            var batch = new RegistryBatch();
            if (_current.Devices.Find(id)?.Row is not { State: Service.Active } old)
            {
                return batch;
            }

            if (!Identifiers.IsValid(by) || _current.Devices.Find(by) is { Row.State: Service.Active, Row.Registered: true })
            {
                throw Refused(by, "by", "the new device's id is 1-63 of a-z 0-9 - _, and not one that is in service already");
            }

            batch.Devices.Add(old with { State = Service.Replaced, ReplacedBy = by, Revision = old.Revision + 1, ChangedAt = now });
            batch.Devices.Add(old with { Id = by, Registered = true, Revision = (_current.Devices.Find(by)?.Row.Revision ?? 0) + 1, ChangedAt = now });
            batch.Audit.Add(("replace", $"device/{id}", by));
            batch.Audit.Add(("put", $"device/{by}", $"in the place of {id}"));
            return batch;
        },
        who,
        cancel);

    /// <summary>Takes unknown devices in (an open server only): one transaction for all of them, up to the cap.</summary>
    /// <returns>True when every one of them is in the registry now.</returns>
    public async ValueTask<bool> RegisterUnknownAsync(IReadOnlyList<UnknownDevice> devices, CancellationToken cancel)
    {
        var refused = 0;
        await ChangeAsync(
            now =>
            {
                var batch = new RegistryBatch();
                foreach (var device in devices)
                {
                    if (_current.Devices.Find(device.Id) is not null || batch.Devices.Exists(d => d.Id == device.Id))
                    {
                        continue;
                    }

                    if (_current.Devices.Count + batch.Devices.Count >= limits.MaximumUnknown || !Identifiers.IsValid(device.Id) || !knowsKind(device.Kind))
                    {
                        refused++;
                        continue;
                    }

                    batch.Devices.Add(new DeviceRow(
                        device.Id, device.Kind, device.Gateway, null, null, null, null, null, null, Registered: false, null, Service.Active, 1, now));
                }

                return batch;
            },
            "open",
            cancel);
        Interlocked.Add(ref _refusedByCap, refused);
        return refused == 0;
    }

    private static RegistryException Refused(string id, string field, string message) => new([new RowError(1, id, field, message)]);

    private static RegistryBatch Retire<T>(string what, string id, T? row, Func<T, T> retired, Func<RegistryBatch, List<T>> list)
        where T : class, IRegistryRow
    {
        var batch = new RegistryBatch();
        if (row is { State: Service.Active })
        {
            list(batch).Add(retired(row));
            batch.Audit.Add(("decommission", $"{what}/{id}", null));
        }

        return batch;
    }

    private RegistryBatch Plan(RegistryEdits edits, DateTimeOffset now, Func<object, int>? rowOf, IProgress<int>? progress)
    {
        var batch = new RegistryPlan(_current, knowsKind, now, limits.ThresholdFaults).Make(edits, rowOf, progress);
        return _current.Devices.Count + batch.Devices.Count(d => _current.Devices.Find(d.Id) is null) > limits.MaximumDevices
            ? throw Refused("", "id", FormattableString.Invariant($"more than {limits.MaximumDevices} devices; raise the limit of the registry"))
            : batch;
    }

    private async Task<bool> ChangeAsync(Func<DateTimeOffset, RegistryBatch> plan, string who, CancellationToken cancel)
    {
        var (done, moved) = (false, 0);
        await _changes.WaitAsync(cancel);
        try
        {
            while (true)
            {
                var now = time.GetUtcNow();
                var batch = plan(now);
                try
                {
                    done = await WriteAsync(batch, who, now);
                    break;
                }
                catch (RegistryMovedException e)
                {
                    // What was planned began from what is no longer so: it is planned again from what is.
                    await ReadAsync(batch.Rows().Select(r => r.Target).ToHashSet(StringComparer.Ordinal), cancel);
                    if (++moved == MostTries)
                    {
                        throw new BookEngineException(BookFault.Busy, e.Message, e);
                    }
                }
            }
        }
        finally
        {
            _changes.Release();
        }

        if (done || moved > 0)
        {
            Changed?.Invoke(_current);
        }

        return done;
    }

    private async Task<bool> WriteAsync(RegistryBatch batch, string who, DateTimeOffset now)
    {
        if (batch.IsEmpty)
        {
            return false;
        }

        // Not cancelled half way: once the book has it, the snapshot must have it.
        foreach (var part in batch.Parts(RegistryImport.MaximumRows))
        {
            await store.WriteAsync(transaction => RegistryTables.Write(transaction, part, who, Instant.From(now)), CancellationToken.None);
            _current = _current.With(part);
        }

        return true;
    }

    private async Task ReadAsync(IReadOnlySet<string>? keys, CancellationToken cancel)
    {
        var rows = await store.ReadAsync(sql => RegistryTables.Read(sql, keys), cancel);
        _current = keys is null ? RegistrySnapshot.Empty.With(rows).KeepingObjectsOf(_current) : _current.With(rows);
    }
}

/// <summary>Bounds of the registry.</summary>
internal sealed record RegistryLimits
{
    /// <summary>Devices in all, in service or not: a city of ten million people has about a million lamps, and as many again may be out of service.</summary>
    public int MaximumDevices { get; init; } = 2_000_000;

    /// <summary>What is wrong with the thresholds of a device of a kind; nothing when nobody knows.</summary>
    public Func<string, IReadOnlyDictionary<string, double>, IEnumerable<string>> ThresholdFaults { get; init; } = (_, _) => [];

    /// <summary>Beyond this many devices an open server takes in no more unknown ones.</summary>
    public int MaximumUnknown { get; init; } = 10_000;
}
