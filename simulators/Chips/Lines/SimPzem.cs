namespace SmartCity.Simulators.Chips.Lines;

/// <summary>What a simulated meter measures.</summary>
/// <param name="Volts">Voltage.</param>
/// <param name="Amperes">Current.</param>
/// <param name="Watts">Active power.</param>
/// <param name="KilowattHours">Active energy, 0 … 9999.99 kWh.</param>
/// <param name="Hertz">Frequency.</param>
/// <param name="PowerFactor">0 … 1.</param>
internal readonly record struct SimPower(double Volts, double Amperes, double Watts, double KilowattHours, double Hertz, double PowerFactor);

/// <summary>A PZEM-004T v3 (user manual, section 2.3: ten input registers, low word first).</summary>
/// <param name="unit">Its address.</param>
/// <param name="power">What flows through it now.</param>
internal sealed class SimPzem(byte unit, Func<SimPower> power) : SimModbusSlave(unit)
{
    /// <inheritdoc/>
    public override bool Read(bool input, int first, Span<ushort> into)
    {
        if (!input || first + into.Length > 10)
        {
            return false;
        }

        var now = power();
        Span<ushort> all = stackalloc ushort[10];
        all[0] = (ushort)Whole(now.Volts * 10, ushort.MaxValue);
        Put(all, 1, Whole(now.Amperes * 1000, uint.MaxValue));
        Put(all, 3, Whole(now.Watts * 10, uint.MaxValue));
        Put(all, 5, Whole(now.KilowattHours * 1000, uint.MaxValue));
        all[7] = (ushort)Whole(now.Hertz * 10, ushort.MaxValue);
        all[8] = (ushort)Whole(now.PowerFactor * 100, ushort.MaxValue);
        all.Slice(first, into.Length).CopyTo(into);
        return true;
    }

    private static void Put(Span<ushort> all, int at, uint value)
    {
        all[at] = (ushort)value;
        all[at + 1] = (ushort)(value >> 16);
    }

    private static uint Whole(double value, uint most) => (uint)Math.Clamp(Math.Round(value), 0, most);
}
