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
        const int Top = 62;
        var bottom = Top + rows.Sum(Height);
        var height = bottom + 30 + (goals.Count * 16);
        double X(double value) => left + ((Width - Right - left) * (logarithmic
            ? (Math.Log10(Math.Max(value, ticks[0])) - Math.Log10(ticks[0])) / (Math.Log10(ticks[^1]) - Math.Log10(ticks[0]))
            : value / ticks[^1]));

        var text = Picture.Begin(Width, height, title);
        Picture.Legend(text, 12, 44, series);
        foreach (var tick in ticks)
        {
            Picture.Rule(text, X(tick), Top - 6, X(tick), bottom);
            Picture.Text(text, X(tick), bottom + 16, Picture.Short(tick), "middle");
        }

        double y = Top;
        foreach (var row in rows)
        {
            Picture.Text(text, left - 8, y + ((Height(row) - Gap) / 2.0) + 4, row.Name, "end");
            var at = y;
            for (var i = 0; i < row.Values.Count; i++)
            {
                if (row.Values[i] is { } value)
                {
                    var width = Math.Max(1, X(value) - left);
                    text.Append(
                        CultureInfo.InvariantCulture,
                        $"<rect x=\"{left}\" y=\"{at + 1:0.#}\" width=\"{width:0.#}\" height=\"{Bar - 2}\" fill=\"{Picture.Colours[i % Picture.Colours.Count]}\"/>");
                    Picture.Text(text, left + width + 4, at + 12, Picture.Short(value));
                    at += Bar;
                }
            }

            y += Height(row);
        }

        var under = bottom + 34;
        foreach (var (value, words) in goals)
        {
            Picture.Rule(text, X(value), Top - 6, X(value), bottom + 4, "goal");
            Picture.Text(text, X(value), under, words, "middle");
            under += 16;
        }

        return text.Append("</svg>\n").ToString();
    }

    private static int Height((string Name, IReadOnlyList<double?> Values) row) => (Math.Max(1, row.Values.Count(v => v is not null)) * Bar) + Gap;
}
