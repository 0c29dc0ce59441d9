namespace SmartCity.Ingest.Book.Engines;

/// <inheritdoc/>
internal sealed class PostgresDialect : SqlDialect
{
    public static readonly PostgresDialect Instance = new();

    public override string Rows(string parameter) => $"json_array_elements(CAST({parameter} AS json))";

    public override string Texts(string parameter) => $"(SELECT value FROM json_array_elements_text(CAST({parameter} AS json)))";

    public override string Numbers(string parameter) => $"(SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST({parameter} AS json)))";

    public override string Number(string value) => $"CAST(CAST({value} AS TEXT) AS BIGINT)";

    public override string Clock => "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) * 1000";

    // Not as JSON: PostgreSQL refuses a whole document for one \u0000 in it. A quote inside a string is escaped, so what is found is the member.
    public override string SeverityOf(string column) => $"""substring(convert_from({column}, 'UTF8') FROM '"severity":"([a-z]+)"')""";

    // PostgreSQL takes no orders: it has the statistics.
    public override string By(string index) => "";
}
