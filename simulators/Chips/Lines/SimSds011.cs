using System.Buffers.Binary;

namespace SmartCity.Simulators.Chips.Lines;

/// <summary>A Nova SDS011 that reports by itself: ten bytes once a second (laser dust sensor control protocol V1.3, section 3.2).</summary>
/// <param name="time">Clock of its pace.</param>
/// <param name="air">PM2.5 and PM10 of the air around it, µg/m³.</param>
internal sealed class SimSds011(TimeProvider time, Func<(double Pm25, double Pm10)> air) : SimStream(time, TimeSpan.FromSeconds(1))
{
    /// <inheritdoc/>
    protected override byte[] Frame()
    {
        var (pm25, pm10) = air();
        var frame = new byte[] { 0xaa, 0xc0, 0, 0, 0, 0, 0xa1, 0x60, 0, 0xab };
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(2), Tenths(pm25));
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(4), Tenths(pm10));
        for (var i = 2; i < 8; i++)
        {
            frame[8] += frame[i];
        }

        return frame;
    }

    /// <inheritdoc/>
    protected override void Spoil(byte[] frame) => frame[8] ^= 0x01;

    private static ushort Tenths(double value) => (ushort)Math.Clamp(Math.Round(value * 10), 0, ushort.MaxValue);
}
