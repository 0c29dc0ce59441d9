using System.Globalization;
using System.Net;
using System.Text;

namespace SmartCity.Simulators.Sweep;

/// <summary>The begin of every picture: size, ink for light and dark pages, title.</summary>
internal static class Picture
{
    /// <summary>Colours that are told apart on both grounds, also by people who see red and green alike.</summary>
    public static readonly IReadOnlyList<string> Colours = ["#2563eb", "#d97706", "#0d9488", "#9333ea", "#dc2626"];

    /// <summary>Begins one.</summary>
    public static StringBuilder Begin(int width, int height, string title) => new StringBuilder().Append(
        CultureInfo.InvariantCulture,
        $"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">
        <style>.ink{"{"}fill:#1f2937{"}"}.rule{"{"}stroke:#d1d5db{"}"}.goal{"{"}stroke:#6b7280;stroke-dasharray:4 3{"}"}@media(prefers-color-scheme:dark){"{"}.ink{"{"}fill:#e5e7eb{"}"}.rule{"{"}stroke:#4b5563{"}"}{"}"}</style>
        <text class="ink" x="12" y="20" font-size="15">{Escape(title)}</text>

        """);

    /// <summary>Text at a place.</summary>
    public static void Text(StringBuilder to, double x, double y, string text, string anchor = "start") =>
        to.Append(CultureInfo.InvariantCulture, $"<text class=\"ink\" x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\">{Escape(text)}</text>\n");

    /// <summary>A line of a class.</summary>
    public static void Rule(StringBuilder to, double x1, double y1, double x2, double y2, string kind = "rule") =>
        to.Append(CultureInfo.InvariantCulture, $"<line class=\"{kind}\" x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\"/>\n");

    /// <summary>The legend, one colour a name, in a row.</summary>
    public static void Legend(StringBuilder to, double x, double y, IReadOnlyList<string> names)
    {
        for (var i = 0; i < names.Count; i++)
        {
            to.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.#}\" y=\"{y - 10:0.#}\" width=\"12\" height=\"12\" fill=\"{Colours[i % Colours.Count]}\"/>");
            Text(to, x + 18, y, names[i]);
            x += 34 + (names[i].Length * 7.2);
        }
    }

    /// <summary>Round values from 0, or of powers of ten, for an axis.</summary>
    public static IReadOnlyList<double> Ticks(double least, double most, bool logarithmic)
    {
        if (logarithmic)
        {
            var from = (int)Math.Floor(Math.Log10(least));
            var to = (int)Math.Ceiling(Math.Log10(most));
            return [.. Enumerable.Range(from, Math.Max(1, to - from) + 1).Select(e => Math.Pow(10, e))];
        }

        var rough = Math.Max(most, 1e-9) / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = new[] { 1, 2, 2.5, 5, 10 }.Select(f => f * power).First(s => s >= rough * 0.999);
        return [.. Enumerable.Range(0, (int)Math.Ceiling((most / step) - 0.001) + 1).Select(i => i * step)];
    }

    /// <summary>1,200,000 as 1.2 M.</summary>
    public static string Short(double value) => value switch
    {
        >= 999_500 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.##} M"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0} k"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{value:#,0}"),
        >= 100 => string.Create(CultureInfo.InvariantCulture, $"{value:0}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0.##}"),
    };

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
