using System.Buffers;
using System.Text;

namespace SmartCity.City;

/// <summary>Where a zone stands.</summary>
internal enum ZonePhase : byte
{
    Quiet,
    PreAlarm,
    Fire,
}

/// <summary>One thing seen in a zone.</summary>
internal struct Evidence
{
    public string? Device;
    public string Rule;
    public ZoneSignalKind Kind;

    /// <summary>Measured time of its beginning.</summary>
    public long Since;

    /// <summary>Measured time of its end; 0 = it goes on.</summary>
    public long Until;
}

/// <summary>
/// What a zone remembers: its phase and the last 32 things seen. When more are seen at once the oldest that ended makes room, then
/// the oldest of all: by then the zone has long been on fire.
/// </summary>
public sealed class ZoneState
{
    /// <summary>Things seen that it remembers.</summary>
    public const int Remembered = Kept;

    internal const int Kept = 32;
    private const byte Version = 1;

    internal readonly Evidence[] Seen = new Evidence[Kept];

    internal ZonePhase Phase { get; set; }

    /// <summary>Measured time of the pre-alarm's onset; 0 = it came to a fire without one.</summary>
    internal long PreAlarmOnset { get; set; }

    internal long FireOnset { get; set; }

    /// <summary>When the server first heard of it.</summary>
    internal long HeardAt { get; set; }

    /// <summary>Received time by which somebody must have acknowledged the pre-alarm.</summary>
    internal long Deadline { get; set; }

    internal bool Acknowledged { get; set; }

    /// <summary>True when nothing is going on and nothing is remembered.</summary>
    public bool IsQuiet => Phase == ZonePhase.Quiet;

    /// <summary>Becomes a copy of <paramref name="other"/>.</summary>
    public void CopyFrom(ZoneState other)
    {
        ArgumentNullException.ThrowIfNull(other);
        other.Seen.CopyTo(Seen, 0);
        Phase = other.Phase;
        PreAlarmOnset = other.PreAlarmOnset;
        FireOnset = other.FireOnset;
        HeardAt = other.HeardAt;
        Deadline = other.Deadline;
        Acknowledged = other.Acknowledged;
    }

    /// <summary>Back to quiet. What was seen stays: a second detector's word of that time may still arrive.</summary>
    internal void Quieten()
    {
        Phase = ZonePhase.Quiet;
        PreAlarmOnset = FireOnset = HeardAt = Deadline = 0;
        Acknowledged = false;
    }

    /// <summary>Writes a snapshot.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new SnapshotWriter(output);
        writer.Byte(Version);
        writer.Byte((byte)Phase);
        writer.Byte(Acknowledged ? (byte)1 : (byte)0);
        writer.Long(PreAlarmOnset);
        writer.Long(FireOnset);
        writer.Long(HeardAt);
        writer.Long(Deadline);
        var count = Seen.Count(e => e.Device is not null);
        writer.Byte((byte)count);
        foreach (var one in Seen)
        {
            if (one.Device is not null)
            {
                writer.Name(one.Device);
                writer.Name(one.Rule);
                writer.Byte((byte)one.Kind);
                writer.Long(one.Since);
                writer.Long(one.Until);
            }
        }
    }

    /// <summary>Reads a snapshot; null when it is cut, damaged, or of a version this program does not know. Never throws on bytes.</summary>
    public static ZoneState? TryRead(ReadOnlySpan<byte> snapshot)
    {
        var reader = new SnapshotReader(snapshot);
        if (!reader.Byte(out var version) || version != Version || !reader.Byte(out var phase) || phase > (byte)ZonePhase.Fire
            || !reader.Byte(out var acknowledged) || !reader.Long(out var preAlarm) || !reader.Long(out var fire)
            || !reader.Long(out var heard) || !reader.Long(out var deadline) || !reader.Byte(out var count) || count > Kept)
        {
            return null;
        }

        var state = new ZoneState
        {
            Phase = (ZonePhase)phase,
            Acknowledged = acknowledged != 0,
            PreAlarmOnset = preAlarm,
            FireOnset = fire,
            HeardAt = heard,
            Deadline = deadline,
        };
        for (var i = 0; i < count; i++)
        {
            if (!reader.Name(out var device) || !reader.Name(out var rule) || !reader.Byte(out var kind)
                || !reader.Long(out var since) || !reader.Long(out var until))
            {
                return null;
            }

            state.Seen[i] = new Evidence
            {
                Device = Encoding.UTF8.GetString(device),
                Rule = Encoding.UTF8.GetString(rule),
                Kind = (ZoneSignalKind)kind,
                Since = since,
                Until = until,
            };
        }

        return reader.AtEnd ? state : null;
    }
}
