using System.Globalization;
using System.Text;

namespace SmartCity.Simulators.Sweep;

/// <summary>Curves over one axis.</summary>
internal static class LinePicture
{
    private const int Width = 760;
    private const int Height = 330;
    private const int Left = 70;
    private const int Right = 24;
    private const int Top = 66;
    private const int Bottom = 52;

    /// <summary>The picture.</summary>
    /// <param name="title">What it shows, with its unit.</param>
    /// <param name="across">What the axis below is.</param>
    /// <param name="logarithmic">Powers of ten on the axis below.</param>
    /// <param name="curves">With their names; at most five are told apart by colour.</param>
    /// <param name="goals">Lines with words.</param>
    public static string Draw(
        string title, string across, bool logarithmic, IReadOnlyList<(string Name, IReadOnlyList<(double X, double Y)> Points)> curves,
        params IReadOnlyList<(double Value, string Words)> goals)
    {
        var points = curves.SelectMany(c => c.Points).ToList();
        var xs = Picture.Ticks(points.Min(p => p.X), points.Max(p => p.X), logarithmic);
        var ys = Picture.Ticks(0, points.Select(p => p.Y).Concat(goals.Select(g => g.Value)).Max(), false);
        double X(double value) => Left + ((Width - Left - Right) * (logarithmic
            ? (Math.Log10(value) - Math.Log10(xs[0])) / (Math.Log10(xs[^1]) - Math.Log10(xs[0]))
            : value / xs[^1]));
        double Y(double value) => Height - Bottom - (value / ys[^1] * (Height - Top - Bottom));

        var text = Picture.Begin(Width, Height, title);
        Picture.Legend(text, 12, 44, [.. curves.Select(c => c.Name)]);
        foreach (var tick in ys)
        {
            Picture.Rule(text, Left, Y(tick), Width - Right, Y(tick));
            Picture.Text(text, Left - 8, Y(tick) + 4, Picture.Short(tick), "end");
        }

        foreach (var tick in xs)
        {
            Picture.Rule(text, X(tick), Height - Bottom, X(tick), Height - Bottom + 5);
            Picture.Text(text, X(tick), Height - Bottom + 20, Picture.Short(tick), "middle");
        }

        Picture.Text(text, (Left + Width - Right) / 2.0, Height - 10, across, "middle");
        foreach (var (value, words) in goals)
        {
            Picture.Rule(text, Left, Y(value), Width - Right, Y(value), "goal");
            Picture.Text(text, Width - Right, Y(value) - 5, words, "end");
        }

        for (var i = 0; i < curves.Count; i++)
        {
            Curve(text, curves[i].Points, Picture.Colours[i % Picture.Colours.Count], X, Y);
        }

        return text.Append("</svg>\n").ToString();
    }

    private static void Curve(StringBuilder text, IReadOnlyList<(double X, double Y)> points, string colour, Func<double, double> x, Func<double, double> y)
    {
        text.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"");
        foreach (var point in points)
        {
            text.Append(CultureInfo.InvariantCulture, $"{x(point.X):0.#},{y(point.Y):0.#} ");
        }

        text.Append("\"/>\n");
        if (points.Count > 12)
        {
            return;
        }

        foreach (var point in points)
        {
            text.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x(point.X):0.#}\" cy=\"{y(point.Y):0.#}\" r=\"3.5\" fill=\"{colour}\"/>");
            Picture.Text(text, x(point.X), y(point.Y) - 8, Picture.Short(point.Y), "middle");
        }
    }
}
