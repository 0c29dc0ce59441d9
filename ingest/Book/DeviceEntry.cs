namespace SmartCity.Ingest.Book;

/// <summary>A device in the snapshot.</summary>
internal sealed record DeviceEntry(DeviceRow Row)
{
    public static DeviceEntry Of(DeviceRow row) => new(row);
}
