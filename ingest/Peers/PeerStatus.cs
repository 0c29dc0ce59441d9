using SmartCity.Ingest.Api;
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
    /// <summary>Of this server.</summary>
    public static PeerStatus Of(ApiServices services)
    {
        var engine = services.Engine();
        return new(
            ServerStatus.Running, engine?.StartedAt, services.Ready(), engine?.Log ?? [], engine?.Readers ?? [], engine?.History,
            engine?.Quarantine.Rows ?? 0, services.Streams.Count, engine?.FreeBytes);
    }
}
