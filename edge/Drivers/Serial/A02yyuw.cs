using System.Globalization;
using System.Runtime.InteropServices;
using SmartCity.Edge.Config;

namespace SmartCity.Edge.Drivers.Serial;

/// <summary>
/// DYP-A02YYUW ultrasonic sensor above water, RX open (processed values every 100 … 300 ms): the level is its height above the datum
/// less the distance. Each measurement is the median of five; when fewer than three of them agree, waves and stray echoes (a ladder, a
/// web, foam) have the upper hand and five more are taken, three times in all.
/// </summary>
internal sealed class A02yyuw : StreamDriver
{
    private const int Group = 5;
    private const int Agreeing = 3;
    private const int Groups = 3;

    private readonly double _mount;
    private readonly int _spread;
    private readonly StuckWatch _stuck;
    private readonly int[] _distances = new int[Group];

    /// <summary>Reads the settings <c>mount</c> and <c>spread</c>, metres.</summary>
    public A02yyuw(PartSettings settings, DriverContext context)
        : base("A02YYUW", settings, context, A02yyuwFrame.Format)
    {
        _mount = settings.Number("mount", -5, 34.5);
        _spread = (int)(settings.Number("spread", 0.01, 1, 0.1) * 1000);
        _stuck = StuckWatch.Read(settings, TimeSpan.FromHours(24), context.Time);
    }

    /// <inheritdoc/>
    public override TimeSpan MinimumInterval => TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override TimeSpan Patience => TimeSpan.FromSeconds(8);

    /// <inheritdoc/>
    protected override string RangeWords =>
        $"no echo between {A02yyuwFrame.Nearest} and {A02yyuwFrame.Farthest} mm; "
        + "is it level above the water, its face clean, and the water not too near or too far?";

    /// <inheritdoc/>
    protected override async ValueTask MeasureStreamAsync(Measurement into, CancellationToken cancel)
    {
        var start = Time.GetTimestamp();
        for (var group = 0; group < Groups; group++)
        {
            for (var i = 0; i < Group; i++)
            {
                _distances[i] = A02yyuwFrame.Millimetres((await FrameAsync(start, cancel)).Span);

                // As many echoes out of range as in it: what is in range is the stray ones.
                if (OutOfRange > (Group * group) + i + 1 + 2)
                {
                    throw new DriverException(DeviceFault.Range, $"{Where}: {RangeWords}");
                }
            }

            Array.Sort(_distances);
            var median = _distances[Group / 2];
            if (_distances.Count(d => Math.Abs(d - median) <= _spread) >= Agreeing)
            {
                _stuck.Check(Where, MemoryMarshal.AsBytes<int>(_distances));
                into.Add("water_level_m", Math.Round(_mount - (median / 1000.0), 3));
                return;
            }
        }

        throw new DriverException(
            DeviceFault.Range,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Where}: {Groups} times {Group} echoes and no {Agreeing} within {_spread} mm; ")
            + "look for something in the beam, or allow a larger 'spread' where waves are higher");
    }
}
