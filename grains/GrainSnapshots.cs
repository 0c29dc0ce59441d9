using System.Buffers;
using System.Text;
using SmartCity.City;
using SmartCity.Telemetry;

namespace SmartCity.Grains;

/// <summary>
/// A grain's snapshot as it is kept in the book: version, the log its position belongs to, for a device its kind's name, then the
/// state. Positions of another log mean nothing, hence the log's id.
/// </summary>
internal static class GrainSnapshots
{
    public const string DevicePrefix = "device/";
    public const string ZonePrefix = "zone/";
    public const string AlonePrefix = "alone/";
    public const string CircuitPrefix = "circuit/";

    private const byte Version = 1;
    private const int GuidBytes = 16;

    // A checkpoint writes hundreds of snapshots: each leaves an array of its own length, and nothing else.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    /// <param name="grain">The device.</param>
    /// <param name="state">Its state to save.</param>
    /// <param name="host">Behind the last frame the host has applied; null when it has applied none since it was loaded.</param>
    /// <param name="blobs">Where arrays come from that are used again; null: a new one.</param>
    public static GrainSnapshot Of(DeviceGrain grain, DeviceState state, LogCursor? host, SnapshotBlobs? blobs = null)
    {
        var (log, position) = host is not { } at ? (grain.AppliedLog, grain.Applied)
            : (at.LogId, at.LogId == grain.AppliedLog ? Math.Max(at.Position, grain.Applied) : at.Position);
        var output = Scratch();
        Head(output, log);
        Name(output, state.Kind.Name);
        state.Write(output);
        return new GrainSnapshot(DevicePrefix + grain.Id, position, blobs?.Of(output.WrittenSpan) ?? output.WrittenSpan.ToArray())
        {
            HeardFrom = grain.HeardFrom.Length > 0 ? grain.HeardFrom : null,
        };
    }

    /// <summary>A zone skips nothing by position: what it hears comes from its devices, which do.</summary>
    public static GrainSnapshot Of(ZoneGrain grain, ZoneState state, LogCursor? host)
    {
        var output = Scratch();
        Head(output, host?.LogId ?? default);
        state.Write(output);
        return new GrainSnapshot(grain.Key, host?.Position ?? 0, output.WrittenSpan.ToArray()) { Revision = grain.Revision };
    }

    /// <summary>Like a zone, it hears from its devices.</summary>
    public static GrainSnapshot Of(CircuitGrain grain, LogCursor? host)
    {
        var output = Scratch();
        Head(output, host?.LogId ?? default);
        grain.Current.Write(output);
        return new GrainSnapshot(grain.Key, host?.Position ?? 0, output.WrittenSpan.ToArray());
    }

    /// <summary>The kind's name and what follows it; false when the bytes are no snapshot of a device.</summary>
    public static bool TryReadDevice(ReadOnlySpan<byte> snapshot, out Guid log, out ReadOnlySpan<byte> kind, out ReadOnlySpan<byte> state)
    {
        kind = state = default;
        if (!TryReadHead(snapshot, out log, out var rest) || rest.IsEmpty || rest.Length < 1 + rest[0])
        {
            return false;
        }

        kind = rest.Slice(1, rest[0]);
        state = rest[(1 + rest[0])..];
        return true;
    }

    public static bool TryReadHead(ReadOnlySpan<byte> snapshot, out Guid log, out ReadOnlySpan<byte> rest)
    {
        log = default;
        rest = default;
        if (snapshot.Length < 1 + GuidBytes || snapshot[0] != Version)
        {
            return false;
        }

        log = new Guid(snapshot.Slice(1, GuidBytes));
        rest = snapshot[(1 + GuidBytes)..];
        return true;
    }

    private static ArrayBufferWriter<byte> Scratch()
    {
        var output = _scratch ??= new ArrayBufferWriter<byte>(1024);
        output.ResetWrittenCount();
        return output;
    }

    private static void Head(ArrayBufferWriter<byte> output, Guid log)
    {
        var head = output.GetSpan(1 + GuidBytes);
        head[0] = Version;
        log.TryWriteBytes(head[1..]);
        output.Advance(1 + GuidBytes);
    }

    private static void Name(ArrayBufferWriter<byte> output, string name)
    {
        var length = Encoding.UTF8.GetByteCount(name);
        var span = output.GetSpan(1 + length);
        span[0] = (byte)length;
        Encoding.UTF8.GetBytes(name, span[1..]);
        output.Advance(1 + length);
    }
}
