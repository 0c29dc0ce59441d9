using System.Buffers;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace SmartCity.Telemetry;

/// <summary>What a lane's directory holds when a log is opened.</summary>
/// <param name="Segments">Sound segments, oldest first, with their ends set.</param>
/// <param name="End">The position behind the last whole publish.</param>
/// <param name="Torn">Bytes of a torn tail that were cut off.</param>
internal sealed record Recovered(IReadOnlyList<Segment> Segments, long End, long Torn);

/// <summary>
/// Opens a lane's files. Only the last one can have a torn tail: a file is begun after the one before it is stable. In the last
/// one, the first unsound frame is a torn tail unless a later commit's mark says that it had been durable: then it is damage,
/// and the log refuses to open rather than lose acknowledged frames without a word.
/// </summary>
internal sealed class Recovery(string directory, Guid logId, Lane lane, LogDisk disk)
{
    private const int ChunkBytes = 1 << 20;

    public Recovered Run()
    {
        foreach (var unborn in Directory.EnumerateFiles(directory, "*" + Segment.Extension + Segment.Unborn).ToList())
        {
            disk.Delete(unborn);
        }

        var segments = new List<Segment>();
        foreach (var path in Directory.EnumerateFiles(directory, "*" + Segment.Extension))
        {
            segments.Add(Segment.TryBase(path, out var start)
                ? new Segment(path, start)
                : throw new LogDamagedException(path, 0, "its name is no position; nothing but the log may put files here"));
        }

        segments.Sort((a, b) => a.Base.CompareTo(b.Base));
        var (end, torn) = DropUnborn(segments);
        for (var i = 0; i < segments.Count - 1; i++)
        {
            CheckWhole(segments[i], segments[i + 1].Base);
        }

        if (segments.Count > 0)
        {
            (end, var cut) = Heal(segments[^1]);
            torn += cut;
            segments[^1].End = end;
            if (end == segments[^1].Base)
            {
                Remove(segments);
            }
        }

        return new Recovered(segments, end, torn);
    }

    /// <summary>A file whose header never became stable has no frames: the crash came while it was made.</summary>
    private (long End, long Torn) DropUnborn(List<Segment> segments)
    {
        if (segments.Count == 0)
        {
            return (0, 0);
        }

        var last = segments[^1];
        using var file = Open(last.Path, FileAccess.Read);
        Span<byte> header = stackalloc byte[Segment.HeaderBytes];
        var length = RandomAccess.GetLength(file);
        var read = RandomAccess.Read(file, header, 0);
        if (length > Segment.HeaderBytes || Segment.Fault(header[..read], logId, lane, last.Base) is null)
        {
            return (last.Base, 0);
        }

        Remove(segments);
        return (last.Base, length);
    }

    /// <summary>Removes the last file, which holds nothing. One that is the only one stays until the next commit replaces it: its
    /// name is all that says where the lane stands.</summary>
    private void Remove(List<Segment> segments)
    {
        if (segments.Count > 1)
        {
            disk.Delete(segments[^1].Path);
            disk.FlushDirectory(directory);
        }

        segments.RemoveAt(segments.Count - 1);
    }

    private void CheckWhole(Segment segment, long next)
    {
        using var file = Open(segment.Path, FileAccess.Read);
        CheckHeader(file, segment);
        var length = RandomAccess.GetLength(file);
        if (length < segment.Offset(next))
        {
            throw new LogDamagedException(segment.Path, length, string.Create(
                CultureInfo.InvariantCulture,
                $"the file ends here, but the next one begins at position {next} (byte {segment.Offset(next)}): frames or a whole file are missing"));
        }

        segment.End = next;
    }

    private void CheckHeader(SafeFileHandle file, Segment segment)
    {
        Span<byte> header = stackalloc byte[Segment.HeaderBytes];
        var read = RandomAccess.Read(file, header, 0);
        if (Segment.Fault(header[..read], logId, lane, segment.Base) is { } fault)
        {
            throw new LogDamagedException(segment.Path, 0, fault);
        }
    }

    private (long End, long Torn) Heal(Segment segment)
    {
        using var file = Open(segment.Path, FileAccess.ReadWrite);
        CheckHeader(file, segment);
        var length = RandomAccess.GetLength(file);
        var (end, stopped) = Scan(file, segment, length);
        if (stopped < length && FindProof(file, segment, stopped, length) is { } proof)
        {
            throw new LogDamagedException(segment.Path, stopped, string.Create(
                CultureInfo.InvariantCulture,
                $"no sound frame begins here, though the commit written at byte {proof} says that it was durable"));
        }

        // Also when the length is right: this gives back disk that the alarm lane had taken for the file and not used.
        RandomAccess.SetLength(file, end);

        // Frames that a killed process left in the page cache only are sound to us and yet not durable.
        disk.Flush(file);
        return (segment.Base + end - Segment.HeaderBytes, length - end);
    }

    /// <summary>Walks the frames; returns the file offsets behind the last whole publish and of the first byte that is no sound frame.</summary>
    private static (long End, long Stopped) Scan(SafeFileHandle file, Segment segment, long length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            long at = Segment.HeaderBytes, end = at;
            while (at < length)
            {
                var read = ReadFully(file, buffer, at, length);
                var used = 0;
                while (Frame.TryCheck(buffer.AsSpan(used, read - used), segment.Base + at - Segment.HeaderBytes, out var size))
                {
                    used += size;
                    at += size;
                    end = Frame.MoreFollow(buffer.AsSpan(used - size)) ? end : at;
                }

                if (used > 0)
                {
                    continue;
                }

                // Not even one: it is unsound, or longer than the buffer.
                var said = read >= Frame.HeaderBytes ? Frame.Length(buffer) : 0;
                if (said <= buffer.Length || said > Frame.MaximumBytes || said > length - at)
                {
                    break;
                }

                ArrayPool<byte>.Shared.Return(buffer);
                buffer = ArrayPool<byte>.Shared.Rent(said);
            }

            return (end, at);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The offset of a commit behind <paramref name="stopped"/> whose mark says that the byte there had been durable, if there is one.</summary>
    private static long? FindProof(SafeFileHandle file, Segment segment, long stopped, long length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            var position = segment.Base + stopped - Segment.HeaderBytes;
            var at = stopped;
            while (length - at >= Frame.HeaderBytes)
            {
                var read = ReadFully(file, buffer, at, length);
                var last = read - Frame.HeaderBytes;
                for (var i = 0; i <= last; i++)
                {
                    if (Frame.TryReadMark(buffer.AsSpan(i, Frame.HeaderBytes), segment.Base + at + i - Segment.HeaderBytes, out var durable)
                        && durable > position)
                    {
                        return at + i;
                    }
                }

                at += Math.Max(last + 1, 1);
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int ReadFully(SafeFileHandle file, byte[] buffer, long at, long length)
    {
        var want = (int)Math.Min(buffer.Length, length - at);
        var got = 0;
        while (got < want)
        {
            var read = RandomAccess.Read(file, buffer.AsSpan(got, want - got), at + got);
            if (read == 0)
            {
                break;
            }

            got += read;
        }

        return got;
    }

    private static SafeFileHandle Open(string path, FileAccess access) =>
        File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete);
}
