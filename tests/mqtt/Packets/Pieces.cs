using System.Buffers;

namespace SmartCity.Mqtt.Tests;

/// <summary>Makes one sequence of many segments, as a socket does.</summary>
internal static class Pieces
{
    public static ReadOnlySequence<byte> Of(ReadOnlyMemory<byte> bytes, IEnumerable<int> cuts)
    {
        Piece? first = null;
        Piece? last = null;
        var start = 0;
        foreach (var cut in cuts.Append(bytes.Length))
        {
            last = new Piece(bytes[start..cut], last);
            first ??= last;
            start = cut;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    public static ReadOnlySequence<byte> ByteByByte(ReadOnlyMemory<byte> bytes) => Of(bytes, Enumerable.Range(1, Math.Max(0, bytes.Length - 1)));

    public static ReadOnlySequence<byte> AtRandom(ReadOnlyMemory<byte> bytes, Random random) =>
        Of(bytes, Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(bytes.Length + 1)).Order());

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
