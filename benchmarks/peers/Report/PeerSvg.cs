using System.Globalization;
using System.Text;

namespace SmartCity.Benchmarks.Peers;

/// <summary>Draws stored readings a second as bars, one panel for each number of readings a publish: light and dark.</summary>
internal static class PeerSvg
{
    private const int Width = 760;
    private const int Labels = 246;
    private const int Bar = 26;
    private const int Head = 44;
    private const int Room = 150;

    /// <summary>The picture.</summary>
    public static string Draw(IReadOnlyList<PeerResult> results)
    {
        var panels = results.Where(r => PeerTable.IsPressed(r)).GroupBy(r => r.ReadingsPerPublish).OrderBy(g => g.Key).ToList();
        var height = panels.Sum(p => Head + (p.Count() * Bar)) + 34;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n");
        text.Append("<style>.ink{fill:#1f2937}.soft{fill:#6b7280}@media(prefers-color-scheme:dark){.ink{fill:#e5e7eb}.soft{fill:#9ca3af}}</style>\n");
        var y = 0;
        foreach (var panel in panels)
        {
            text.Append(CultureInfo.InvariantCulture, $"<text class=\"ink\" x=\"0\" y=\"{y + 26}\" font-weight=\"bold\">Readings stored a second, {panel.Key} a publish</text>\n");
            y += Head;
            var longest = panel.Max(r => r.CaughtUpPerSecond);
            foreach (var r in panel.OrderBy(r => r.CaughtUpPerSecond))
            {
                Row(text, r, y, longest);
                y += Bar;
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"<text class=\"soft\" x=\"0\" y=\"{y + 22}\">Same readings, two cores shared with the generator. Lost: acknowledged, and not in the store in the end.</text>\n");
        return text.Append("</svg>\n").ToString();
    }

    private static void Row(StringBuilder text, PeerResult r, int y, double longest)
    {
        var colour = r.Name.StartsWith("ours", StringComparison.Ordinal) ? "#2563eb" : "#d97706";
        var scale = (Width - Labels - Room) / longest;
        var length = r.CaughtUpPerSecond * scale;
        text.Append(CultureInfo.InvariantCulture, $"<text class=\"ink\" x=\"0\" y=\"{y + 12}\">{Short(r)}</text>");
        text.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Labels}\" y=\"{y}\" width=\"{length:0.#}\" height=\"16\" fill=\"{colour}\"/>");
        var lost = r.Lost == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {100.0 * r.Lost / r.Acknowledged:0.#} % lost");
        text.Append(CultureInfo.InvariantCulture, $"<text class=\"ink\" x=\"{Labels + 6 + length:0.#}\" y=\"{y + 12}\">{r.CaughtUpPerSecond:N0}{lost}</text>\n");
    }

    private static string Short(PeerResult r) => r.Name switch
    {
        "node-red" => "mosquitto, Node-RED, InfluxDB",
        "node-red-lines" => "Node-RED, lines unread",
        "worker" => "mosquitto, C# worker, InfluxDB",
        "worker-lines" => "C# worker, lines unread",
        "ours-influx" => "SmartCity.IoT, InfluxDB",
        "victoria-metrics" => "VictoriaMetrics by HTTP",
        _ => "SmartCity.IoT",
    };
}
