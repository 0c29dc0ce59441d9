using System.Globalization;
using System.Text;

namespace SmartCity.Edge.Drivers.Lines;

/// <summary>A row of a replayed file.</summary>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Seconds">Time since the file's begin; of a bad row that of the one before.</param>
/// <param name="Fault">What is wrong with it, with its column; null when nothing is.</param>
internal readonly record struct ReplayRow(int Line, double Seconds, string? Fault);

/// <summary>
/// Reads a file of readings row by row: the first line is <c>seconds,metric,metric…</c>, every other one is a reading with the seconds
/// since the file's begin and the values; an empty value was not measured. Holds one line of it.
/// </summary>
internal sealed class ReplayFile : IDisposable
{
    private const int LongestLine = 8_192;

    private readonly StreamReader _reader;
    private readonly StringBuilder _text = new();
    private double _seconds;
    private int _line;

    /// <summary>Opens it.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="FormatException">It has no such head; the message says where.</exception>
    public ReplayFile(string path)
    {
        _reader = new StreamReader(path);
        try
        {
            var head = ReadLine()?.Split(',', StringSplitOptions.TrimEntries) ?? [];
            if (head.Length is < 2 or > 61 || head[0] != "seconds" || Array.Exists(head, h => h.Length == 0))
            {
                throw new FormatException($"{path}:1: the first line must be 'seconds,' and the names of metrics, 60 at most");
            }

            Metrics = head[1..];
            Values = new double[Metrics.Count];
        }
        catch
        {
            _reader.Dispose();
            throw;
        }
    }

    /// <summary>Names of the values.</summary>
    public IReadOnlyList<string> Metrics { get; }

    /// <summary>Values of the last row that was read; NaN where there is none.</summary>
    public double[] Values { get; }

    /// <summary>Reads the next row.</summary>
    /// <returns>False at the end.</returns>
    public bool TryRead(out ReplayRow row)
    {
        while (ReadLine() is { } text)
        {
            if (text.Length > 0)
            {
                row = new ReplayRow(_line, _seconds, Parse(text));
                row = row with { Seconds = _seconds };
                return true;
            }
        }

        row = default;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private string? Parse(string text)
    {
        if (text.Length > LongestLine)
        {
            return $"longer than {LongestLine} characters";
        }

        var parts = text.Split(',');
        if (parts.Length != Metrics.Count + 1)
        {
            return $"{parts.Length} columns, not {Metrics.Count + 1}";
        }

        if (!TryNumber(parts[0], out var seconds) || seconds is < 0 or > 1e9)
        {
            return $"column 1: '{parts[0].Trim()}' is no time in seconds";
        }

        for (var i = 0; i < Values.Length; i++)
        {
            Values[i] = double.NaN;
            if (parts[i + 1].AsSpan().Trim().Length > 0 && !TryNumber(parts[i + 1], out Values[i]))
            {
                return $"column {i + 2} ({Metrics[i]}): '{parts[i + 1].Trim()}' is no number";
            }
        }

        _seconds = seconds;
        return null;
    }

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <summary>A line without its end; of one that is too long only enough to see that it is.</summary>
    private string? ReadLine()
    {
        _text.Clear();
        int next;
        while ((next = _reader.Read()) >= 0 && next != '\n')
        {
            if (_text.Length <= LongestLine)
            {
                _text.Append((char)next);
            }
        }

        if (next < 0 && _text.Length == 0)
        {
            return null;
        }

        _line++;
        return _text.ToString().TrimEnd('\r');
    }
}
