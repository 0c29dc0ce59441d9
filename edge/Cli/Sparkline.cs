namespace SmartCity.Edge.Cli;

/// <summary>The last values of a metric as a line of blocks.</summary>
internal sealed class Sparkline
{
    /// <summary>Columns.</summary>
    public const int Width = 14;

    private const string Blocks = "▁▂▃▄▅▆▇█";
    private readonly Queue<double> _values = new(Width);

    /// <summary>Adds a value; the oldest gives way.</summary>
    public void Add(double value)
    {
        if (_values.Count == Width)
        {
            _values.Dequeue();
        }

        _values.Enqueue(value);
    }

    /// <summary>From the least to the greatest of what it holds; values that are all the same stand in the middle.</summary>
    public override string ToString()
    {
        if (_values.Count == 0)
        {
            return "";
        }

        var (least, most) = (_values.Min(), _values.Max());
        return string.Concat(_values.Select(v => most > least ? Blocks[(int)Math.Round((v - least) / (most - least) * (Blocks.Length - 1))] : Blocks[3]));
    }
}
