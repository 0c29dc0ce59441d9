namespace SmartCity.SystemTests.Support;

/// <summary>The last lines that a program wrote; bounded.</summary>
internal sealed class OutputLines
{
    private const int Most = 20_000;

    private readonly Queue<string> _lines = new();

    public string Text
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    public void Add(string? line)
    {
        lock (_lines)
        {
            if (line is null)
            {
                return;
            }

            _lines.Enqueue(line);
            if (_lines.Count > Most)
            {
                _lines.Dequeue();
            }
        }
    }
}
