using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SmartCity.City;

/// <content>
/// The snapshot. Metrics and rules are written with their names, so that a kind that was edited keeps what still fits; integers
/// are little-endian. Layout: version, last measured, last received, count of metrics, each (name, value, time), count of rules,
/// each (name, type, count of slots, slots).
/// </content>
public sealed partial class DeviceState
{
    private const byte Version = 1;

    /// <summary>Writes a snapshot.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new SnapshotWriter(output);
        writer.Byte(Version);
        writer.Long(LastMeasured);
        writer.Long(LastReceived);
        writer.Byte((byte)Values.Length);
        for (var i = 0; i < Values.Length; i++)
        {
            writer.Name(Kind.Metrics[i].Name);
            writer.Long(BitConverter.DoubleToInt64Bits(Values[i]));
            writer.Long(Times[i]);
        }

        writer.Byte((byte)Kind.Rules.Count);
        for (var r = 0; r < Kind.Rules.Count; r++)
        {
            var rule = Kind.Rules[r];
            writer.Name(rule.Name);
            writer.Name(rule.Type);
            writer.UShort((ushort)rule.Slots);
            foreach (var slot in Memory.Slice(Kind.MemoryOffset(r), rule.Slots))
            {
                writer.Long(slot);
            }
        }
    }

    /// <summary>Reads a snapshot; null when it is cut, damaged, or of a version this program does not know. Never throws on bytes.</summary>
    /// <param name="snapshot">Exactly one snapshot.</param>
    /// <param name="kind">The kind as it is now; what no longer fits is dropped and starts from nothing.</param>
    public static DeviceState? TryRead(ReadOnlySpan<byte> snapshot, DeviceKind kind)
    {
        var state = new DeviceState(kind);
        var reader = new SnapshotReader(snapshot);
        if (!reader.Byte(out var version) || version != Version || !reader.Long(out var measured) || !reader.Long(out var received)
            || !reader.Byte(out var metrics))
        {
            return null;
        }

        state.LastMeasured = measured;
        state.LastReceived = received;
        for (var i = 0; i < metrics; i++)
        {
            if (!reader.Name(out var name) || !reader.Long(out var bits) || !reader.Long(out var time))
            {
                return null;
            }

            var index = kind.IndexOf(name);
            if (index >= 0)
            {
                state.Values[index] = BitConverter.Int64BitsToDouble(bits);
                state.Times[index] = time;
            }
        }

        return reader.Byte(out var rules) && ReadRules(ref reader, rules, state) && reader.AtEnd ? state : null;
    }

    private static bool ReadRules(ref SnapshotReader reader, int count, DeviceState state)
    {
        for (var i = 0; i < count; i++)
        {
            if (!reader.Name(out var name) || !reader.Name(out var type) || !reader.UShort(out var slots) || !reader.Longs(slots, out var memory))
            {
                return false;
            }

            var rule = FindRule(state.Kind, name, type, slots);
            if (rule < 0)
            {
                continue;
            }

            var target = state.Memory.Slice(state.Kind.MemoryOffset(rule), slots);
            for (var s = 0; s < slots; s++)
            {
                target[s] = BinaryPrimitives.ReadInt64LittleEndian(memory[(s * sizeof(long))..]);
            }
        }

        return true;
    }

    private static int FindRule(DeviceKind kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> type, int slots)
    {
        for (var r = 0; r < kind.Rules.Count; r++)
        {
            var rule = kind.Rules[r];
            if (rule.Slots == slots && Ascii.Equals(name, rule.Name) && Ascii.Equals(type, rule.Type))
            {
                return r;
            }
        }

        return -1;
    }
}
