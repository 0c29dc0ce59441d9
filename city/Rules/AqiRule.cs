using System.Globalization;

namespace SmartCity.City;

/// <summary>
/// VN_AQI of a station, hour by hour (see <see cref="VnAqi"/>): hourly means by measured time in the city's offset, the index of an
/// hour when the first reading of a later hour arrives. An alert from the index <c>from</c> on, updated with the band.
/// <para>
/// An hour counts for a pollutant when readings fell into at least <c>coverage</c> of its parts (an hour has twelve of five
/// minutes, fewer for a station that reports less often). The decision asks for checked data without a figure; three quarters is
/// what Vietnamese rules ask of an hourly mean.
/// </para>
/// </summary>
public sealed class AqiRule : Rule
{
    private const int HourSlot = 0;
    private const int OnsetSlot = 1; // 0 = no alert
    private const int BandSlot = 2;
    private const int RaisedReceivedSlot = 3;
    private const int LastIndexSlot = 4; // nine bits each: index + 1 (0 = none yet), then each pollutant's own + 1 (0 = no data)
    private const int LastHourSlot = 5;
    private const int FixedSlots = 6;

    private const int SumSlot = 0;
    private const int CountSlot = 1;
    private const int PartsSlot = 2;
    private const int MeansSlot = 3;
    private const int SlotsPerPollutant = MeansSlot + VnAqi.NowcastHours;

    private const int FromIndex = 0;
    private const int CoverageIndex = 1;

    private const long HourNs = 3_600_000_000_000;

    // The index ends at 500, so nine bits hold it and one more; seven of them fit beside the sign.
    private const int IndexBits = 9;
    private const long IndexMask = (1 << IndexBits) - 1;

    private static readonly string[] Keys = ["pm25", "pm10", "o3", "no2", "so2", "co"];
    private static readonly Pollutant[] Pollutants = [Pollutant.PM25, Pollutant.PM10, Pollutant.O3, Pollutant.NO2, Pollutant.SO2, Pollutant.CO];

    private readonly int[] _metrics;
    private readonly int _parts;
    private readonly ulong _watches;

    private AqiRule(RuleHead head, YamlMap map, KindDraft kind)
        : base(head)
    {
        var pollutants = map.Map("pollutants", required: true);
        _metrics = pollutants is null ? [] : [.. Keys.Select(key => kind.Metric(pollutants, key, required: false))];
        pollutants?.Close();
        if (pollutants is not null && _metrics[0] < 0 && _metrics[1] < 0)
        {
            map.Fault("pollutants", "needs pm25 or pm10: without one of them there is no VN_AQI");
        }

        _watches = _metrics.Where(m => m >= 0).Aggregate(0UL, (all, m) => all | 1UL << m);
        Shape = new RuleShape("vn-aqi", [.. _metrics.Where(m => m >= 0)]);
        _parts = (int)Math.Clamp(HourNs / (kind.Interval.Ticks * TimeSpan.NanosecondsPerTick), 1, 12);
        Parameters =
        [
            new RuleParameter("from", map.Number("from", 151)) { Maximum = 500 },
            new RuleParameter("coverage", map.Number("coverage", 0.75)) { Maximum = 1 },
        ];
    }

    internal override int Slots => FixedSlots + (Keys.Length * SlotsPerPollutant);

    internal override string Type => "vn-aqi";

    internal static Rule Read(RuleHead head, YamlMap map, KindDraft kind) => new AqiRule(head, map, kind);

    internal override void Apply(in RuleStep step)
    {
        if ((step.Fresh & _watches) == 0)
        {
            return;
        }

        var offset = step.Device.UtcOffset.Ticks * TimeSpan.NanosecondsPerTick;
        var local = step.MeasuredAt + offset;
        var hour = local / HourNs;
        var memory = step.Memory;
        if (memory[HourSlot] == 0)
        {
            Start(memory, hour);
        }
        else if (hour > memory[HourSlot])
        {
            Finish(step, offset);
            Advance(memory, hour);
        }
        else if (hour < memory[HourSlot])
        {
            return; // newest of its metric, but of an hour that is done
        }

        var part = 1L << (int)(local % HourNs * _parts / HourNs);
        var metrics = _metrics;
        for (var p = 0; p < metrics.Length; p++)
        {
            if (metrics[p] >= 0 && step.IsFresh(metrics[p]))
            {
                var own = Of(memory, p);
                own[SumSlot] = BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(own[SumSlot]) + step.Values[metrics[p]]);
                own[CountSlot]++;
                own[PartsSlot] |= part;
            }
        }
    }

    internal override void Describe(in RuleStep step, ICollection<DerivedValue> values)
    {
        if (step.Memory[LastIndexSlot] > 0)
        {
            var (packed, at) = (step.Memory[LastIndexSlot], step.Memory[LastHourSlot]);
            values.Add(new DerivedValue("vn_aqi", (packed & IndexMask) - 1, at));
            for (var p = 0; p < Keys.Length; p++)
            {
                if ((packed >> (IndexBits * (p + 1)) & IndexMask) is > 0 and var own)
                {
                    values.Add(new DerivedValue("vn_aqi_" + Keys[p], own - 1, at));
                }
            }
        }
    }

    /// <summary>The metric of a pollutant among the kind's (<c>pm25</c>, <c>pm10</c>, <c>o3</c>, <c>no2</c>, <c>so2</c>, <c>co</c>), −1 when stations do not measure it.</summary>
    public int MetricOf(string pollutant) => Array.IndexOf(Keys, pollutant) is >= 0 and var p ? _metrics[p] : -1;

    /// <summary>The share of an hour that must have readings.</summary>
    public double Coverage => Parameters[CoverageIndex].Value;

    private static Span<long> Of(Span<long> memory, int pollutant) => memory.Slice(FixedSlots + (pollutant * SlotsPerPollutant), SlotsPerPollutant);

    private static void Start(Span<long> memory, long hour)
    {
        memory[HourSlot] = hour;
        for (var p = 0; p < Keys.Length; p++)
        {
            Of(memory, p)[MeansSlot..].Fill(BitConverter.DoubleToInt64Bits(double.NaN));
        }
    }

    /// <summary>The hour is over: its means become c1, and its index is judged.</summary>
    private void Finish(in RuleStep step, long offset)
    {
        var memory = step.Memory;
        Span<double> current = stackalloc double[6];
        Span<double> means = stackalloc double[VnAqi.NowcastHours];
        for (var p = 0; p < Keys.Length; p++)
        {
            var own = Of(memory, p);
            var covered = long.PopCount(own[PartsSlot]) >= _parts * step.Parameters[CoverageIndex] && own[CountSlot] > 0;
            var mean = covered ? BitConverter.Int64BitsToDouble(own[SumSlot]) / own[CountSlot] : double.NaN;
            own[MeansSlot] = BitConverter.DoubleToInt64Bits(mean);
            for (var i = 0; i < means.Length; i++)
            {
                means[i] = BitConverter.Int64BitsToDouble(own[MeansSlot + i]);
            }

            current[p] = p < 2 ? VnAqi.Nowcast(means) : mean;
        }

        var parts = 0L;
        for (var p = 0; p < Keys.Length; p++)
        {
            var own = VnAqi.SubIndex(Pollutants[p], current[p]);
            parts |= double.IsNaN(own) ? 0 : (VnAqi.Round(own) + 1L) << (IndexBits * (p + 1));
        }

        var index = VnAqi.Hourly(current[0], current[1], current[2], current[3], current[4], current[5]);
        if (index >= 0)
        {
            Judge(step, index, parts, ((memory[HourSlot] + 1) * HourNs) - offset);
        }
    }

    /// <summary>On to a later hour; the hours between have no data.</summary>
    private static void Advance(Span<long> memory, long hour)
    {
        // Compared, not subtracted: what a damaged snapshot says may lie before all time.
        var hours = memory[HourSlot] < hour - VnAqi.NowcastHours ? VnAqi.NowcastHours : (int)(hour - memory[HourSlot]);
        for (var p = 0; p < Keys.Length; p++)
        {
            var own = Of(memory, p);
            var means = own[MeansSlot..];
            means[..^hours].CopyTo(means[hours..]);
            means[..hours].Fill(BitConverter.DoubleToInt64Bits(double.NaN));
            own[..MeansSlot].Clear();
        }

        memory[HourSlot] = hour;
    }

    private void Judge(in RuleStep step, int index, long parts, long at)
    {
        var memory = step.Memory;
        memory[LastIndexSlot] = (index + 1L) | parts;
        memory[LastHourSlot] = at;
        var onset = memory[OnsetSlot];
        var band = VnAqi.BandOf(index);
        if (index < step.Parameters[FromIndex])
        {
            if (onset != 0)
            {
                memory[OnsetSlot] = 0;
                Say(step, AlertChangeKind.Cleared, Causes.Cleared(at), onset, index, band, at);
            }
        }
        else if (onset == 0)
        {
            memory[OnsetSlot] = at;
            memory[RaisedReceivedSlot] = step.ReceivedAt;
            memory[BandSlot] = band;
            Say(step, AlertChangeKind.Raised, "raised", at, index, band, at);
        }
        else if (band != memory[BandSlot])
        {
            memory[BandSlot] = band;
            Say(step, AlertChangeKind.Updated, Causes.Stage(band + 1, at), onset, index, band, at);
        }
    }

    private void Say(in RuleStep step, AlertChangeKind what, string cause, long onset, int index, int band, long at)
    {
        // Very bad (201–300) is at least major, hazardous (301 and above) critical.
        var severity = band switch { >= 5 => Severity.Critical, 4 => Severity.Major, _ => Severity.Minor };
        step.Sink.Add(new AlertChange
        {
            AlertId = AlertIds.Make(step.Device.Subject, Name, onset),
            What = what,
            Cause = cause,
            Kind = Alert,
            Severity = severity > Severity ? severity : Severity,
            Device = step.Device.Id,
            Zone = step.Device.Zone,
            Rule = Name,
            Value = index,
            Threshold = step.Parameters[FromIndex],
            MeasuredAt = at,
            ReceivedAt = step.ReceivedAt,
            Historical = what == AlertChangeKind.Cleared && step.Memory[RaisedReceivedSlot] > at,
            AutoResolve = true,
            Detail = Causes.Detail(
                Detail,
                string.Create(CultureInfo.InvariantCulture, $"VN_AQI {index}, {VnAqi.Bands[band].Title.En} ({VnAqi.Bands[band].Title.Vi})"),
                Causes.Words(step.Faults)),
        });
    }
}
