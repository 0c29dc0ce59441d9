namespace SmartCity.Edge.Drivers.Serial;

/// <summary>
/// Finds frames in a stream that may begin in the middle of one, lose bytes and carry noise. Holds one frame's length of bytes and no
/// more. A candidate that turns out wrong costs its first byte only: the right frame may have begun inside it.
/// </summary>
internal sealed class FrameFinder(FrameFormat format)
{
    private readonly byte[] _bytes = new byte[format.Length];
    private int _count;

    /// <summary>What was wrong with the last candidate that was none; <see cref="FrameVerdict.Nothing"/> when there was no candidate.</summary>
    public FrameVerdict Trouble { get; private set; } = FrameVerdict.Nothing;

    /// <summary>Candidates out of range since the last <see cref="Clear"/>.</summary>
    public int OutOfRange { get; private set; }

    /// <summary>Bytes of a frame that has begun and is not whole.</summary>
    public int Begun => _count;

    /// <summary>Takes the next byte of the stream.</summary>
    /// <param name="next">The byte.</param>
    /// <param name="into">Gets the frame, <see cref="FrameFormat.Length"/> bytes.</param>
    /// <returns>True when this byte completed a right frame.</returns>
    public bool Push(byte next, Span<byte> into)
    {
        _bytes[_count++] = next;
        while (_count > 0)
        {
            var verdict = format.Judge(_bytes.AsSpan(0, _count));
            switch (verdict)
            {
                case FrameVerdict.More:
                    return false;
                case FrameVerdict.Whole:
                    _bytes.CopyTo(into);
                    _count = 0;
                    return true;
                case FrameVerdict.Nothing:
                    break;
                default:
                    Trouble = verdict;
                    OutOfRange += verdict == FrameVerdict.OutOfRange ? 1 : 0;
                    break;
            }

            _bytes.AsSpan(1, --_count).CopyTo(_bytes);
        }

        return false;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _count = 0;
        OutOfRange = 0;
        Trouble = FrameVerdict.Nothing;
    }
}
