using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Reports;

/// <summary>
/// How much of a span devices in service were heard. A device counts as silent from the onset of its silence alert until it was
/// heard again; an hour in which the server itself did not run is nobody's silence.
/// </summary>
internal sealed class Availability(DateTimeOffset from, DateTimeOffset until)
{
    /// <summary>Devices that a report names.</summary>
    public const int Worst = 20;

    private readonly long _from = Instant.From(from);
    private readonly long _until = Instant.From(until);
    private readonly Dictionary<string, long> _silent = new(StringComparer.Ordinal);

    /// <summary>Takes one silence in: from its onset to when the device was heard again (null: it is still silent).</summary>
    public void Add(string device, long onset, long? heard)
    {
        var span = Math.Min(heard ?? long.MaxValue, _until) - Math.Max(onset, _from);
        if (span > 0)
        {
            _silent[device] = Math.Min(_until - _from, _silent.GetValueOrDefault(device) + span);
        }
    }

    /// <summary>The figures, for the devices in service in a registry.</summary>
    public AvailabilityFigures Figures(IReadOnlyList<DeviceRow> devices)
    {
        var span = Math.Max(1, _until - _from);
        var kinds = new SortedDictionary<string, (long Devices, double Silent, long WereSilent)>(StringComparer.Ordinal);
        var worst = new PriorityQueue<DeviceRow, long>();
        foreach (var device in devices.Where(d => d.State == Service.Active))
        {
            var silent = _silent.GetValueOrDefault(device.Id);
            var (count, sum, were) = kinds.GetValueOrDefault(device.Kind);
            kinds[device.Kind] = (count + 1, sum + silent, were + (silent > 0 ? 1 : 0));
            if (silent > 0)
            {
                worst.Enqueue(device, silent);
                if (worst.Count > Worst)
                {
                    worst.Dequeue();
                }
            }
        }

        var all = kinds.Values.Sum(k => k.Devices);
        return new AvailabilityFigures(
            all == 0 || _until <= _from ? null : Percent(kinds.Values.Sum(k => k.Silent), all),
            [.. kinds.Select(k => new KindAvailability(k.Key, k.Value.Devices, Percent(k.Value.Silent, k.Value.Devices), k.Value.WereSilent))],
            [.. worst.UnorderedItems.OrderByDescending(w => w.Priority).ThenBy(w => w.Element.Id, StringComparer.Ordinal)
                .Select(w => new DeviceSilence(w.Element.Id, w.Element.Name, Math.Round(w.Priority / 1e9)))]);

        // Rounded down: what was silent for a second is not at 100 %.
        double Percent(double silent, long count) => Math.Floor((1 - (silent / span / count)) * 10_000) / 100;
    }
}
