using System.Buffers;

namespace SmartCity.City;

/// <summary>
/// What a circuit remembers beside its devices' own memory: only what was decided. Who is dark and who is silent is seen in the devices.
/// All times are Unix ns; 0 = not.
/// </summary>
public sealed class CircuitState
{
    private const byte Version = 1;

    /// <summary>Measured time since which its lamps together are without power.</summary>
    internal long LostOnset { get; set; }

    /// <summary>The most lamps that were without power at once since then.</summary>
    internal long LostLamps { get; set; }

    /// <summary>When the server heard of it.</summary>
    internal long LostHeard { get; set; }

    /// <summary>Measured time at which the supply came back last.</summary>
    internal long Restored { get; set; }

    /// <summary>Onset of the silence of all of them.</summary>
    internal long SilentOnset { get; set; }

    /// <summary>Time of arrival of the first reading after a silence of all.</summary>
    internal long Back { get; set; }

    /// <summary>Becomes a copy of <paramref name="other"/>.</summary>
    public void CopyFrom(CircuitState other)
    {
        ArgumentNullException.ThrowIfNull(other);
        (LostOnset, LostLamps, LostHeard, Restored, SilentOnset, Back) =
            (other.LostOnset, other.LostLamps, other.LostHeard, other.Restored, other.SilentOnset, other.Back);
    }

    /// <summary>Writes a snapshot.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new SnapshotWriter(output);
        writer.Byte(Version);
        writer.Long(LostOnset);
        writer.Long(LostLamps);
        writer.Long(LostHeard);
        writer.Long(Restored);
        writer.Long(SilentOnset);
        writer.Long(Back);
    }

    /// <summary>Reads a snapshot; null when it is cut, damaged, or of a version this program does not know. Never throws on bytes.</summary>
    public static CircuitState? TryRead(ReadOnlySpan<byte> snapshot)
    {
        var reader = new SnapshotReader(snapshot);
        return reader.Byte(out var version) && version == Version && reader.Long(out var lost) && reader.Long(out var lamps) && reader.Long(out var heard)
            && reader.Long(out var restored) && reader.Long(out var silent) && reader.Long(out var back) && reader.AtEnd
            ? new CircuitState { LostOnset = lost, LostLamps = lamps, LostHeard = heard, Restored = restored, SilentOnset = silent, Back = back }
            : null;
    }
}
