using System.Globalization;
using System.Text;

namespace SmartCity.Simulators.Lights;

/// <summary>What a campaign showed, as a table for a page of the documentation.</summary>
internal static class LightingTable
{
    /// <summary>One order in one line, for a terminal.</summary>
    public static string Line(OrderCurve curve) => string.Create(
        CultureInfo.InvariantCulture,
        $"{curve.Words,-24} {Share(curve),8} in {OrderCurve.Goal:0} s   confirmed {Time(curve.ConfirmedAt(0.5))} / {Time(curve.ConfirmedAt(0.99))} / {Time(curve.ConfirmedAt(1))}   in truth {Time(curve.ThereAt(0.5))} / {Time(curve.ThereAt(1))}   CPU server {curve.ServerCpu:0.0} s, city {curve.CityCpu:0.0} s in {curve.Seconds:0.0} s{Missing(curve)}");

    /// <summary>The table, and the return of those that were away below it.</summary>
    public static string Write(LightingReport report)
    {
        var text = new StringBuilder();
        text.AppendLine("| order | lamps | confirmed within 10 s | half | 99 % | last | half in truth | last in truth | server CPU s | city CPU s | did not follow |");
        text.AppendLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
        foreach (var curve in report.Orders)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {curve.Words} | {curve.Lamps} | {Share(curve)} | {Time(curve.ConfirmedAt(0.5))} | {Time(curve.ConfirmedAt(0.99))} | {Time(curve.ConfirmedAt(1))} | {Time(curve.ThereAt(0.5))} | {Time(curve.ThereAt(1))} | {curve.ServerCpu:0.0} | {curve.CityCpu:0.0} | {Missing(curve).Trim(' ', ';')} |");
        }

        var (within, lamps) = (report.Orders.Sum(o => o.ConfirmedWithin(OrderCurve.Goal)), report.Orders.Sum(o => o.Lamps));
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"All orders: {within} of {lamps} within {OrderCurve.Goal:0} s, {100.0 * within / Math.Max(1, lamps):0.000} %.");
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"Gateways that were away ({report.AwayLamps} lamps): they gave the light of the order that held {Time(report.Returned?.TotalSeconds)} after their links were back, confirmed after {Time(report.ReturnedConfirmed?.TotalSeconds)}; lamps that followed the order that had expired meanwhile: {report.Expired}.");
        return text.ToString();
    }

    private static string Share(OrderCurve curve) => string.Create(
        CultureInfo.InvariantCulture, $"{100.0 * curve.ConfirmedWithin(OrderCurve.Goal) / Math.Max(1, curve.Lamps):0.00} %");

    private static string Time(double? seconds) => seconds is { } s ? string.Create(CultureInfo.InvariantCulture, $"{s:0.0} s") : "never";

    private static string Missing(OrderCurve curve) => curve.Missing.Count == 0
        ? ""
        : "; " + string.Join(", ", curve.Missing.GroupBy(m => m.Why, StringComparer.Ordinal)
            .Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count()} {g.Key} ({string.Join(' ', g.Take(3).Select(m => m.Lamp))})")));
}
