using System.Buffers;

namespace SmartCity.Mqtt;

/// <summary>The variable byte integer (1.5.5): seven bits a byte, four bytes at most.</summary>
internal static class VariableInteger
{
    internal static int Length(uint value) => value switch
    {
        < 128 => 1,
        < 16_384 => 2,
        < 2_097_152 => 3,
        _ => 4,
    };

    internal static int Write(Span<byte> target, uint value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, (uint)FrameReader.MaximumRemainingLength);
        var i = 0;
        while (value >= 128)
        {
            target[i++] = (byte)(value | 0x80);
            value >>= 7;
        }

        target[i++] = (byte)value;
        return i;
    }

    internal static void Write(IBufferWriter<byte> output, uint value) => output.Advance(Write(output.GetSpan(4), value));
}
