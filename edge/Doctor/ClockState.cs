using System.Text;
using SmartCity.Edge.Clocks;

namespace SmartCity.Edge.Doctor;

/// <summary>Why a machine's time is believed, as somebody who only looks can tell (the gateway's own clock also remembers).</summary>
internal enum ClockBelief
{
    /// <summary>Nothing says that it is right.</summary>
    Unknown,

    /// <summary>The configuration trusts it.</summary>
    Trusted,

    /// <summary>A time service keeps it.</summary>
    Network,

    /// <summary>A technician set it since this start.</summary>
    Technician,

    /// <summary>The real-time clock kept it.</summary>
    Chip,

    /// <summary>It was known before in this start of the machine.</summary>
    Before,
}

/// <summary>Looks at a machine's clock without changing anything.</summary>
internal static class ClockState
{
    /// <summary>Nothing says that it is right.</summary>
    public const ClockBelief Unknown = ClockBelief.Unknown;

    /// <summary>A real-time clock counts whole seconds.</summary>
    private static readonly TimeSpan Agreement = TimeSpan.FromSeconds(5);

    /// <summary>Why the time is believed.</summary>
    /// <param name="evidence">The machine.</param>
    /// <param name="data">The gateway's data directory, or null.</param>
    /// <param name="mode">The configuration's <c>clock</c>, or null.</param>
    /// <param name="time">The clock.</param>
    public static ClockBelief Of(ClockEvidence evidence, string? data, string? mode, TimeProvider time)
    {
        if (mode == "trusted")
        {
            return ClockBelief.Trusted;
        }

        if (evidence.IsSynchronised)
        {
            return ClockBelief.Network;
        }

        if (data is not null && EdgeClock.IsConfirmed(data, evidence))
        {
            return ClockBelief.Technician;
        }

        if (data is not null && new BootTable(Path.Combine(data, EdgeClock.TableFile)).Offset(Encoding.ASCII.GetBytes(evidence.BootId)) is not null)
        {
            return ClockBelief.Before;
        }

        var now = time.GetUtcNow();
        return evidence.RealTimeClock is { } chip && (now - chip).Duration() <= Agreement && now >= EdgeClock.Earliest ? ClockBelief.Chip : ClockBelief.Unknown;
    }
}
