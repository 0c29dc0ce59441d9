namespace SmartCity.Ingest.Book;

/// <summary>What duty officers may change of a zone.</summary>
/// <param name="Runbook">What to do when it alarms; at most 8,000 characters.</param>
/// <param name="Phones">Whom to call, in that order; at most 20.</param>
internal sealed record ZoneCard(string? Runbook = null, IReadOnlyList<ZonePhone>? Phones = null);

/// <summary>The revision of a row that somebody has seen before changing it.</summary>
/// <param name="What">device, gateway, zone or street.</param>
/// <param name="Id">Its id.</param>
/// <param name="Revision">Its revision; 0 when it must not be there yet.</param>
internal sealed record SeenRow(string What, string Id, long Revision);

/// <summary>A row is not as the one who changes it has seen it; nothing was changed.</summary>
internal sealed class RegistryConflictException(SeenRow seen, long revision)
    : Exception(seen.Revision == 0 ? $"There is a {seen.What} {seen.Id} already." : $"The {seen.What} {seen.Id} has been changed since you looked at it.")
{
    /// <summary>For the record of who did it.</summary>
    public string Target { get; } = $"{seen.What}/{seen.Id}";

    /// <summary>Its revision now; 0 when it is not there.</summary>
    public long Revision { get; } = revision;
}

/// <summary>Cards of zones, and changes that hold only if nobody was first.</summary>
internal sealed partial class Registry
{
    /// <summary>Puts a zone's runbook and telephone numbers and leaves the rest.</summary>
    /// <returns>False when there is no such zone in service.</returns>
    /// <exception cref="RegistryException">The card is not as it should be.</exception>
    /// <exception cref="RegistryConflictException">The zone is not at the revision that was seen.</exception>
    public async Task<bool> PutCardAsync(string id, ZoneCard card, string who, SeenRow? seen, CancellationToken cancel)
    {
        var found = false;
        await ChangeAsync(
            now =>
            {
                Check(seen);
                if (_current.Zones.GetValueOrDefault(id) is not { State: Service.Active } zone)
                {
                    return new RegistryBatch();
                }

                found = true;
                var edit = new ZoneEdit
                {
                    Id = id,
                    Name = zone.Name,
                    Kind = zone.Kind,
                    Ward = zone.Ward,
                    Lat = zone.Lat,
                    Lon = zone.Lon,
                    Settings = zone.Settings,
                    Runbook = card.Runbook,
                    Phones = card.Phones,
                };
                return Plan(new RegistryEdits { Zones = [edit] }, now, null, null);
            },
            who,
            cancel);
        return found;
    }

    private void Check(SeenRow? seen)
    {
        if (seen is null)
        {
            return;
        }

        IRegistryRow? row = seen.What switch
        {
            "device" => _current.Devices.Find(seen.Id)?.Row,
            "gateway" => _current.Gateways.GetValueOrDefault(seen.Id),
            "zone" => _current.Zones.GetValueOrDefault(seen.Id),
            _ => _current.Streets.GetValueOrDefault(seen.Id),
        };

        // Who makes a new one may take an id up again that is out of service: the revisions count on.
        if (seen.Revision == 0 ? row is { State: Service.Active } : row?.Revision != seen.Revision)
        {
            throw new RegistryConflictException(seen, row?.Revision ?? 0);
        }
    }
}
