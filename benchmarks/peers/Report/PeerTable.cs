using System.Globalization;
using System.Text;

namespace SmartCity.Benchmarks.Peers;

/// <summary>Results as tables of the documentation.</summary>
internal static class PeerTable
{
    private const string Begin = "<!-- peers:begin -->";
    private const string End = "<!-- peers:end -->";
    private const string Killed = "-kill";
    private const string Paced = "-paced";
    private static readonly string[] _order = ["node-red", "node-red-lines", "worker", "worker-lines", "ours-influx", "victoria-metrics", "ours"];

    /// <summary>One result in one line, for who waits.</summary>
    public static string Line(PeerResult r) => string.Create(
        CultureInfo.InvariantCulture,
        $"{r.Name,-22} {r.ReadingsPerPublish,3} a publish: {r.ReadingsPerSecond,9:N0}/s acknowledged, {r.CaughtUpPerSecond,9:N0}/s stored, {r.Acknowledged:N0} acknowledged, {r.Lost:N0} of them not stored, p99 {r.P99Ms:0.0} ms, {r.CpuMicrosPerReading:0.00} µs CPU, {r.ResidentMb:0} MB (generator {r.GeneratorMicrosPerReading:0.00} µs)");

    /// <summary>The tables and what they mean.</summary>
    public static string Of(IReadOnlyList<PeerResult> results)
    {
        var text = new StringBuilder();
        var pressed = results.Where(IsPressed).OrderBy(r => r.ReadingsPerPublish).ThenBy(Rank).ToList();
        if (pressed.Count > 0)
        {
            text.Append("Pressed: as many publishes as the windows let through.\n\n");
            Rows(text, pressed);

            foreach (var machine in pressed.GroupBy(r => r.Machine[(r.Machine.IndexOf("before, ", StringComparison.Ordinal) + "before, ".Length)..], StringComparer.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $"\n{char.ToUpperInvariant(machine.Key[0])}{machine.Key[1..]}; load average before: {string.Join(", ", machine.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Name} {r.ReadingsPerPublish}: {r.Machine.Split(' ')[2]}")))}.\n");
            }
        }

        var killed = results.Where(r => r.Name.EndsWith(Killed, StringComparison.Ordinal)).OrderBy(r => r.ReadingsPerPublish).ThenBy(Rank).ToList();
        if (killed.Count > 0)
        {
            text.Append("\nAt a moderate rate, every process of the pipeline killed (`SIGKILL`) in the middle and started again on its own data:\n\n");
            text.Append("| pipeline | readings a publish | acknowledged | in the store | lost of what was acknowledged |\n| --- | ---: | ---: | ---: | ---: |\n");
            foreach (var r in killed)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {r.Title} | {r.ReadingsPerPublish} | {r.Acknowledged} | {r.Stored} | {Lost(r)} |\n");
            }
        }

        var paced = results.Where(r => r.Name.EndsWith(Paced, StringComparison.Ordinal)).OrderBy(r => r.ReadingsPerPublish).ThenBy(Rank).ToList();
        if (paced.Count > 0)
        {
            text.Append("\nAt a rate that it can follow:\n\n");
            Rows(text, paced);
        }

        text.Append("\n| pipeline | what its acknowledgement means, and what it does not offer |\n| --- | --- |\n");
        foreach (var r in pressed.Concat(killed).Concat(paced).DistinctBy(r => r.Title).OrderBy(Rank))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {r.Title} | {r.Note} |\n");
        }

        return text.ToString();
    }

    /// <summary>Whether a result is of as many publishes as the windows let through.</summary>
    public static bool IsPressed(PeerResult r) =>
        !r.Name.EndsWith(Killed, StringComparison.Ordinal) && !r.Name.EndsWith(Paced, StringComparison.Ordinal);

    /// <summary>Puts the tables between the page's markers.</summary>
    /// <exception cref="InvalidOperationException">The page has no markers.</exception>
    public static void WriteInto(string page, IReadOnlyList<PeerResult> results)
    {
        var old = File.ReadAllText(page);
        var (from, to) = (old.IndexOf(Begin, StringComparison.Ordinal), old.IndexOf(End, StringComparison.Ordinal));
        if (from < 0 || to < from)
        {
            throw new InvalidOperationException($"{page} has no {Begin} … {End}");
        }

        File.WriteAllText(page, $"{old[..(from + Begin.Length)]}\n{Of(results)}{old[to..]}");
    }

    private static int Rank(PeerResult r) => Array.IndexOf(_order, r.Name.Replace(Killed, "", StringComparison.Ordinal).Replace(Paced, "", StringComparison.Ordinal));

    private static void Rows(StringBuilder text, List<PeerResult> results)
    {
        text.Append("| pipeline | readings a publish | acknowledged/s | stored/s | ours stores | acknowledged, not stored | p50 ms | p99 ms | CPU µs/reading | resident MB |\n");
        text.Append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var r in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {r.Title} | {r.ReadingsPerPublish} | {r.ReadingsPerSecond:0} | {r.CaughtUpPerSecond:0} | {Times(results, r)} | {Lost(r)} | {r.P50Ms:0.0} | {r.P99Ms:0.0} | {r.CpuMicrosPerReading:0.00} | {r.ResidentMb:0} |\n");
        }
    }

    private static string Times(List<PeerResult> all, PeerResult r) =>
        r.Name != "ours" && r.CaughtUpPerSecond > 0 && all.Find(o => o.Name == "ours" && o.ReadingsPerPublish == r.ReadingsPerPublish) is { } ours
            ? string.Create(CultureInfo.InvariantCulture, $"{ours.CaughtUpPerSecond / r.CaughtUpPerSecond:0.0} ×")
            : "";

    private static string Lost(PeerResult r) =>
        r.Lost == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{r.Lost} ({100.0 * r.Lost / r.Acknowledged:0.#} %)");
}
