namespace SmartCity.Simulators.Chips.Lines;

/// <summary>A DYP-A02YYUW ultrasonic sensor with its RX pin open: a processed value every 150 ms, four bytes (datasheet, UART output).</summary>
/// <param name="time">Clock of its pace.</param>
/// <param name="distance">Distance to the water, metres; beyond 65.5 m it sends what fits in two bytes.</param>
internal sealed class SimA02yyuw(TimeProvider time, Func<double> distance) : SimStream(time, TimeSpan.FromMilliseconds(150))
{
    /// <inheritdoc/>
    protected override byte[] Frame()
    {
        var millimetres = (ushort)Math.Clamp(Math.Round(distance() * 1000), 0, ushort.MaxValue);
        var frame = new byte[] { 0xff, (byte)(millimetres >> 8), (byte)millimetres, 0 };
        frame[3] = (byte)(frame[0] + frame[1] + frame[2]);
        return frame;
    }

    /// <inheritdoc/>
    protected override void Spoil(byte[] frame) => frame[3] ^= 0x01;
}
