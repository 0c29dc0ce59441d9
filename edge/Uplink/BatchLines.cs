using System.Buffers;
using System.Buffers.Text;
using SmartCity.Edge.Clocks;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Uplink;

/// <summary>What of a batch could be made ready for sending.</summary>
/// <param name="End">Position behind the last frame dealt with.</param>
/// <param name="Readings">Lines written.</param>
internal readonly record struct ReadyLines(long End, int Readings);

/// <summary>
/// Makes lines of a log's frames, with their stamps. Readings measured while the time was not known get the stamp that the
/// monotonic clock gives them, once the time of that start of the machine is known; those for which it never will be are set
/// aside. An alarm without a stamp is sent without one.
/// </summary>
internal sealed class BatchLines(EdgeClock clock, UnstampedFile aside, GatewayStatistics statistics, Action<string> notice, bool alarm)
{
    /// <summary>What lies below was set aside by this run of the program; another turn's rewind must not do it again.</summary>
    private long _asideEnd;

    /// <summary>Writes the lines of a batch from a position on, as far as they can be sent now.</summary>
    /// <exception cref="IOException">Readings that have to be set aside could not be.</exception>
    public ReadyLines Write(LogBatch batch, long from, IBufferWriter<byte> to)
    {
        var readings = 0;
        foreach (var frame in batch)
        {
            if (frame.Position < from)
            {
                continue;
            }

            if ((frame.Flags & FrameFlags.Monotonic) == 0)
            {
                to.Write(frame.Payload);
                readings++;
                continue;
            }

            var offset = clock.Offset(frame.Source, out var never);
            if (offset is { } distance)
            {
                WriteStamped(to, frame.Payload, frame.ReceivedAt + distance);
                readings++;
            }
            else if (alarm)
            {
                // Nobody waits for a clock with a fire: the server gives it the time of arrival and says so (CONTRACTS, Time).
                to.Write(frame.Payload);
                readings++;
            }
            else if (never)
            {
                if (frame.Position >= _asideEnd && aside.Add(frame.Source, frame.ReceivedAt, frame.Payload))
                {
                    notice($"readings from before a restart, when the time was not known, can never be stamped: they are kept in {UnstampedFile.Name} and not sent");
                }
            }
            else
            {
                SetAside(frame.Position);
                return new ReadyLines(frame.Position, readings);
            }
        }

        SetAside(batch.End.Position);
        return new ReadyLines(batch.End.Position, readings);
    }

    private static void WriteStamped(IBufferWriter<byte> to, ReadOnlySpan<byte> line, long stamp)
    {
        to.Write(line[..^1]);
        var room = to.GetSpan(24);
        room[0] = (byte)' ';
        Utf8Formatter.TryFormat(stamp, room[1..], out var digits);
        room[digits + 1] = (byte)'\n';
        to.Advance(digits + 2);
    }

    private void SetAside(long end)
    {
        if (aside.Waiting is > 0 and var count)
        {
            aside.Flush();
            statistics.CountUnstamped(count);
            _asideEnd = end;
        }
    }
}
