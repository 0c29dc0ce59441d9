namespace SmartCity.Ingest.Cluster;

/// <summary>One server of the city, as the book has it.</summary>
/// <param name="Name">Its name, <c>cluster.name</c>.</param>
/// <param name="Incarnation">How often it has started: what one incarnation began, no other one ends.</param>
/// <param name="Url">Where other servers reach it, <c>https://HOST:PORT</c>; null when it was not said.</param>
/// <param name="Program">Version of its program.</param>
/// <param name="StartedAt">When it started, by the book's clock.</param>
/// <param name="BeatAt">When it was last heard, by the book's clock.</param>
/// <param name="BeatAge">How long ago that was when this was read.</param>
/// <param name="Fenced">It writes no more: another one took over what it held.</param>
/// <param name="Leader">It does what exactly one server does.</param>
/// <param name="Draining">It gives away what it holds, and takes no gateway.</param>
internal sealed record ServerRow(
    string Name,
    long Incarnation,
    string? Url,
    string Program,
    DateTimeOffset StartedAt,
    DateTimeOffset BeatAt,
    TimeSpan BeatAge,
    bool Fenced,
    bool Leader,
    bool Draining)
{
    /// <summary>Somebody stopped it.</summary>
    public bool HasLeft => BeatAt == DateTimeOffset.UnixEpoch;
}
