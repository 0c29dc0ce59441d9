using System.Globalization;

namespace SmartCity.Simulators.Sweep;

/// <summary>Lying bars, some beside each other for each name.</summary>
internal static class BarPicture
{
    private const int Width = 760;
    private const int Bar = 15;
    private const int Gap = 12;
    private const int Right = 74;

    /// <summary>The picture.</summary>
    /// <param name="title">What it shows, with its unit.</param>
    /// <param name="series">What the bars of a name are.</param>
    /// <param name="rows">For each name a value of each series; null where there is none.</param>
    /// <param name="logarithmic">Powers of ten on the axis.</param>
    /// <param name="goals">Lines with words.</param>
    public static string Draw(
        string title, IReadOnlyList<string> series, IReadOnlyList<(string Name, IReadOnlyList<double?> Values)> rows, bool logarithmic = false,
        params IReadOnlyList<(double Value, string Words)> goals)
    {
        var all = rows.SelectMany(r => r.Values).OfType<double>().Where(v => v > 0).Concat(goals.Select(g => g.Value)).DefaultIfEmpty(1).ToList();
        var ticks = Picture.Ticks(all.Min(), all.Max(), logarithmic);
        var left = 24 + (int)(rows.Max(r => r.Name.Length) * 6.9);
        var each = (series.Count * Bar) + Gap;
        var (top, bottom) = (62, 62 + (rows.Count * each));
        var height = bottom + 30 + (goals.Count > 0 ? 18 : 0);
        double X(double value) => left + ((Width - Right - left) * (logarithmic
            ? (Math.Log10(Math.Max(value, ticks[0])) - Math.Log10(ticks[0])) / (Math.Log10(ticks[^1]) - Math.Log10(ticks[0]))
            : value / ticks[^1]));

        var text = Picture.Begin(Width, height, title);
        Picture.Legend(text, 12, 44, series);
        foreach (var tick in ticks)
        {
            Picture.Rule(text, X(tick), top - 6, X(tick), bottom);
            Picture.Text(text, X(tick), bottom + 16, Picture.Short(tick), "middle");
        }

        for (var row = 0; row < rows.Count; row++)
        {
            var y = top + (row * each);
            Picture.Text(text, left - 8, y + (series.Count * Bar / 2.0) + 4, rows[row].Name, "end");
            for (var i = 0; i < rows[row].Values.Count; i++)
            {
                if (rows[row].Values[i] is { } value)
                {
                    var width = Math.Max(1, X(value) - left);
                    text.Append(
                        CultureInfo.InvariantCulture,
                        $"<rect x=\"{left}\" y=\"{y + (i * Bar) + 1}\" width=\"{width:0.#}\" height=\"{Bar - 2}\" fill=\"{Picture.Colours[i % Picture.Colours.Count]}\"/>");
                    Picture.Text(text, left + width + 4, y + (i * Bar) + 12, Picture.Short(value));
                }
            }
        }

        foreach (var (value, words) in goals)
        {
            Picture.Rule(text, X(value), top - 6, X(value), bottom + 4, "goal");
            Picture.Text(text, X(value), bottom + 34, words, "middle");
        }

        return text.Append("</svg>\n").ToString();
    }
}
