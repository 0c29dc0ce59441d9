using System.Globalization;
using System.Text;

namespace SmartCity.Ingest.Reports;

/// <summary>Rows of CSV (RFC 4180) that a spreadsheet opens as they are: UTF-8 with its mark, and no text of ours or of others that it would run as a formula.</summary>
internal static class Csv
{
    /// <summary>UTF-8's mark: without it Excel reads Vietnamese as another alphabet.</summary>
    public static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    /// <summary>Adds a row. Numbers are written as numbers, with a point; everything else is text.</summary>
    public static void Row(StringBuilder text, params ReadOnlySpan<object?> cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            if (i > 0)
            {
                text.Append(',');
            }

            Cell(text, cells[i]);
        }

        text.Append("\r\n");
    }

    private static void Cell(StringBuilder text, object? cell)
    {
        switch (cell)
        {
            case null:
                break;
            case double number:
                text.Append(double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "");
                break;
            case long or int:
                text.Append(CultureInfo.InvariantCulture, $"{cell}");
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            default:
                Text(text, cell.ToString() ?? "");
                break;
        }
    }

    // OWASP's list of first characters that make a spreadsheet calculate; an apostrophe before them makes it text. A blank before
    // one of them does not help: some programs trim.
    private static void Text(StringBuilder text, string cell)
    {
        var first = cell.TrimStart();
        var guarded = first.Length > 0 && first[0] is '=' or '+' or '-' or '@' or '|' || cell.Length > 0 && cell[0] is '\t' or '\r' or '\n' or '＝' or '＋' or '－' or '＠'
            ? "'" + cell
            : cell;
        if (guarded.AsSpan().IndexOfAny(",\"\r\n;\t".AsSpan()) < 0 && guarded.Length == guarded.Trim().Length)
        {
            text.Append(guarded);
            return;
        }

        text.Append('"').Append(guarded.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
