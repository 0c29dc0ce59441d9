namespace SmartCity.Ingest.Book;

/// <summary>Whether something in the registry is in service. Nothing is ever deleted: history and alerts go on naming it.</summary>
internal enum Service
{
    /// <summary>In service.</summary>
    Active,

    /// <summary>Taken out of service.</summary>
    Decommissioned,

    /// <summary>Another device stands in its place (<see cref="DeviceRow.ReplacedBy"/>).</summary>
    Replaced,
}

/// <summary>What every row of the registry has.</summary>
internal interface IRegistryRow
{
    string Id { get; }

    string? Name { get; }

    Service State { get; }

    long Revision { get; }
}

/// <summary>A device.</summary>
/// <param name="Id">1–63 of a-z 0-9 - _.</param>
/// <param name="Kind">Name of its kind in the catalogue.</param>
/// <param name="Gateway">Gateway it hangs on; null when it writes over HTTP.</param>
/// <param name="Zone">Zone (fire, flood) it belongs to.</param>
/// <param name="Street">Street it stands in.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Lat">Degrees north, WGS 84.</param>
/// <param name="Lon">Degrees east, WGS 84.</param>
/// <param name="Thresholds">Its own thresholds (such as flood stages in metres) over the kind's.</param>
/// <param name="Registered">False: an open server took it in by itself.</param>
/// <param name="ReplacedBy">The device that stands in its place now.</param>
/// <param name="State">In service or not.</param>
/// <param name="Revision">Counts its changes, from 1.</param>
/// <param name="ChangedAt">When it was last changed.</param>
internal sealed record DeviceRow(
    string Id,
    string Kind,
    string? Gateway,
    string? Zone,
    string? Street,
    string? Name,
    double? Lat,
    double? Lon,
    IReadOnlyDictionary<string, double>? Thresholds,
    bool Registered,
    string? ReplacedBy,
    Service State,
    long Revision,
    DateTimeOffset ChangedAt) : IRegistryRow;

/// <summary>A gateway: see <see cref="DeviceRow"/> for the fields.</summary>
internal sealed record GatewayRow(
    string Id,
    string? Name,
    string? Zone,
    string? Street,
    double? Lat,
    double? Lon,
    Service State,
    long Revision,
    DateTimeOffset ChangedAt) : IRegistryRow;

/// <summary>
/// A zone: devices that are judged together. <paramref name="Kind"/> is a word for people (fire, flood), <paramref name="Settings"/>
/// holds its own times, by name.
/// </summary>
internal sealed record ZoneRow(
    string Id,
    string? Name,
    string? Kind,
    string? Ward,
    double? Lat,
    double? Lon,
    IReadOnlyDictionary<string, double>? Settings,
    Service State,
    long Revision,
    DateTimeOffset ChangedAt) : IRegistryRow
{
    /// <summary>Its border; null when nobody has drawn it.</summary>
    public ZoneBoundary? Boundary { get; init; }

    /// <summary>What to do when it alarms, in the city's own words.</summary>
    public string? Runbook { get; init; }

    /// <summary>Whom to call, in that order.</summary>
    public IReadOnlyList<ZonePhone> Phones { get; init; } = [];
}

/// <summary>A street; <paramref name="Line"/> is its course, [lat, lon] point by point.</summary>
internal sealed record StreetRow(
    string Id,
    string? Name,
    string? Ward,
    IReadOnlyList<double[]>? Line,
    Service State,
    long Revision,
    DateTimeOffset ChangedAt) : IRegistryRow;

/// <summary>What a person may say about a device; everything else is the registry's own.</summary>
internal sealed record DeviceEdit
{
    public string Id { get; init; } = "";

    public string Kind { get; init; } = "";

    public string? Gateway { get; init; }

    public string? Zone { get; init; }

    public string? Street { get; init; }

    public string? Name { get; init; }

    public double? Lat { get; init; }

    public double? Lon { get; init; }

    public IReadOnlyDictionary<string, double>? Thresholds { get; init; }
}

/// <summary>What a person may say about a gateway.</summary>
internal sealed record GatewayEdit
{
    public string Id { get; init; } = "";

    public string? Name { get; init; }

    public string? Zone { get; init; }

    public string? Street { get; init; }

    public double? Lat { get; init; }

    public double? Lon { get; init; }
}

/// <summary>What a person may say about a zone.</summary>
internal sealed record ZoneEdit
{
    public string Id { get; init; } = "";

    public string? Name { get; init; }

    public string? Kind { get; init; }

    public string? Ward { get; init; }

    public double? Lat { get; init; }

    public double? Lon { get; init; }

    public IReadOnlyDictionary<string, double>? Settings { get; init; }

    /// <inheritdoc cref="ZoneRow.Boundary"/>
    public ZoneBoundary? Boundary { get; init => (field, Says) = (value, Says | EditParts.Boundary); }

    /// <inheritdoc cref="ZoneRow.Runbook"/>
    public string? Runbook { get; init => (field, Says) = (value, Says | EditParts.Runbook); }

    /// <inheritdoc cref="ZoneRow.Phones"/>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ZonePhone>? Phones { get; init => (field, Says) = (value, Says | EditParts.Phones); }

    /// <summary>The same without a word about telephone numbers: whoever imports it changes none.</summary>
    public ZoneEdit WithoutPhones() => this with { Phones = null, Says = Says & ~EditParts.Phones };

    /// <summary>Which of the three it speaks of; the others stay as they are.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public EditParts Says { get; private init; }
}

/// <summary>What a person may say about a street.</summary>
internal sealed record StreetEdit
{
    public string Id { get; init; } = "";

    public string? Name { get; init; }

    public string? Ward { get; init; }

    /// <summary>[lat, lon] point by point. Stays as it is when the edit does not speak of it.</summary>
    public IReadOnlyList<double[]>? Line { get; init => (field, Says) = (value, Says | EditParts.Line); }

    /// <inheritdoc cref="ZoneEdit.Says"/>
    [System.Text.Json.Serialization.JsonIgnore]
    public EditParts Says { get; private init; }
}

/// <summary>Many edits that come true together or not at all. Also the form of an export.</summary>
internal sealed record RegistryEdits
{
    public IReadOnlyList<ZoneEdit> Zones { get; init; } = [];

    public IReadOnlyList<StreetEdit> Streets { get; init; } = [];

    public IReadOnlyList<GatewayEdit> Gateways { get; init; } = [];

    public IReadOnlyList<DeviceEdit> Devices { get; init; } = [];

    /// <summary>How many.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int Count => Zones.Count + Streets.Count + Gateways.Count + Devices.Count;
}

/// <summary>One thing wrong with one row of an import.</summary>
/// <param name="Row">Line of a CSV file, number of a feature of GeoJSON, or the 1-based place in its JSON list; 0 for the whole file.</param>
/// <param name="Id">The row's id as written.</param>
/// <param name="Field">Which column, property or field.</param>
/// <param name="Message">What is wrong and what would be right.</param>
internal sealed record RowError(int Row, string Id, string Field, string Message)
{
    /// <summary>device, gateway, zone or street; null when that is not known.</summary>
    public string? Type { get; init; }

    /// <summary>The fault in one word, for who says it in another language; null: the field says it all.</summary>
    public string? Code { get; init; }

    /// <summary>What the word is about: an id, a row, a range.</summary>
    public string? About { get; init; }
}

/// <summary>An edit was refused; nothing was changed.</summary>
internal sealed class RegistryException(IReadOnlyList<RowError> errors)
    : Exception(errors.Count == 0 ? "refused" : $"{errors[0].Field}: {errors[0].Message}")
{
    public IReadOnlyList<RowError> Errors { get; } = errors;
}
