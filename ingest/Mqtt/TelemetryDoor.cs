using SmartCity.Ingest.Cluster;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Mqtt;

/// <summary>
/// Telemetry connections of a server that is cut off from the book while another one is not. What they send goes into this server's log and is safe there, but nobody judges it in
/// time and no command reaches them: they are sent to the other server, some at a time. A gateway that finds no other comes back and stays.
/// </summary>
/// <param name="isAway">The book does not answer.</param>
/// <param name="another">Another server answers this one and says that it has its book; never where there is none.</param>
/// <param name="gateways">The sessions of all gateways that are here.</param>
/// <param name="close">Closes a client's connection for a reason.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it is said.</param>
internal sealed class TelemetryDoor(
    Func<bool> isAway, Func<bool> another, Func<IReadOnlyList<string>> gateways, Action<string, ReasonCode> close, TimeProvider time, ILogger<TelemetryDoor> logger)
{
    /// <summary>So long the book must have been away: PostgreSQL is started again in less, and the other servers know by then whether they have it.</summary>
    public static readonly TimeSpan After = TimeSpan.FromSeconds(10);

    /// <summary>Sent away at one look, of which there are two a second: a city of 12,000 gateways comes to the other server over two minutes.</summary>
    public const int AtOnce = 50;

    private const int MostKnown = 100_000;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(0.5);

    private readonly HashSet<string> _sent = new(StringComparer.Ordinal);
    private long? _since;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            await Task.Delay(Every, time, cancel);
            Look();
        }
    }

    /// <summary>Looks once.</summary>
    internal void Look()
    {
        if (!isAway())
        {
            _since = null;
            _sent.Clear();
            return;
        }

        _since ??= time.GetTimestamp();
        if (time.GetElapsedTime(_since.Value) < After || !another())
        {
            return;
        }

        var (first, left) = (_sent.Count == 0, AtOnce);
        foreach (var client in gateways())
        {
            if (Seats.Of(client).Lane == Lane.Telemetry && _sent.Count < MostKnown && _sent.Add(client))
            {
                close(client, ReasonCode.UseAnotherServer);
                if (--left == 0)
                {
                    break;
                }
            }
        }

        if (first && left < AtOnce)
        {
            OwnerLog.SentAway(logger, After.TotalSeconds);
        }
    }
}
