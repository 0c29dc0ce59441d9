using System.Text;

namespace SmartCity.Ingest.Book;

/// <summary>Cells of a CSV text, RFC 4180: quotes may hold commas, line ends and doubled quotes.</summary>
internal sealed class CsvReader(TextReader text)
{
    /// <summary>Characters of one cell: a boundary of 2,000 points written out in full has some 80,000.</summary>
    private const int MaximumCell = 128 * 1024;
    private int _line = 1;

    /// <summary>Line at which the last row began, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>The next row, or null at the end.</summary>
    /// <exception cref="RegistryException">A quote is never closed, or a cell is longer than 128 KiB.</exception>
    public List<string>? Next()
    {
        if (text.Peek() < 0)
        {
            return null;
        }

        Line = _line;
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        while (true)
        {
            var c = text.Read();
            if (c == '\n')
            {
                _line++;
            }

            if (quoted ? c < 0 : cell.Length > MaximumCell)
            {
                throw new RegistryException([new RowError(Line, "", "row", quoted ? "a quote is opened and never closed" : "a cell is longer than 128 KiB")]);
            }

            if (quoted)
            {
                if (c != '"')
                {
                    cell.Append(cell.Length > MaximumCell ? throw new RegistryException([new RowError(Line, "", "row", "a cell is longer than 128 KiB")]) : (char)c);
                }
                else if (text.Peek() == '"')
                {
                    cell.Append((char)text.Read());
                }
                else
                {
                    quoted = false;
                }
            }
            else if (c == '"' && cell.Length == 0)
            {
                quoted = true;
            }
            else if (c is ',' or '\n' or < 0)
            {
                cells.Add(cell.ToString().TrimEnd('\r'));
                cell.Clear();
                if (c != ',')
                {
                    return cells;
                }
            }
            else
            {
                cell.Append((char)c);
            }
        }
    }
}
