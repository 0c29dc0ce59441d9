using SmartCity.Telemetry;

namespace SmartCity.Ingest.History.Influx;

/// <summary>Where each line of a batch begins and ends; built only when the store refuses something.</summary>
internal sealed class LineIndex
{
    private Entry[] _entries = [];

    public int Count { get; private set; }

    /// <summary>Finds the lines of <paramref name="text"/>.</summary>
    public void Build(ReadOnlySpan<byte> text)
    {
        Count = 0;
        var reader = new LineReader(text);
        while (reader.Read())
        {
            if (Count == _entries.Length)
            {
                Array.Resize(ref _entries, Math.Max(1024, Count * 2));
            }

            text.Overlaps(reader.Line, out var start);
            var name = reader.Line.IndexOfAny((byte)',', (byte)' ');
            _entries[Count] = new Entry(start, reader.Line.Length, name < 0 ? reader.Line.Length : name, Count);
            Count++;
        }
    }

    /// <summary>Puts lines of one measurement side by side; within it their order stays.</summary>
    public void OrderByMeasurement(ReadOnlySpan<byte> text)
    {
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        var keys = new (int Rank, int Order)[Count];
        for (var i = 0; i < Count; i++)
        {
            var entry = _entries[i];
            var name = System.Text.Encoding.UTF8.GetString(text.Slice(entry.Start, entry.Name));
            if (!ranks.TryGetValue(name, out var rank))
            {
                ranks[name] = rank = ranks.Count;
            }

            keys[i] = (rank, entry.Order);
        }

        Array.Sort(keys, _entries, 0, Count);
    }

    public ReadOnlySpan<byte> Line(ReadOnlySpan<byte> text, int index) => text.Slice(_entries[index].Start, _entries[index].Length);

    /// <summary>Copies lines, each ended by a newline.</summary>
    public void Copy(ReadOnlySpan<byte> text, int start, int count, ByteBuffer destination)
    {
        for (var i = start; i < start + count; i++)
        {
            destination.Write(Line(text, i));
            destination.Write((byte)'\n');
        }
    }

    private readonly record struct Entry(int Start, int Length, int Name, int Order);
}
