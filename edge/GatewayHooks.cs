using SmartCity.City;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Commands;
using SmartCity.Telemetry;

namespace SmartCity.Edge;

/// <summary>What a gateway calls in the program around it. Everything is optional.</summary>
internal sealed record GatewayHooks
{
    /// <summary>Readings were acknowledged: the lane and their lines. Called on a network thread, in order within a lane; must be quick.</summary>
    public Action<Lane, ReadOnlyMemory<byte>>? Acknowledged { get; init; }

    /// <summary>Something an operator should know, as a sentence. May be called from any thread.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Does a command (identify, self-test, reload, silence-siren); false when it could not.</summary>
    public Func<GatewayCommand, CancellationToken, ValueTask<(bool Done, string Detail)>>? Act { get; init; }

    /// <summary>Thread shared by the logs of many gateways in one process; null gives each log its own.</summary>
    public LogCommitter? Committer { get; init; }

    /// <summary>What tells whether the time is known; null for the machine it runs on.</summary>
    public ClockEvidence? Evidence { get; init; }

    /// <summary>Kinds of device; null for those that come with the program.</summary>
    public KindCatalog? Kinds { get; init; }
}
