using System.Buffers.Binary;
using System.Globalization;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Serial;

/// <summary>
/// Nova SDS011 (specification V1.3, page 3: 0.0 … 999.9 µg/m³, a report a second; control protocol V1.3). Warm-up of 30 s after it was
/// off: its fan needs that long to bring in outside air, as operators of it are told.
/// </summary>
internal sealed class Sds011(PartSettings settings, DriverContext context)
    : StreamDriver("SDS011", settings, context, Sds011Frame.Format)
{
    private const int MostTenths = 9999;

    // Section 3.4, set work, and section 3.1, report by itself; to any device (0xFFFF).
    private static readonly byte[] WakeUp =
    [
        0xaa, 0xb4, 0x06, 0x01, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0x06, 0xab,
        0xaa, 0xb4, 0x02, 0x01, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0x01, 0xab,
    ];

    private readonly StuckWatch _stuck = StuckWatch.Read(settings, TimeSpan.FromHours(2), context.Time);

    /// <inheritdoc/>
    protected override TimeSpan WarmUp => TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    protected override ReadOnlyMemory<byte> Wake => WakeUp;

    /// <inheritdoc/>
    protected override async ValueTask MeasureStreamAsync(Measurement into, CancellationToken cancel) =>
        Take((await FrameAsync(Time.GetTimestamp(), cancel)).Span, into);

    private void Take(ReadOnlySpan<byte> frame, Measurement into)
    {
        CheckWarm();
        _stuck.Check(Where, frame);
        var fine = BinaryPrimitives.ReadUInt16LittleEndian(frame[2..]);
        var coarse = BinaryPrimitives.ReadUInt16LittleEndian(frame[4..]);
        if (fine > MostTenths || coarse > MostTenths)
        {
            throw new DriverException(
                DeviceFault.Range,
                string.Create(
                    CultureInfo.InvariantCulture, $"{Where} says PM2.5 {fine / 10.0:0.0}, PM10 {coarse / 10.0:0.0} µg/m³; it measures up to 999.9"));
        }

        into.Add("pm2_5_ug_m3", fine / 10.0);
        into.Add("pm10_ug_m3", coarse / 10.0);
    }
}
