using SmartCity.Grains;

namespace SmartCity.Ingest.Book;

/// <summary>A device in the snapshot: its row, and what grains and intake need of it. The object changes only when the device does.</summary>
internal sealed record DeviceEntry(DeviceRow Row, DeviceInfo Info)
{
    /// <summary><see cref="Info"/> while the device is in service, else null: intake asks for every line, and need not look at the row.</summary>
    public DeviceInfo? Active { get; } = Row.State == Service.Active ? Info : null;

    public static DeviceEntry Of(DeviceRow row) => new(
        row,
        new DeviceInfo(row.Id, row.Kind, row.Zone, row.Gateway ?? "", row.Registered, row.Thresholds)
        {
            RegisteredAt = (row.ChangedAt - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick,
            Latitude = row.Lat ?? double.NaN,
            Longitude = row.Lon ?? double.NaN,
        });
}

/// <summary>A zone's settings by name.</summary>
internal static class ZoneSettings
{
    /// <summary>Seconds in which a pre-alarm must be acknowledged before it becomes a fire.</summary>
    public const string AcknowledgeWithin = "acknowledgeWithinSeconds";

    /// <summary>Seconds after the first detector's alarm in which a second one still confirms it.</summary>
    public const string Coincidence = "coincidenceSeconds";

    /// <summary>What a grain needs of a zone.</summary>
    public static ZoneInfo Read(ZoneRow row)
    {
        var info = new ZoneInfo(row.Id);
        if (row.Settings?.TryGetValue(AcknowledgeWithin, out var within) == true)
        {
            info = info with { AcknowledgeWithin = TimeSpan.FromSeconds(within) };
        }

        return row.Settings?.TryGetValue(Coincidence, out var coincidence) == true
            ? info with { Coincidence = TimeSpan.FromSeconds(coincidence) }
            : info;
    }

    /// <summary>What is wrong with a setting, or null. 1 s to 1 h: a zone without a time would never or always be on fire.</summary>
    public static string? Fault(string name, double value) => name is AcknowledgeWithin or Coincidence
        ? value is >= 1 and <= 3600 ? null : $"{name} is from 1 to 3600 seconds"
        : $"there is no zone setting of that name; there are {AcknowledgeWithin} and {Coincidence}";
}
