using SmartCity.Ingest.Api;
using SmartCity.Ingest.Readers;
using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Peers;

/// <summary>How a server says that it fares.</summary>
/// <param name="Version">Of the program.</param>
/// <param name="StartedAt">Since when it runs.</param>
/// <param name="Faults">What keeps it from being ready; empty = ready.</param>
/// <param name="Log">Its lanes.</param>
/// <param name="Readers">Its readers.</param>
/// <param name="History">Its store; null while it starts.</param>
/// <param name="QuarantineRows">Lines in its quarantine.</param>
/// <param name="Streams">Screens that follow it.</param>
/// <param name="FreeBytes">On the disk of its data folder.</param>
internal sealed record PeerStatus(
    string Version,
    DateTimeOffset? StartedAt,
    IReadOnlyList<ReadyFault> Faults,
    IReadOnlyList<LaneStatus> Log,
    IReadOnlyList<ReaderStatus> Readers,
    StoreStatus? History,
    long QuarantineRows,
    int Streams,
    long? FreeBytes)
{
    /// <summary>Alerts of it that a screen elsewhere shows: the worst are enough, and their number is said.</summary>
    public const int MostProvisional = 20;

    /// <summary>Where a browser finds its console; null: it has not been told.</summary>
    public string? Console { get; init; }

    /// <summary>What its rules say and the book has not got, so that a fire is seen on every screen of the city; null while there is none of it.</summary>
    public ProvisionalView? Provisional { get; init; }

    /// <summary>Of this server.</summary>
    public static PeerStatus Of(ApiServices services)
    {
        var engine = services.Engine();
        return new(
            ServerStatus.Running, engine?.StartedAt, services.Ready(), engine?.Log ?? [], engine?.Readers ?? [], engine?.History,
            engine?.Quarantine.Rows ?? 0, services.Streams.Count, engine?.FreeBytes)
        {
            Console = services.Node.Options.Console,
            Provisional = Worst(services.Provisional.Current.Now.View),
        };
    }

    private static ProvisionalView? Worst(ProvisionalView all) => !all.Away && all.Count == 0 ? null : all with { Items = [.. all.Items.Take(MostProvisional)] };
}
