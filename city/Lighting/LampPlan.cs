namespace SmartCity.City;

/// <summary>
/// Everything that decides the level of one lamp, from one document: its calendar, programmes, overrides, minimum and place. Immutable to its users;
/// it remembers the night asked for last. Any thread.
/// </summary>
public sealed class LampPlan
{
    private NightPlan? _night;

    /// <summary>A lamp's plan.</summary>
    public LampPlan(string lamp, LampPlace place)
    {
        Lamp = lamp;
        Place = place;
    }

    /// <summary>The lamp.</summary>
    public string Lamp { get; }

    /// <summary>Where it stands.</summary>
    public LampPlace Place { get; }

    /// <summary>Its calendar; null = none.</summary>
    public LightCalendar? Calendar { get; init; }

    /// <summary>Programmes by name.</summary>
    public IReadOnlyDictionary<string, LightProgramme> Programmes { get; init; } = new Dictionary<string, LightProgramme>(StringComparer.Ordinal);

    /// <summary>Lists of holidays by name.</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<DateOnly>> Holidays { get; init; } = new Dictionary<string, IReadOnlySet<DateOnly>>(StringComparer.Ordinal);

    /// <summary>Overrides, in any order.</summary>
    public IReadOnlyList<LightOverride> Overrides { get; init; } = [];

    /// <summary>The street's minimum, 0 … 100 %: while it is dark nothing takes the lamp below it. By day it asks nothing.</summary>
    public double Minimum { get; init; }

    /// <summary>The programme laid over the night of an instant.</summary>
    public NightPlan NightOf(DateTimeOffset instant)
    {
        var night = Volatile.Read(ref _night);
        if (night is null || instant < night.Night.Begin || instant >= night.Night.End)
        {
            night = NightOf(Night.DayOf(instant, Place.Zone));
            Volatile.Write(ref _night, night);
        }

        return night;
    }

    /// <summary>The programme laid over the night that begins on a day.</summary>
    public NightPlan NightOf(DateOnly day)
    {
        var name = Calendar?.ProgrammeOf(day, Holidays);
        return new NightPlan(Night.Of(day, Place), name is null ? null : Programmes.GetValueOrDefault(name));
    }
}
