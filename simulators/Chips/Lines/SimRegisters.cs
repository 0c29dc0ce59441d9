namespace SmartCity.Simulators.Chips.Lines;

/// <summary>Any other Modbus unit: registers that are fed with physical values, in the types of the driver's register map.</summary>
/// <param name="unit">Its address.</param>
internal sealed class SimRegisters(byte unit) : SimModbusSlave(unit)
{
    private readonly Dictionary<(bool Input, int Address), (Func<uint> Bits, int Shift)> _words = [];

    /// <summary>Adds a value: what stands in the register is (value − offset) / scale, in that type.</summary>
    /// <param name="address">Address of its (first) register, from 0.</param>
    /// <param name="type"><c>u16</c>, <c>i16</c>, <c>u32</c>, <c>i32</c>, <c>f32</c>; <c>-low</c> after it = low word first.</param>
    /// <param name="value">The physical value now.</param>
    /// <param name="scale">Physical units a count.</param>
    /// <param name="offset">Physical value at count 0.</param>
    /// <param name="input">An input register (function 4), else a holding register (function 3).</param>
    public SimRegisters Add(int address, string type, Func<double> value, double scale = 1, double offset = 0, bool input = false)
    {
        var low = type.EndsWith("-low", StringComparison.Ordinal);
        var plain = low ? type[..^4] : type;
        Func<uint> bits = () => Bits(plain, (value() - offset) / scale);
        if (plain is "u16" or "i16")
        {
            _words.Add((input, address), (bits, 0));
            return this;
        }

        _words.Add((input, address), (bits, low ? 0 : 16));
        _words.Add((input, address + 1), (bits, low ? 16 : 0));
        return this;
    }

    /// <inheritdoc/>
    public override bool Read(bool input, int first, Span<ushort> into)
    {
        // Both words of a value are of one moment: half of it changing under a reader would be a value that never was.
        Func<uint>? of = null;
        var held = 0u;
        for (var i = 0; i < into.Length; i++)
        {
            if (!_words.TryGetValue((input, first + i), out var word))
            {
                return false;
            }

            if (word.Bits != of)
            {
                (of, held) = (word.Bits, word.Bits());
            }

            into[i] = (ushort)(held >> word.Shift);
        }

        return true;
    }

    private static uint Bits(string type, double raw) => type switch
    {
        "u16" => (ushort)Math.Clamp(Math.Round(raw), 0, ushort.MaxValue),
        "i16" => (ushort)(short)Math.Clamp(Math.Round(raw), short.MinValue, short.MaxValue),
        "u32" => (uint)Math.Clamp(Math.Round(raw), 0, uint.MaxValue),
        "i32" => (uint)(int)Math.Clamp(Math.Round(raw), int.MinValue, int.MaxValue),
        "f32" => BitConverter.SingleToUInt32Bits((float)raw),
        _ => throw new ArgumentException($"'{type}' is none of u16, i16, u32, i32, f32", nameof(type)),
    };
}
