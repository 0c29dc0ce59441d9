namespace SmartCity.Ingest.Lights;

/// <summary>What a document of the lighting book is.</summary>
internal enum LightKind
{
    /// <summary>A control programme: <c>{"points":[…]}</c> as in the desired document.</summary>
    Programme,

    /// <summary>A calendar: <c>{"default":…,"rules":[…]}</c> as in the desired document.</summary>
    Calendar,

    /// <summary>A list of dates: <c>["2027-02-06",…]</c>.</summary>
    Holidays,

    /// <summary>A group: <c>["street/le-loi","lamp/…","group/…"]</c>.</summary>
    Group,

    /// <summary>What holds at a place; its id is the place: <see cref="LightSetting"/>.</summary>
    Setting,
}

/// <summary>A document of the lighting book.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Body">Its content as JSON; null once it is removed.</param>
/// <param name="Revision">Counts its changes, from 1; a removal is one.</param>
/// <param name="ChangedBy">Who changed it last.</param>
/// <param name="ChangedAt">When.</param>
internal sealed record LightItem(LightKind Kind, string Id, string? Name, string? Body, long Revision, string ChangedBy, DateTimeOffset ChangedAt);

/// <summary>What holds at a place.</summary>
internal sealed record LightSetting
{
    /// <summary>Name of the calendar; null = this place says nothing.</summary>
    public string? Calendar { get; init; }

    /// <summary>While it is dark nothing takes a lamp here below this, 0 … 100 %; null = this place says nothing.</summary>
    public double? Minimum { get; init; }

    /// <summary>The curve of constant light output of the lamps here, <c>[[hours, percent], …]</c>; null = this place says nothing.</summary>
    public IReadOnlyList<double[]>? Clo { get; init; }

    /// <summary>Burning hours that the lamps here are expected to live; null = this place says nothing.</summary>
    public double? LifeHours { get; init; }

    /// <summary>When the luminaire of a lamp was put up, where its counters do not say; of a lamp only.</summary>
    public DateTimeOffset? Installed { get; init; }
}

/// <summary>An order for the lamps of a place: state, not a message (lighting.md, Override).</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Target">Which lamps; which those are is asked anew whenever it matters.</param>
/// <param name="Level">0 … 100 %.</param>
/// <param name="Priority">0 … 1000.</param>
/// <param name="Start">From when.</param>
/// <param name="Expires">Until when; null = until released.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="By">Who asked.</param>
/// <param name="At">When.</param>
/// <param name="EndedAt">When it was released or had expired; null while it holds or is ahead.</param>
/// <param name="EndedBy">Who released it; null when it expired by itself.</param>
internal sealed record LightOrder(
    long Sequence, LightTarget Target, double Level, int Priority, DateTimeOffset Start, DateTimeOffset? Expires, string? Reason, string By, DateTimeOffset At,
    DateTimeOffset? EndedAt = null, string? EndedBy = null)
{
    /// <summary>Its name in documents and addresses.</summary>
    public string Id => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"o-{Sequence}");

    /// <summary>As a lamp's own plan has it.</summary>
    public City.LightOverride ForLamp { get; } = new(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"o-{Sequence}"), Level, Priority, Start)
    {
        Expires = Expires,
        Reason = Reason,
        By = By,
    };

    /// <summary>The number in an id; null when it is none.</summary>
    public static long? NumberOf(string id) =>
        id.StartsWith("o-", StringComparison.Ordinal)
        && long.TryParse(id.AsSpan(2), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>The lighting book refuses something; the message says why.</summary>
internal sealed class LightingException(string message) : Exception(message)
{
    /// <summary>The same as a list; what the reader of documents says begins with the path of the member.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [message];
}

/// <summary>Somebody was first.</summary>
/// <param name="Revision">The revision now; 0 when it is there and should not be, or the other way round.</param>
/// <param name="By">Who.</param>
internal sealed record LightConflict(long Revision, string By);
