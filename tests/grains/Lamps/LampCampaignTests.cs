using System.Globalization;
using System.Text;
using SmartCity.City;

namespace SmartCity.Grains.Tests.Lamps;

/// <summary>
/// Faults planted in a town of lamps, found or not: <c>docs/decisions/lamp-truth.md</c>. Every day a small town for some nights, from three seeds; with
/// SMARTCITY_LONG=1 three towns of three hundred lamps for 35 nights; SMARTCITY_SEED takes other seeds.
/// </summary>
public sealed class LampCampaignTests(ITestOutputHelper output)
{
    private static bool Long => Environment.GetEnvironmentVariable("SMARTCITY_LONG") == "1";

    [Fact]
    public async Task Planted_faults_are_found_by_the_next_evening_and_nothing_else_is()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_SEED"), CultureInfo.InvariantCulture, out var own) ? own : 1;
        var runs = Enumerable.Range(seed, 3).Select(s => Long ? new LampCampaign(s, 300, 35) : new LampCampaign(s, 60, 6)).ToArray();
        foreach (var run in runs)
        {
            await run.RunAsync();
            run.Settle();
        }

        var table = new StringBuilder();
        var bad = new List<string>();
        table.AppendLine(CultureInfo.InvariantCulture, $"seed {seed}: {runs.Sum(r => r.Town.Circuits.Sum(c => c.Lamps.Length))} lamps, {runs.Sum(r => r.Town.Circuits.Length)} gateways, {runs[0].Town.Nights} nights, {runs.Sum(r => r.Readings):N0} readings");
        table.AppendLine("| event | planted | found | missed | late | false | recall | precision | median delay | longest delay |");
        table.AppendLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var what in Enum.GetValues<Planted>())
        {
            var planted = runs.SelectMany(r => r.Town.Faults.Where(f => f.What == what).Select(f => (Run: r, Fault: f))).ToList();
            var due = planted.Where(p => !p.Fault.Optional).ToList();
            var found = due.Where(p => !double.IsNaN(p.Fault.FoundAt)).ToList();
            var late = found.Where(p => p.Fault.FoundAt > p.Run.Deadline(p.Fault)).ToList();
            var wrong = runs.Sum(r => r.False.Count(f => What(f.Change) == what));
            var all = planted.Count(p => !double.IsNaN(p.Fault.FoundAt));
            var delays = found.Select(p => p.Fault.FoundAt - p.Run.Visible(p.Fault)).Order().ToList();
            var (recall, precision) = (due.Count == 0 ? 1 : (double)found.Count / due.Count, all + wrong == 0 ? 1 : (double)all / (all + wrong));
            table.AppendLine(CultureInfo.InvariantCulture, $"| {what} | {due.Count} | {found.Count} | {due.Count - found.Count} | {late.Count} | {wrong} | {recall:0.000} | {precision:0.000} | {Minutes(delays, 0.5)} | {Minutes(delays, 1)} |");
            if (recall < 0.99 || precision < 0.99 || late.Count > 0)
            {
                bad.Add($"{what}: recall {recall:0.000}, precision {precision:0.000}, late {late.Count}");
            }

            foreach (var (_, fault) in due.Except(found).Concat(late).Take(8))
            {
                output.WriteLine($"missed or late: {fault}");
            }
        }

        foreach (var (run, change, at) in runs.SelectMany(r => r.False.Select(f => (r, f.Change, f.At))).Take(60))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"false: {change.Rule} {change.Device} at {at % 86400 / 3600:0.00} h ({at:0}): {change.Detail} | {run.Around(change.Device!, at)}"));
        }

        table.AppendLine(CultureInfo.InvariantCulture, $"meters dead in every register and called dead lamps where nothing could tell: {runs.Sum(r => r.Untold)}");
        foreach (var (run, change) in runs.SelectMany(r => r.Stale.Select(s => (r, s))).Take(20))
        {
            bad.Add($"still open: {change.Rule} {change.Device}: {change.Detail}");
        }

        output.WriteLine(table.ToString());
        bad.ForEach(output.WriteLine);
        Assert.Empty(bad);
    }

    private static string Minutes(List<double> delays, double share) => delays.Count == 0
        ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{delays[Math.Min(delays.Count - 1, (int)(delays.Count * share))] / 60:0.0} min");

    private static Planted What(AlertChange change) => change.Rule switch
    {
        "lamp-failure" => Planted.DeadLamp,
        "lamp-unexpected-on" => Planted.StuckRelay,
        "lamp-day-burner" => Planted.DayBurner,
        "lamp-dimming" => Planted.DimmingFailure,
        "lamp-cycling" => Planted.Cycler,
        "lamp-meter" => Planted.LyingMeter,
        "lamp-supply-loss" => Planted.PoleFuse,
        "supply-loss" or "circuit-supply-loss" => Planted.CutSupply,
        "gateway-silence" => Planted.LostGateway,
        _ => Planted.LostDevice, // silence, device-fault: whatever was said of a device that is not heard
    };
}
