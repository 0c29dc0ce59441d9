using System.Globalization;
using System.Text;

namespace SmartCity.Simulators.Flavours;

/// <summary>Results as the tables of a page: the median of all rounds, and what the rounds were between.</summary>
internal static class FlavourText
{
    private const string SpeedHead =
        "load | server | servers | readings/s acknowledged | with readers caught up | least – most | embedded's over it | lost | servers' CPU µs/reading | PostgreSQL's | generator's | PUBACK p50 ms | p99 ms | resident MB";

    private const string AlarmHead =
        "load | server | servers | alarms heard | → PUBACK p50 ms | p99 ms | → event p50 ms | p99 ms | longest ms | → event at the other server p50 ms | p99 ms | telemetry PUBACK p50 ms | p99 ms | servers' CPU µs/reading";

    /// <summary>Both tables, and what was strange.</summary>
    public static string Tables(IReadOnlyList<FlavourResult> all)
    {
        var text = new StringBuilder();
        Table(text, SpeedHead, Points(all).Where(p => p[0].Alarms is null), p => Speed(p, all));
        Table(text, AlarmHead, Points(all).Where(p => p[0].Alarms is not null), Alarm);
        foreach (var strange in all.Where(r => r.Note is not null))
        {
            text.Append(CultureInfo.InvariantCulture, $"{strange.Load}, {NameOf(strange.Flavour)}, {strange.Servers} server(s), round {strange.Round}: {strange.Note}.\n\n");
        }

        return text.ToString();
    }

    /// <summary>Rates, as bars: for each load one of each case.</summary>
    public static (IReadOnlyList<string> Series, IReadOnlyList<(string Name, IReadOnlyList<double?> Values)> Rows) Bars(IReadOnlyList<FlavourResult> all)
    {
        var fast = Points(all).Where(p => p[0].Alarms is null).ToList();
        var cases = fast.Select(p => (p[0].Flavour, p[0].Servers)).Distinct().ToList();
        return (
            [.. cases.Select(c => FormattableString.Invariant($"{NameOf(c.Flavour)}, {c.Servers}"))],
            [
                .. fast.Select(p => p[0].Load).Distinct().Select(load => (load, (IReadOnlyList<double?>)
                [
                    .. cases.Select(c => fast.FirstOrDefault(p => p[0].Load == load && (p[0].Flavour, p[0].Servers) == c) is { } point ? Middle(point, r => r.CaughtUpPerSecond) : null),
                ])),
            ]);
    }

    /// <summary>Rounds of one point, by load and then by case as they were measured first.</summary>
    public static IReadOnlyList<IReadOnlyList<FlavourResult>> Points(IReadOnlyList<FlavourResult> all)
    {
        var cases = all.Select(r => (r.Servers, Rank(r.Flavour))).Distinct().Order().ToList();
        return
        [
            .. all.Select(r => r.Load).Distinct().SelectMany(load => cases.Select(c => (IReadOnlyList<FlavourResult>)[.. all.Where(r => r.Load == load && (r.Servers, Rank(r.Flavour)) == c)]))
                .Where(p => p.Count > 0),
        ];
    }

    /// <summary>The median; of an even number the mean of the two in the middle; null where nothing was measured.</summary>
    public static double? Middle(IReadOnlyList<FlavourResult> rounds, Func<FlavourResult, double?> value)
    {
        var values = rounds.Select(value).OfType<double>().Order().ToList();
        return values.Count == 0 ? null : (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }

    private static int Rank(string flavour) => flavour switch { FlavourCase.File => 0, FlavourCase.Embedded => 1, _ => 2 };

    private static string NameOf(string flavour) => flavour switch
    {
        FlavourCase.File => "embedded, book in a file",
        FlavourCase.Orleans => "Orleans flavour",
        _ => flavour,
    };

    private static string Speed(IReadOnlyList<FlavourResult> p, IReadOnlyList<FlavourResult> all)
    {
        double? Of(Func<FlavourResult, double?> value) => Middle(p, value);
        var rates = p.Select(r => r.CaughtUpPerSecond).OfType<double>().ToList();
        var peer = Middle([.. all.Where(r => r.Load == p[0].Load && r.Servers == p[0].Servers && r.Flavour == FlavourCase.Embedded)], r => r.CaughtUpPerSecond);
        var ratio = p[0].Flavour == FlavourCase.Orleans && peer / Of(r => r.CaughtUpPerSecond) is { } times ? FormattableString.Invariant($"{times:0.00} ×") : "";
        return FormattableString.Invariant(
            $"{Of(r => r.ReadingsPerSecond):N0} | {Of(r => r.CaughtUpPerSecond):N0} | {rates.Min():N0} – {rates.Max():N0} | {ratio} | {p.Sum(r => r.Lost):0} | {Of(r => r.CpuMicrosPerReading):0.00} | {Of(r => r.BookMicrosPerReading):0.00} | {Of(r => r.GeneratorMicrosPerReading):0.00} | {Of(r => r.P50Ms):0.0} | {Of(r => r.P99Ms):0.0} | {Of(r => r.ResidentMb):0}");
    }

    private static string Alarm(IReadOnlyList<FlavourResult> p)
    {
        double? Of(Func<FlavourResult, double?> value) => Middle(p, value);
        return FormattableString.Invariant(
            $"{p.Sum(r => r.Alarms - r.AlarmsMissing):0} of {p.Sum(r => r.Alarms):0} | {Of(r => r.AlarmAckP50Ms):0.0} | {Of(r => r.AlarmAckP99Ms):0.0} | {Of(r => r.AlarmP50Ms):0.0} | {Of(r => r.AlarmP99Ms):0.0} | {p.Max(r => r.AlarmMaximumMs):0.0} | {Of(r => r.BesideP50Ms):0.0} | {Of(r => r.BesideP99Ms):0.0} | {Of(r => r.P50Ms):0.0} | {Of(r => r.P99Ms):0.0} | {Of(r => r.CpuMicrosPerReading):0.00}");
    }

    private static void Table(StringBuilder text, string head, IEnumerable<IReadOnlyList<FlavourResult>> points, Func<IReadOnlyList<FlavourResult>, string> row)
    {
        text.Append(CultureInfo.InvariantCulture, $"| {head} |\n| --- | --- |{string.Concat(Enumerable.Repeat(" ---: |", head.Count(c => c == '|') - 1))}\n");
        foreach (var point in points)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {point[0].Load} | {NameOf(point[0].Flavour)} | {point[0].Servers} | {row(point)} |\n");
        }

        text.Append('\n');
    }
}
