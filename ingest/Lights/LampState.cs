using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Lights;

/// <summary>A lamp at one moment: what is wanted, what it was asked, what its output says, what was measured. These never stand for one another (lighting.md).</summary>
internal sealed record LampState
{
    /// <summary>The lamp and where it belongs.</summary>
    public required LampPlaceInCity Lamp { get; init; }

    /// <summary>What is wanted now, and why.</summary>
    public required LightLevel Wanted { get; init; }

    /// <summary>Its gateway's last word on it; null when there is none.</summary>
    public ReportedLamp? Report { get; init; }

    /// <summary>When its gateway reported last.</summary>
    public DateTimeOffset? ReportedAt { get; init; }

    /// <summary>The version that its gateway has in force.</summary>
    public long? Version { get; init; }

    /// <summary>Why its gateway refuses a document; null when it refuses none.</summary>
    public string? RefusedWhy { get; init; }

    /// <summary>The version that its gateway should have in force.</summary>
    public long? DesiredVersion { get; init; }

    /// <summary>Its gateway is connected now.</summary>
    public bool Connected { get; init; }

    /// <summary>The newest watts that its meter measured, by report or telemetry.</summary>
    public double? Actual { get; init; }

    /// <summary>When that was.</summary>
    public DateTimeOffset? ActualAt { get; init; }

    /// <summary>Watts that the wanted level means.</summary>
    public double Expected { get; init; }

    /// <summary>How far it follows.</summary>
    public LampFollow Follow { get; init; }

    /// <summary>Why it does not, or why nothing confirms it.</summary>
    public LampWhy? Why { get; init; }

    /// <summary>Rules of its open alerts, by name.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>What it was asked last, in percent, as reported.</summary>
    public double? Target => Report?.Target;

    /// <summary>What its output says is in force, in percent, as reported.</summary>
    public double? Feedback => Report?.Feedback;
}

/// <summary>How many lamps follow how far. Every lamp is in exactly one of them.</summary>
/// <param name="Confirmed">Power confirms it.</param>
/// <param name="InForce">The output has the level.</param>
/// <param name="Sent">Told a moment ago.</param>
/// <param name="NotFollowed">Do not do it, though their gateway is connected.</param>
/// <param name="Away">Their gateway is not connected.</param>
/// <param name="Outranked">Another order has the say over them.</param>
internal sealed record FollowCounts(int Confirmed, int InForce, int Sent, int NotFollowed, int Away, int Outranked)
{
    /// <summary>Counts lamps; <paramref name="order"/>: those over which another one has the say are counted as such.</summary>
    public static FollowCounts Of(IEnumerable<LampState> lamps, string? order = null)
    {
        var (confirmed, inForce, sent, not, away, outranked) = (0, 0, 0, 0, 0, 0);
        foreach (var lamp in lamps)
        {
            if (order is not null && lamp.Wanted.Override?.Id != order)
            {
                outranked++;
                continue;
            }

            switch (lamp.Follow)
            {
                case LampFollow.Confirmed:
                    confirmed++;
                    break;
                case LampFollow.InForce:
                    inForce++;
                    break;
                case LampFollow.Sent:
                    sent++;
                    break;
                default:
                    if (lamp.Why == LampWhy.GatewayAway)
                    {
                        away++;
                    }
                    else
                    {
                        not++;
                    }

                    break;
            }
        }

        return new FollowCounts(confirmed, inForce, sent, not, away, outranked);
    }
}
