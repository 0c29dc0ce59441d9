using System.Buffers;

namespace SmartCity.Mqtt;

/// <summary>
/// Packets waiting to be written: everything but PUBACK, PUBREC and what the session sends. Holds no memory while it is
/// empty. Not thread-safe: the connection's lock guards it.
/// </summary>
internal sealed class AnswerBuffer : IBufferWriter<byte>
{
    private const int _firstBytes = 256;
    private byte[]? _bytes;

    public int Count { get; private set; }

    public void Advance(int count) => Count += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => Room(sizeHint).AsMemory(Count);

    public Span<byte> GetSpan(int sizeHint = 0) => Room(sizeHint).AsSpan(Count);

    /// <summary>Moves everything to the output and lets the memory go.</summary>
    public int MoveTo(IBufferWriter<byte> output)
    {
        var count = Count;
        if (_bytes is not null)
        {
            output.Write(_bytes.AsSpan(0, count));
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = null;
            Count = 0;
        }

        return count;
    }

    private byte[] Room(int sizeHint)
    {
        var need = Count + Math.Max(sizeHint, 1);
        if (_bytes is null)
        {
            _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(need, _firstBytes));
        }
        else if (_bytes.Length < need)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(need, 2 * _bytes.Length));
            _bytes.AsSpan(0, Count).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes;
    }
}
