namespace SmartCity.City;

/// <summary>What a document says of one lamp.</summary>
/// <param name="Id">The lamp.</param>
public sealed record DesiredLamp(string Id)
{
    /// <summary>Most overrides a lamp may have at once.</summary>
    public const int MostOverrides = 64;

    /// <summary>Name of its calendar; null = the calendar <see cref="DesiredDocument.DefaultCalendar"/> where there is one.</summary>
    public string? Calendar { get; init; }

    /// <summary>The street's minimum while it is dark, 0 … 100 %.</summary>
    public double Minimum { get; init; }

    /// <summary>Degrees north; NaN = as the gateway's own configuration says.</summary>
    public double Latitude { get; init; } = double.NaN;

    /// <summary>Degrees east.</summary>
    public double Longitude { get; init; } = double.NaN;

    /// <summary>Overrides.</summary>
    public IReadOnlyList<LightOverride> Overrides { get; init; } = [];

    /// <summary>Its curve of constant light output; null = none, its driver is given the level as it is.</summary>
    public ConstantOutput? Clo { get; init; }

    /// <summary>When the luminaire was put up or replaced; null = nobody says. With another one the gateway's count of its burning hours begins anew.</summary>
    public DateTimeOffset? Installed { get; init; }
}

/// <summary>What a document says of one fire zone; null = what the program says (fire.md).</summary>
public sealed record DesiredZone
{
    /// <summary>A pre-alarm that nobody acknowledges within this becomes a fire.</summary>
    public TimeSpan? AcknowledgeWithin { get; init; }

    /// <summary>A second detector this long after the first confirms it.</summary>
    public TimeSpan? Coincidence { get; init; }

    /// <summary>Until then the zone is being tested: its alarms are marked so and sound no siren.</summary>
    public DateTimeOffset? TestUntil { get; init; }

    /// <summary>An officer's last acknowledgement of a pre-alarm: it is about what began until then, by the stamps of the gateways. Each one is later than the acts before it.</summary>
    public DateTimeOffset? Acknowledged { get; init; }

    /// <summary>An officer's last reset: what began until then, by the stamps of the gateways, counts no more, unless it goes on.</summary>
    public DateTimeOffset? ResetAt { get; init; }
}

/// <summary>
/// The desired document of one gateway (CONTRACTS, Desired), as the server writes it and the gateway runs it. Names are ordinal. Immutable.
/// </summary>
public sealed class DesiredDocument
{
    /// <summary>Largest document that is read, in bytes.</summary>
    public const int LargestBytes = 1 << 20;

    /// <summary>Largest document that travels: an MQTT packet of the city has 256 KiB, and topic and header are part of it.</summary>
    public const int LargestSentBytes = (256 << 10) - 512;

    /// <summary>Calendar of lamps that name none.</summary>
    public const string DefaultCalendar = "default";

    private static readonly IReadOnlyDictionary<string, LightProgramme> NoProgrammes = new Dictionary<string, LightProgramme>(StringComparer.Ordinal);
    private TimeZoneInfo? _zone;

    /// <summary>Grows with every change; 0 = never sent.</summary>
    public long Version { get; init; }

    /// <summary>IANA name of local time.</summary>
    public string TimeZone { get; init; } = CityTimeZone.Vietnam;

    /// <summary>Lists of holidays by name.</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<DateOnly>> Holidays { get; init; } = new Dictionary<string, IReadOnlySet<DateOnly>>(StringComparer.Ordinal);

    /// <summary>Programmes by name.</summary>
    public IReadOnlyDictionary<string, LightProgramme> Programmes { get; init; } = NoProgrammes;

    /// <summary>Calendars by name.</summary>
    public IReadOnlyDictionary<string, LightCalendar> Calendars { get; init; } = new Dictionary<string, LightCalendar>(StringComparer.Ordinal);

    /// <summary>Lamps by identifier.</summary>
    public IReadOnlyDictionary<string, DesiredLamp> Lamps { get; init; } = new Dictionary<string, DesiredLamp>(StringComparer.Ordinal);

    /// <summary>Devices' own thresholds, by device and name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Thresholds { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, double>>(StringComparer.Ordinal);

    /// <summary>Fire zones by identifier.</summary>
    public IReadOnlyDictionary<string, DesiredZone> Zones { get; init; } = new Dictionary<string, DesiredZone>(StringComparer.Ordinal);

    /// <summary>Fire devices without a zone, each a zone of its own, by device.</summary>
    public IReadOnlyDictionary<string, DesiredZone> Alone { get; init; } = new Dictionary<string, DesiredZone>(StringComparer.Ordinal);

    /// <summary>The zone of <see cref="TimeZone"/>.</summary>
    /// <exception cref="InvalidOperationException">Nobody here knows it. A document that was read is of a known one.</exception>
    public TimeZoneInfo Zone => _zone ??= CityTimeZone.Find(TimeZone) ?? throw new InvalidOperationException($"no time zone '{TimeZone}' here");

    /// <summary>Reads one; all or nothing.</summary>
    /// <exception cref="DesiredException">It is none; every fault with the path of its member.</exception>
    public static DesiredDocument Read(ReadOnlyMemory<byte> json) => new DesiredReader().Read(json);

    /// <summary>As JSON. The same content gives the same bytes.</summary>
    public byte[] Write() => DesiredWriter.Write(this);

    /// <summary>This document with the time zone, holidays, programmes and calendars of another one, and that one's calendars for the lamps; of place, curve and
    /// installation, what only the other one says.</summary>
    public DesiredDocument WithProgrammesOf(DesiredDocument other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var lamps = new Dictionary<string, DesiredLamp>(other.Lamps, StringComparer.Ordinal);
        foreach (var (id, lamp) in Lamps)
        {
            var theirs = other.Lamps.GetValueOrDefault(id);
            lamps[id] = lamp with
            {
                Calendar = theirs?.Calendar,
                Latitude = double.IsNaN(lamp.Latitude) ? theirs?.Latitude ?? double.NaN : lamp.Latitude,
                Longitude = double.IsNaN(lamp.Longitude) ? theirs?.Longitude ?? double.NaN : lamp.Longitude,
                Clo = lamp.Clo ?? theirs?.Clo,
                Installed = lamp.Installed ?? theirs?.Installed,
            };
        }

        return new DesiredDocument
        {
            Version = Version,
            TimeZone = other.TimeZone,
            Holidays = other.Holidays,
            Programmes = other.Programmes,
            Calendars = other.Calendars,
            Lamps = lamps,
            Thresholds = Thresholds,
            Zones = Zones,
            Alone = Alone,
        };
    }

    /// <summary>The plan of a lamp, named in the document or not.</summary>
    /// <param name="lamp">The lamp.</param>
    /// <param name="latitude">Degrees north, where the document does not say; NaN when nobody knows.</param>
    /// <param name="longitude">Degrees east.</param>
    public LampPlan Plan(string lamp, double latitude = double.NaN, double longitude = double.NaN)
    {
        var desired = Lamps.GetValueOrDefault(lamp) ?? new DesiredLamp(lamp);
        var own = !double.IsNaN(desired.Latitude) && !double.IsNaN(desired.Longitude);
        return new LampPlan(lamp, new LampPlace(Zone, own ? desired.Latitude : latitude, own ? desired.Longitude : longitude))
        {
            Calendar = Calendars.GetValueOrDefault(desired.Calendar ?? DefaultCalendar),
            Programmes = Programmes,
            Holidays = Holidays,
            Overrides = desired.Overrides,
            Minimum = desired.Minimum,
        };
    }
}

/// <summary>A desired document was refused; the one in force stays.</summary>
public sealed class DesiredException(IReadOnlyList<string> faults) : Exception(string.Join("; ", faults))
{
    /// <summary>What is wrong, each with the path of the member.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
