namespace SmartCity.City;

/// <summary>Somebody's word over the programme: state, not a message (lighting.md). When it expires or is released, the programme's level of that moment
/// returns.</summary>
/// <param name="Id">Its name, for releasing it.</param>
/// <param name="Level">0 … 100 %.</param>
/// <param name="Priority">0 … <see cref="EverythingOn"/>; the highest wins, then the one that started last, then the one that was given last: the longer, then the greater <paramref name="Id"/>.</param>
/// <param name="Start">From when.</param>
public sealed record LightOverride(string Id, double Level, int Priority, DateTimeOffset Start)
{
    /// <summary>The top priority: everything on in an emergency.</summary>
    public const int EverythingOn = 1_000;

    /// <summary>Until when, itself no more; null = until released.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Why, in words.</summary>
    public string? Reason { get; init; }

    /// <summary>Who asked.</summary>
    public string? By { get; init; }

    /// <summary>Is it in force?</summary>
    public bool Holds(DateTimeOffset instant) => instant >= Start && !(instant >= Expires);

    /// <summary>Does it win over another that is in force too?</summary>
    public bool Beats(LightOverride other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Priority != other.Priority ? Priority > other.Priority
            : Start != other.Start ? Start > other.Start
            : Id.Length != other.Id.Length ? Id.Length > other.Id.Length // o-10 was given after o-9
            : string.CompareOrdinal(Id, other.Id) > 0;
    }
}
