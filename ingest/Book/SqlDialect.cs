namespace SmartCity.Ingest.Book;

/// <summary>The words in which the book's engines differ, where one text cannot serve them all. <c>docs/decisions/book-engines.md</c> says how to write one that can.</summary>
internal abstract class SqlDialect
{
    /// <summary>Rows of a JSON array in a parameter, as a table with a column <c>value</c>: <c>value -&gt;&gt; 0</c> takes out of each.</summary>
    public abstract string Rows(string parameter);

    /// <summary>What stands behind IN for the strings of a JSON array in a parameter.</summary>
    public abstract string Texts(string parameter);

    /// <summary>What stands behind IN for the whole numbers of a JSON array in a parameter.</summary>
    public abstract string Numbers(string parameter);

    /// <summary>A whole number out of a <c>value</c> of <see cref="Rows"/>.</summary>
    public abstract string Number(string value);

    /// <summary>The engine's own clock now, in nanoseconds since 1970: servers of one book compare times by it, whatever their own clocks say.</summary>
    public abstract string Clock { get; }

    /// <summary>The severity's word out of the JSON of a transition's event.</summary>
    public abstract string SeverityOf(string column);

    /// <summary>The index that a reading of a long table must go by; nothing where the engine knows better.</summary>
    public abstract string By(string index);
}
