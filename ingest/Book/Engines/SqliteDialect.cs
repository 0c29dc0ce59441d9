namespace SmartCity.Ingest.Book.Engines;

/// <inheritdoc/>
internal sealed class SqliteDialect : SqlDialect
{
    public static readonly SqliteDialect Instance = new();

    public override string Rows(string parameter) => $"json_each({parameter})";

    public override string Texts(string parameter) => $"(SELECT value FROM json_each({parameter}))";

    public override string Numbers(string parameter) => Texts(parameter);

    public override string Number(string value) => value;

    public override string Clock => "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000";

    public override string SeverityOf(string column) => $"json_extract(CAST({column} AS TEXT), '$.severity')";

    public override string By(string index) => "INDEXED BY " + index;
}
