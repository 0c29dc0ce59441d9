using System.Buffers.Binary;

namespace SmartCity.Simulators.Chips.Lines;

/// <summary>A Plantower PMS5003 in active mode: 32 bytes once a second (data manual V2.3, appendix I, table 1).</summary>
/// <param name="time">Clock of its pace.</param>
/// <param name="air">PM2.5 and PM10 of the air around it, µg/m³.</param>
internal sealed class SimPms5003(TimeProvider time, Func<(double Pm25, double Pm10)> air) : SimStream(time, TimeSpan.FromSeconds(1))
{
    private ushort _count;

    /// <summary>Fan or laser stand still: it sends frames, and sees no particle at all.</summary>
    public bool Blind { get; set; }

    /// <inheritdoc/>
    protected override byte[] Frame()
    {
        var frame = new byte[32];
        frame[0] = 0x42;
        frame[1] = 0x4d;
        frame[3] = 28;
        if (!Blind)
        {
            var (pm25, pm10) = air();
            var fine = Whole(pm25);
            var coarse = Whole(pm10);
            Put(frame, 1, Whole(pm25 * 0.7));
            Put(frame, 2, fine);
            Put(frame, 3, coarse);
            Put(frame, 4, Whole(pm25 * 0.7));
            Put(frame, 5, fine);
            Put(frame, 6, coarse);

            // Particles in 0.1 l: never twice the same count, as of a living sensor.
            _count = (ushort)((_count + 1) % 50);
            Put(frame, 7, (ushort)Math.Min(60_000, 100 + (fine * 150) + _count));
            Put(frame, 8, (ushort)Math.Min(60_000, 30 + (fine * 45)));
            Put(frame, 9, (ushort)Math.Min(60_000, fine * 8));
            Put(frame, 10, Whole(coarse * 0.4));
            Put(frame, 11, Whole(coarse * 0.1));
            Put(frame, 12, Whole(coarse * 0.05));
        }

        frame[28] = 0x97; // firmware version, in the reserved word 13
        Sum(frame);
        return frame;
    }

    /// <inheritdoc/>
    protected override void Spoil(byte[] frame) => frame[31] ^= 0x01;

    private static void Sum(byte[] frame)
    {
        var sum = 0;
        for (var i = 0; i < 30; i++)
        {
            sum += frame[i];
        }

        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(30), (ushort)sum);
    }

    private static void Put(byte[] frame, int word, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2 + (2 * word)), value);

    private static ushort Whole(double value) => (ushort)Math.Clamp(Math.Round(value), 0, ushort.MaxValue);
}
