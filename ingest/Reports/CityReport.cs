using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Reports;

/// <summary>What happened in a day, a month or a shift.</summary>
/// <param name="Period">Which.</param>
/// <param name="Until">Up to when it is known: the period's end, or now while it runs.</param>
/// <param name="MadeAt">When this was worked out.</param>
/// <param name="TimeZone">The city's, IANA.</param>
/// <param name="Alerts">Alerts raised in it.</param>
/// <param name="Availability">How much of the time devices were heard.</param>
/// <param name="Energy">What counters counted; null in a shift's report.</param>
internal sealed record CityReport(
    ReportPeriod Period, DateTimeOffset Until, DateTimeOffset MadeAt, string TimeZone, AlertFigures Alerts, AvailabilityFigures Availability, EnergyFigures? Energy)
{
    /// <summary>Of a shift's report.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public ShiftFigures? Shift { get; init; }
}

/// <summary>Alerts raised in the period. Tests, drills and what was over before the server heard of it are counted apart and nowhere else.</summary>
/// <param name="Total">Live alerts.</param>
/// <param name="Open">Of these still open now.</param>
/// <param name="Tests">Raised in tests, drills and works.</param>
/// <param name="Historical">Over before they were heard of.</param>
/// <param name="Escalated">Passed on because nobody acknowledged them.</param>
/// <param name="FalseAlarms">Closed as false alarms.</param>
/// <param name="Response">How soon a person acknowledged.</param>
/// <param name="Kinds">By kind, most first.</param>
/// <param name="Zones">By zone, most first; null is outside of zones.</param>
/// <param name="Causes">What people said it was when they closed them.</param>
/// <param name="Complete">False: there were more than a report counts, see <see cref="AlertTally.Maximum"/>.</param>
internal sealed record AlertFigures(
    long Total, long Open, long Tests, long Historical, long Escalated, long FalseAlarms, ResponseFigures Response,
    IReadOnlyList<KindFigures> Kinds, IReadOnlyList<ZoneFigures> Zones, IReadOnlyList<CauseFigures> Causes, bool Complete);

/// <param name="Kind">Kind of alert.</param>
/// <param name="Total">How many.</param>
/// <param name="Critical">Of severity critical.</param>
/// <param name="Major">Of severity major.</param>
/// <param name="Open">Still open now.</param>
/// <param name="FalseAlarms">Closed as false alarms.</param>
/// <param name="Response">How soon a person acknowledged.</param>
internal sealed record KindFigures(string Kind, long Total, long Critical, long Major, long Open, long FalseAlarms, ResponseFigures Response);

/// <param name="Zone">The zone; null for none.</param>
/// <param name="Name">Its name.</param>
/// <param name="Total">How many.</param>
/// <param name="Critical">Of severity critical.</param>
/// <param name="Major">Of severity major.</param>
/// <param name="FalseAlarms">Closed as false alarms.</param>
internal sealed record ZoneFigures(string? Zone, string? Name, long Total, long Critical, long Major, long FalseAlarms);

/// <param name="Cause">fire, false-alarm:dust …</param>
/// <param name="Total">How many.</param>
internal sealed record CauseFigures(string Cause, long Total);

/// <summary>Seconds from raise to acknowledgement by a person. What resolved by itself before is not among them.</summary>
/// <param name="Acknowledged">How many were acknowledged.</param>
/// <param name="Median">Half were quicker; null when none was acknowledged.</param>
/// <param name="P90">Nine in ten were quicker.</param>
/// <param name="Longest">The slowest.</param>
internal sealed record ResponseFigures(long Acknowledged, double? Median, double? P90, double? Longest);

/// <summary>How much of the time devices were heard, from the spans of their silence alerts.</summary>
/// <param name="Percent">Of all devices in service; null when there is none.</param>
/// <param name="Kinds">By kind of device.</param>
/// <param name="Worst">The devices that were silent longest, at most <see cref="Availability.Worst"/>.</param>
internal sealed record AvailabilityFigures(double? Percent, IReadOnlyList<KindAvailability> Kinds, IReadOnlyList<DeviceSilence> Worst);

/// <param name="Kind">Kind of device.</param>
/// <param name="Devices">In service now.</param>
/// <param name="Percent">Of their time.</param>
/// <param name="Silent">Devices that were silent at some time.</param>
internal sealed record KindAvailability(string Kind, long Devices, double Percent, long Silent);

/// <param name="Device">The device.</param>
/// <param name="Name">Its name.</param>
/// <param name="Seconds">How long it was silent in the period.</param>
internal sealed record DeviceSilence(string Device, string? Name, double Seconds);

/// <summary>Energy by the counters' own readings.</summary>
/// <param name="Kinds">By kind of device.</param>
/// <param name="Read">Counters that were read.</param>
/// <param name="Counters">Counters in service; those beyond <paramref name="Read"/> were not read within the report's time.</param>
/// <param name="Resets">Counters that began anew within the period.</param>
internal sealed record EnergyFigures(IReadOnlyList<KindEnergy> Kinds, long Read, long Counters, long Resets);

/// <param name="Kind">Kind of device.</param>
/// <param name="Counters">Counters with readings in the period.</param>
/// <param name="KilowattHours">What they counted.</param>
internal sealed record KindEnergy(string Kind, long Counters, double KilowattHours);

/// <param name="Officer">Who had the duty.</param>
/// <param name="Note">What was said when they took over.</param>
/// <param name="TookOver">Alerts open at the beginning.</param>
/// <param name="Acts">What they did with alerts, by act.</param>
/// <param name="StillOpen">Alerts raised up to the end that are open now, worst first, at most <see cref="ReportMaker.OpenInShift"/>.</param>
internal sealed record ShiftFigures(string Officer, string? Note, long TookOver, IReadOnlyList<CauseFigures> Acts, IReadOnlyList<AlertView> StillOpen);
