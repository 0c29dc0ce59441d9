namespace SmartCity.Edge.Config;

/// <summary>Names in the environment that this program reads; another one that begins alike is probably misspelt.</summary>
internal static class EnvironmentNames
{
    private const string Prefix = "SMARTCITY_";

    /// <summary>The gateway's own.</summary>
    private static readonly string[] Known = ["SMARTCITY_EDGE_CONFIG", "SMARTCITY_ENROL_CODE"];

    /// <summary>A sentence for each name that begins as ours do and that nothing here reads.</summary>
    public static IReadOnlyList<string> Unknown(IEnumerable<string> names) =>
    [
        .. names.Where(n => n.StartsWith(Prefix, StringComparison.Ordinal) && !Known.Contains(n, StringComparer.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(n => $"environment: {n} is read by nothing here; {NearestWord.Advice(n, Known)}"),
    ];
}
