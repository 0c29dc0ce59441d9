using System.Numerics;
using System.Runtime.CompilerServices;

namespace SmartCity.Telemetry;

/// <summary>
/// Reads short numbers, as measurements mostly are (<c>31.2</c>, <c>-7</c>, <c>41i</c>), without a branch for each digit: eight bytes are looked at in
/// one register. What it does not know it leaves to <see cref="LineValue"/>; what it reads, it reads as <see cref="LineValue"/> does, to the bit.
/// </summary>
public static class QuickNumber
{
    /// <summary>Bytes that must be readable from a short number's first on.</summary>
    internal const int Reach = 1 + sizeof(ulong) + 1;

    /// <summary>Digits of a time in nanoseconds between 2001 and 2262.</summary>
    public const int NanosecondDigits = 19;

    /// <summary>A longer spelling of a number is for the strict reader.</summary>
    private const int Longest = 32;

    private const ulong Tops = 0x8080808080808080;

    private static ReadOnlySpan<double> PowersOfTen => [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

    /// <summary>Reads the float or signed integer at the start of <paramref name="text"/>, which goes on behind it.</summary>
    /// <param name="text">The number, a comma or space behind it, and whatever follows.</param>
    /// <param name="type">Float or integer.</param>
    /// <param name="bits">The float's bits (<see cref="BitConverter.DoubleToInt64Bits"/>), or the integer.</param>
    /// <returns>The number's length with sign and suffix; 0 when there is none, or something else is wrong.</returns>
    public static int Read(ReadOnlySpan<byte> text, out LineFieldType type, out long bits)
    {
        if (text.Length >= Reach && Read(in text[0], out type, out bits) is > 0 and var length)
        {
            return length;
        }

        return ReadLonger(text, out type, out bits);
    }

    /// <summary>Reads nineteen digits: a time in nanoseconds between 2001 and 2262.</summary>
    /// <returns>False when there are not as many, or they do not fit 64 bits with a sign.</returns>
    public static bool Nanoseconds(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        return text.Length >= NanosecondDigits && Nanoseconds(in text[0], out value);
    }

    /// <summary>Reads a float or signed integer that ends at a comma or space within the first eight bytes behind its sign.</summary>
    /// <param name="text">The number's first byte; <see cref="Reach"/> bytes are readable from there.</param>
    /// <param name="type">Float or integer.</param>
    /// <param name="bits">The value, as <see cref="LineField"/> keeps it.</param>
    /// <returns>The number's length with sign and suffix; 0 when it must be read another way.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Read(ref readonly byte text, out LineFieldType type, out long bits)
    {
        var sign = text == '-' ? 1 : 0;
        var bytes = Unsafe.ReadUnaligned<ulong>(in Unsafe.Add(ref Unsafe.AsRef(in text), sign));
        bytes = BitConverter.IsLittleEndian ? bytes : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(bytes);

        // '0' to '9' become 0 to 9; the top bit of every byte that is no digit is marked.
        var digits = bytes ^ 0x3030303030303030;
        var others = (((digits & ~Tops) + 0x7676767676767676) | digits) & Tops;
        var first = BitOperations.TrailingZeroCount(others) & ~7;
        if (others == 0)
        {
            return Leave(out type, out bits);
        }

        var scale = 0;
        var end = first;
        if ((byte)(bytes >> first) == '.')
        {
            others &= others - 1;
            if (others == 0)
            {
                return Leave(out type, out bits);
            }

            // The digits behind the point close up to those before it.
            end = BitOperations.TrailingZeroCount(others) & ~7;
            var before = (1UL << first) - 1;
            digits = (digits & before) | ((digits >> 8) & ~before);
            scale = (end - first - 8) >> 3;
            first = end - 8;
        }

        if (first == 0)
        {
            return Leave(out type, out bits);
        }

        // First digits in the lowest bytes: shifted up, they have as many zeros before them as are missing to eight. Then pairs, fours, all.
        digits <<= 64 - first;
        digits = (digits * 10) + (digits >> 8);
        digits = (((digits & 0x000000FF000000FF) * 0x000F424000000064) + (((digits >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32;
        var length = sign + (end >> 3);
        switch ((byte)(bytes >> end))
        {
            case (byte)',' or (byte)' ':
                type = LineFieldType.Float;
                var value = digits / PowersOfTen[scale];
                bits = BitConverter.DoubleToInt64Bits(value) | ((long)sign << 63);
                return length;
            case (byte)'i' when end == first && Unsafe.Add(ref Unsafe.AsRef(in text), length + 1) is (byte)',' or (byte)' ':
                type = LineFieldType.Integer;
                bits = sign == 0 ? (long)digits : -(long)digits;
                return length + 1;
            default:
                return Leave(out type, out bits);
        }
    }

    /// <summary>Reads nineteen digits: a time in nanoseconds between 2001 and 2262, and beyond.</summary>
    /// <param name="text">The first of nineteen readable bytes.</param>
    /// <param name="value">What they say.</param>
    /// <returns>False when not all are digits, or they do not fit 64 bits with a sign.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Nanoseconds(ref readonly byte text, out long value)
    {
        ref var at = ref Unsafe.AsRef(in text);
        var high = Unsafe.ReadUnaligned<ulong>(ref at) ^ 0x3030303030303030;
        var middle = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, 8)) ^ 0x3030303030303030;
        var low = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, 11)) ^ 0x3030303030303030;
        if (!BitConverter.IsLittleEndian || ((Odd(high) | Odd(middle) | Odd(low)) & Tops) != 0)
        {
            value = 0;
            return false;
        }

        // The last eight overlap the eight before them by five, which are shifted out.
        var sum = ((Eight(high) * 100_000_000) + Eight(middle)) * 1000;
        var number = sum + Eight(low & 0xFFFFFF0000000000);
        value = (long)number;
        return value >= 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ReadLonger(ReadOnlySpan<byte> text, out LineFieldType type, out long bits)
    {
        var length = text[..Math.Min(text.Length, Longest)].IndexOfAny((byte)',', (byte)' ');
        return length > 0 && LineValue.Read(text[..length], out type, out bits, out _) == LineError.None && type is LineFieldType.Float or LineFieldType.Integer
            ? length
            : Leave(out type, out bits);
    }

    private static ulong Odd(ulong digits) => ((digits & ~Tops) + 0x7676767676767676) | digits;

    private static ulong Eight(ulong digits)
    {
        digits = (digits * 10) + (digits >> 8);
        return (((digits & 0x000000FF000000FF) * 0x000F424000000064) + (((digits >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32;
    }

    private static int Leave(out LineFieldType type, out long bits)
    {
        type = default;
        bits = 0;
        return 0;
    }
}
