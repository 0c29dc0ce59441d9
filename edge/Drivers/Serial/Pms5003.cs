using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Serial;

/// <summary>
/// Plantower PMS5003 (data manual V2.3): PM2.5 and PM10 by laser scattering, µg/m³ "under atmospheric environment" (data 5 and 6),
/// as the manual has it for outdoor air. It measures 0 … 1000 µg/m³ (page 3, "maximum range"); it sends every 0.2 … 2.3 s.
/// </summary>
internal sealed class Pms5003(PartSettings settings, DriverContext context)
    : StreamDriver("PMS5003", settings, context, Pms5003Frame.Format)
{
    private const int Most = 1000;

    // Commands of appendix II: wake up (E4 1), then send by itself (E1 1).
    private static readonly byte[] WakeUp = [0x42, 0x4d, 0xe4, 0x00, 0x01, 0x01, 0x74, 0x42, 0x4d, 0xe1, 0x00, 0x01, 0x01, 0x71];

    private readonly StuckWatch _stuck = StuckWatch.Read(settings, TimeSpan.FromMinutes(30), context.Time);
    private bool _blind;

    /// <summary>"Stable data should be got at least 30 seconds after the sensor wakeup … because of the fan's performance" (page 6).</summary>
    protected override TimeSpan WarmUp => TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    protected override ReadOnlyMemory<byte> Wake => WakeUp;

    /// <inheritdoc/>
    protected override async ValueTask MeasureStreamAsync(Measurement into, CancellationToken cancel) =>
        Take((await FrameAsync(Time.GetTimestamp(), cancel)).Span, into);

    private void Take(ReadOnlySpan<byte> frame, Measurement into)
    {
        // Data 7 counts the particles above 0.3 µm in 0.1 l. The cleanest outdoor air has dozens; none at all is what it sends with
        // its fan or laser at rest, and in the first frames after a power-up.
        if (Pms5003Frame.Word(frame, 7) == 0)
        {
            _blind = true;
            throw new DriverException(
                DeviceFault.Stuck, $"{Where} sees no particle at all: its fan or laser stands still; clean the inlet, then replace it");
        }

        if (_blind)
        {
            _blind = false;
            WarmAgain();
        }

        CheckWarm();
        _stuck.Check(Where, frame);
        var fine = Pms5003Frame.Word(frame, 5);
        var coarse = Pms5003Frame.Word(frame, 6);
        if (fine > Most || coarse > Most)
        {
            throw new DriverException(DeviceFault.Range, $"{Where} says PM2.5 {fine}, PM10 {coarse} µg/m³; it measures up to {Most}");
        }

        into.Add("pm2_5_ug_m3", fine);
        into.Add("pm10_ug_m3", coarse);
    }
}
