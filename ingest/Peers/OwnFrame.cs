using System.Text.Json;
using SmartCity.Grains;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Peers;

/// <summary>A device in what one server tells another: when it was heard, and at which version that last changed.</summary>
internal readonly record struct OwnRow(string Id, long Measured, long Received, long ChangedAt);

/// <summary>
/// The devices that this server has heard, at one moment. As the map does it: each row bears the version at which it last changed, so any earlier version
/// can be answered from one frame. Values are looked up when they are written.
/// </summary>
internal sealed class OwnFrame
{
    /// <summary>Devices in one answer: some three megabytes of stations with sixteen metrics. Who has not seen more asks on.</summary>
    public const int MostRows = 5_000;

    private OwnFrame(long version, long since, OwnRow[] rows)
    {
        Version = version;
        Since = since;
        Rows = rows;
    }

    /// <summary>Grows by one whenever a device was heard.</summary>
    public long Version { get; }

    /// <summary>Who has seen this version or a later one needs only what changed.</summary>
    public long Since { get; }

    /// <summary>Devices that were ever heard here, by id.</summary>
    public OwnRow[] Rows { get; }

    /// <summary>The frame of now.</summary>
    /// <param name="own">What this server knows.</param>
    /// <param name="registry">The devices.</param>
    /// <param name="before">The frame before, null at first.</param>
    public static OwnFrame Make(OwnLive own, RegistrySnapshot registry, OwnFrame? before)
    {
        var next = before is null ? FrameVersions.First() : before.Version + 1;
        var rows = new List<OwnRow>(before?.Rows.Length ?? 0);
        var changed = before is null;
        var old = 0;
        foreach (var device in registry.Ordered)
        {
            if (device.State != Service.Active || own.Heard(device.Id) is not { } heard)
            {
                continue;
            }

            var row = new OwnRow(device.Id, heard.Measured, heard.Received, next);
            if (before is not null)
            {
                // Both are in order of ids.
                while (old < before.Rows.Length && string.CompareOrdinal(before.Rows[old].Id, row.Id) < 0)
                {
                    old++;
                }

                if (old < before.Rows.Length && before.Rows[old] is var last && last.Id == row.Id && (last.Measured, last.Received) == heard)
                {
                    row = row with { ChangedAt = last.ChangedAt };
                }
            }

            changed |= row.ChangedAt == next;
            rows.Add(row);
        }

        var version = changed ? next : before!.Version;
        return new OwnFrame(version, before?.Since ?? version, [.. rows]);
    }

    /// <summary>Writes what somebody who has seen <paramref name="since"/> has to learn, as members of an object.</summary>
    /// <param name="json">Where.</param>
    /// <param name="own">Where the values are.</param>
    /// <param name="since">The version they have seen; null or one that is not ours: all.</param>
    /// <param name="after">The last device of the page before; null for the first page.</param>
    public void Write(Utf8JsonWriter json, OwnLive own, long? since, string? after)
    {
        var seen = since >= Since && since <= Version ? since : null;
        json.WriteNumber("version", Version);
        json.WriteBoolean("full", seen is null);
        new RowWriter(json, own).Write(Rows, seen, after);
    }

    /// <summary>Rows are [id, measured, received, [metric#, value, at, …], [derived#, value, at, …]]; the names stand once behind them.</summary>
    private sealed class RowWriter(Utf8JsonWriter json, OwnLive own)
    {
        private readonly OrderedDictionary<string, (int Number, MetricValue Of)> _metrics = new(StringComparer.Ordinal);
        private readonly OrderedDictionary<string, int> _derived = new(StringComparer.Ordinal);

        public void Write(OwnRow[] rows, long? seen, string? after)
        {
            var (count, last, more) = (0, (string?)null, false);
            json.WriteStartArray("devices");
            for (var i = after is null ? 0 : Behind(rows, after); i < rows.Length; i++)
            {
                ref readonly var row = ref rows[i];
                if (seen is not null && row.ChangedAt <= seen)
                {
                    continue;
                }

                if (count == MostRows)
                {
                    more = true;
                    break;
                }

                if (own.Look(row.Id) is { } view)
                {
                    Write(view);
                }

                count++;
                last = row.Id;
            }

            json.WriteEndArray();
            json.WriteStartArray("metrics");
            foreach (var (name, (_, of)) in _metrics)
            {
                json.WriteStartArray();
                json.WriteStringValue(name);
                json.WriteStringValue(of.Type.ToString());
                json.WriteStringValue(of.Unit);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteStartArray("derived");
            foreach (var name in _derived.Keys)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
            if (more)
            {
                json.WriteString("next", last);
            }
        }

        private static int Behind(OwnRow[] rows, string id)
        {
            var (low, high) = (0, rows.Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = string.CompareOrdinal(rows[middle].Id, id) <= 0 ? (middle + 1, high) : (low, middle);
            }

            return low;
        }

        private void Write(DeviceView view)
        {
            json.WriteStartArray();
            json.WriteStringValue(view.Id);
            json.WriteNumberValue(view.LastMeasured);
            json.WriteNumberValue(view.LastReceived);
            json.WriteStartArray();
            foreach (var value in view.Values)
            {
                if (!_metrics.TryGetValue(value.Name, out var metric))
                {
                    _metrics[value.Name] = metric = (_metrics.Count, value);
                }

                Write(metric.Number, value.Value, value.MeasuredAt);
            }

            json.WriteEndArray();
            json.WriteStartArray();
            foreach (var value in view.Derived)
            {
                if (!_derived.TryGetValue(value.Name, out var number))
                {
                    _derived[value.Name] = number = _derived.Count;
                }

                Write(number, value.Value, value.At);
            }

            json.WriteEndArray();
            json.WriteEndArray();
        }

        private void Write(int number, double value, long at)
        {
            json.WriteNumberValue(number);
            if (double.IsFinite(value))
            {
                json.WriteNumberValue(value);
            }
            else
            {
                json.WriteNullValue();
            }

            json.WriteNumberValue(at);
        }
    }
}

/// <summary>Where versions of frames begin: anywhere, so that no server's versions are another's, nor those of before a restart.</summary>
internal static class FrameVersions
{
    // A browser counts exactly up to 2^53.
    private const long Most = 1L << 52;

    /// <summary>A first version.</summary>
    public static long First() => Random.Shared.NextInt64(1, Most);
}
