using System.Globalization;
using System.Text;

namespace SmartCity.Simulators.Lights;

/// <summary>Draws curves of confirmation for a page of the documentation: light and dark.</summary>
internal static class CurveSvg
{
    private const int Width = 760;
    private const int Height = 394;
    private const int Left = 52;
    private const int Right = 16;
    private const int Top = 34;
    private const int Bottom = 84;

    private static readonly string[] Colours = ["#d97706", "#2563eb", "#16a34a", "#9333ea", "#dc2626", "#0891b2"];

    /// <summary>The picture.</summary>
    /// <param name="curves">At most six are told apart by colour.</param>
    /// <param name="seconds">Length of the axis.</param>
    public static string Draw(IReadOnlyList<OrderCurve> curves, double seconds)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"13\">\n");
        text.Append("<style>.ink{fill:#1f2937}.rule{stroke:#d1d5db}@media(prefers-color-scheme:dark){.ink{fill:#e5e7eb}.rule{stroke:#4b5563}}</style>\n");
        Axes(text, seconds);
        for (var i = 0; i < curves.Count; i++)
        {
            var colour = Colours[i % Colours.Length];
            Line(text, curves[i], seconds, static p => p.There, $"stroke=\"{colour}\" stroke-width=\"1.2\" stroke-dasharray=\"4 4\"");
            Line(text, curves[i], seconds, static p => p.Confirmed, $"stroke=\"{colour}\" stroke-width=\"2.2\"");
            var (x, y) = (Left + (i % 3 * 235), Height - 34 + (i / 3 * 20));
            text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x}\" y1=\"{y - 4}\" x2=\"{x + 22}\" y2=\"{y - 4}\" stroke=\"{colour}\" stroke-width=\"2.2\"/>");
            text.Append(CultureInfo.InvariantCulture, $"<text class=\"ink\" x=\"{x + 28}\" y=\"{y}\">{curves[i].Words}</text>\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"<text class=\"ink\" x=\"{Left}\" y=\"{Top - 10}\">Lamps of connected gateways: confirmed by measured power (line), giving the light in truth (dashed)</text>\n");

        return text.Append("</svg>\n").ToString();
    }

    private static void Axes(StringBuilder text, double seconds)
    {
        for (var percent = 0; percent <= 100; percent += 20)
        {
            var y = Y(percent / 100.0);
            text.Append(CultureInfo.InvariantCulture, $"<line class=\"rule\" x1=\"{Left}\" y1=\"{y:0.#}\" x2=\"{Width - Right}\" y2=\"{y:0.#}\"/>");
            text.Append(CultureInfo.InvariantCulture, $"<text class=\"ink\" x=\"{Left - 8}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{percent} %</text>\n");
        }

        for (var second = 0; second <= seconds; second += 2)
        {
            text.Append(CultureInfo.InvariantCulture, $"<text class=\"ink\" x=\"{X(second, seconds):0.#}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{second} s</text>\n");
        }

        var goal = X(OrderCurve.Goal, seconds);
        text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{goal:0.#}\" y1=\"{Top}\" x2=\"{goal:0.#}\" y2=\"{Height - Bottom}\" stroke=\"#6b7280\" stroke-dasharray=\"2 3\"/>\n");
    }

    private static void Line(StringBuilder text, OrderCurve curve, double seconds, Func<OrderPoint, int> of, string style)
    {
        text.Append("<polyline fill=\"none\" ").Append(style).Append(" points=\"");
        foreach (var point in curve.Points.Where(p => p.Seconds <= seconds))
        {
            text.Append(CultureInfo.InvariantCulture, $"{X(point.Seconds, seconds):0.#},{Y(Math.Min(1, of(point) / (double)Math.Max(1, curve.Lamps))):0.#} ");
        }

        text.Append("\"/>\n");
    }

    private static double X(double second, double seconds) => Left + (second / seconds * (Width - Left - Right));

    private static double Y(double share) => Height - Bottom - (share * (Height - Top - Bottom));
}
