using System.Text.RegularExpressions;
using SmartCity.Ingest.Lights;

namespace SmartCity.Ingest.Api;

/// <summary>What the lighting book refuses, as the fields of a form.</summary>
internal static partial class LightFaults
{
    /// <summary>One fault; <c>field</c> as in <c>points[2].level</c>, empty when it is about the whole.</summary>
    internal sealed record Fault(int Row, string Id, string Field, string Message);

    /// <summary>The refusal as a problem that names its fields.</summary>
    public static ProblemException Problem(LightingException refused)
    {
        var faults = refused.Faults.Select(Of).ToList();
        var problem = ProblemException.Bad($"Nothing was changed: {refused.Message}.").With("errors", faults);
        return faults is [{ Field: { Length: > 0 } field }, ..] ? problem.With("field", field) : problem;
    }

    // "programmes.evening.points[2].at: …", and of points among each other "programmes.evening: points[2].at: …"
    private static Fault Of(string text, int index)
    {
        if (Path().Match(text) is not { Success: true } found)
        {
            return new Fault(index + 1, "", "", text);
        }

        var (field, message) = (found.Groups["field"].Value, found.Groups["message"].Value);
        if (field.Length == 0 && Inner().Match(message) is { Success: true } inner)
        {
            (field, message) = (inner.Groups["field"].Value, inner.Groups["message"].Value);
        }

        return new Fault(index + 1, found.Groups["id"].Value, found.Groups["kind"].Value == "holidays" ? "dates" + field : field.TrimStart('.'), message);
    }

    [GeneratedRegex(@"^(?<kind>programmes|calendars|holidays)\.(?<id>[a-z0-9_-]+)(?<field>[.\[][^: ]*)?: (?<message>.*)$", RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Path();

    [GeneratedRegex(@"^(?<field>points(\[[0-9]+\](\.[a-zA-Z]+)?)?): (?<message>.*)$", RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Inner();
}
