using SmartCity.City;
using SmartCity.Edge.Clocks;
using SmartCity.Edge.Config;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Runtime;

/// <summary>What a running gateway calls in the program around it, and what that program gives it. Everything is optional.</summary>
internal sealed record RuntimeHooks
{
    /// <summary>Something an operator should know, as a sentence. May be called from any thread.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Readings were acknowledged: the lane and their lines. Called on a network thread, in order within a lane; must be quick.</summary>
    public Action<Lane, ReadOnlyMemory<byte>>? Acknowledged { get; init; }

    /// <summary>Thread shared by the logs of many gateways in one process; null gives each log its own.</summary>
    public LogCommitter? Committer { get; init; }

    /// <summary>Kinds of device; null for those that come with the program.</summary>
    public KindCatalog? Kinds { get; init; }

    /// <summary>What says whether the time is known; null asks the kernel.</summary>
    public ClockEvidence? Evidence { get; init; }

    /// <summary>Reads the configuration again for <c>reload</c>; null reads its file.</summary>
    public Func<EdgeConfig>? Reload { get; init; }

    /// <summary>Devices report out of step, each at its own place in the interval: a city on one machine would otherwise report in one
    /// moment. Alarm devices look at once all the same; a real gateway reports everything right after its start.</summary>
    public bool Spread { get; init; }
}
