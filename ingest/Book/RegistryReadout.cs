namespace SmartCity.Ingest.Book;

/// <summary>What was read of a file.</summary>
/// <param name="Edits">The rows that could be read; a cell that could not is left out of its row.</param>
/// <param name="Rows">The number of each in the file.</param>
/// <param name="Errors">What could not be read.</param>
internal sealed record RegistryReadout(RegistryEdits Edits, IReadOnlyDictionary<object, int>? Rows, List<RowError> Errors)
{
    /// <summary>Errors that are told of one file; who has more has another kind of file in hand.</summary>
    public const int MaximumErrors = 1000;

    /// <summary>Both lists in the order of the file. A cell that could not be read is not also told to be missing.</summary>
    public IReadOnlyList<RowError> With(IReadOnlyList<RowError> judged)
    {
        var unread = Errors.Select(e => (e.Row, Place(e.Field))).ToHashSet();
        return [.. Errors.Concat(judged.Where(e => !unread.Contains((e.Row, Place(e.Field))))).OrderBy(e => e.Row).Take(MaximumErrors)];
    }

    // Of a latitude that is no number, the judge only sees that a longitude stands alone; of a geometry, neither.
    private static string Place(string field) => field is "lat" or "lon" ? "geometry" : field;
}

/// <summary>Forms of a file.</summary>
internal enum RegistryFormat
{
    Json,

    Csv,

    GeoJson,
}
