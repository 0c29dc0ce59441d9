namespace SmartCity.Ingest.Book;

/// <summary>Where an alert belongs, by the registry of now: what groups it, and what a maintenance window may cover.</summary>
/// <param name="Zone">Its zone.</param>
/// <param name="Street">The street of its device, or else of that device's gateway.</param>
/// <param name="Gateway">The gateway of its device.</param>
/// <param name="Device">Its device.</param>
internal readonly record struct AlertPlace(string? Zone, string? Street, string? Gateway, string? Device)
{
    /// <summary>Looks a device and a zone up.</summary>
    public static AlertPlace Of(RegistrySnapshot registry, string? device, string? zone)
    {
        var row = device is null ? null : registry.Devices.Find(device)?.Row;
        var street = row?.Street ?? (row?.Gateway is { } gateway ? registry.Gateways.GetValueOrDefault(gateway)?.Street : null);
        return new AlertPlace(zone, street, row?.Gateway, device);
    }

    /// <summary>The one name of the place: zone, else street, else gateway, else device.</summary>
    public string Key =>
        Zone is not null ? "zone/" + Zone
        : Street is not null ? "street/" + Street
        : Gateway is not null ? "gateway/" + Gateway
        : Device is not null ? "device/" + Device
        : "city";
}
