using System.Globalization;
using System.Text;
using SmartCity.Edge.Uplink;

namespace SmartCity.Edge.Clocks;

/// <summary>
/// What is remembered of time, in the file <c>clock</c>: for each start of the machine whose time became known the distance
/// between wall clock and monotonic clock, fixed once so that a reading sent twice has the same stamp twice, and the last moment
/// at which the time was known. Not thread-safe: its owner locks.
/// </summary>
internal sealed class BootTable
{
    /// <summary>Starts remembered. A log holds readings of no more starts than that unless the machine starts hourly for ten days
    /// without a link; older ones are then unstampable, and told as such.</summary>
    public const int MaximumBoots = 256;

    private const string Head = "smartcity-clock 1";
    private const string Tail = "end";
    private readonly string _path;
    private readonly List<(string Boot, long Offset)> _boots = [];

    /// <summary>Reads the file; one that is missing or damaged is an empty table (what it held is then unknown, never guessed).</summary>
    public BootTable(string path)
    {
        _path = path;
        Read();
    }

    /// <summary>The last moment written at which the time was known, ns since 1970; 0 = never.</summary>
    public long LastKnown { get; private set; }

    /// <summary>Wall clock minus monotonic clock of a start, ns; null when its time never became known.</summary>
    public long? Offset(ReadOnlySpan<byte> boot)
    {
        foreach (var (id, offset) in _boots)
        {
            if (Ascii.Equals(boot, id))
            {
                return offset;
            }
        }

        return null;
    }

    /// <summary>Remembers a start, on disk when this returns; the oldest gives way when there are too many.</summary>
    /// <exception cref="IOException">The disk refuses; nothing is remembered then.</exception>
    public void Add(string boot, long offset, long now)
    {
        var before = _boots.ToList();
        _boots.RemoveAll(b => b.Boot == boot);
        if (_boots.Count == MaximumBoots)
        {
            _boots.RemoveAt(0);
        }

        _boots.Add((boot, offset));
        try
        {
            Save(now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _boots.Clear();
            _boots.AddRange(before);
            throw;
        }
    }

    /// <summary>Remembers that the time is known now.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Save(long now)
    {
        var text = new StringBuilder(Head).Append('\n').Append(CultureInfo.InvariantCulture, $"last {now}\n");
        foreach (var (boot, offset) in _boots)
        {
            text.Append(CultureInfo.InvariantCulture, $"boot {boot} {offset}\n");
        }

        SmallFile.Write(_path, text.Append(Tail).Append('\n').ToString());
        LastKnown = now;
    }

    private void Read()
    {
        string[] lines = File.Exists(_path) ? File.ReadAllLines(_path) : [];
        if (lines is not [Head, .., Tail])
        {
            return;
        }

        foreach (var line in lines[1..^1])
        {
            switch (line.Split(' '))
            {
                case ["last", var text] when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var last):
                    LastKnown = last;
                    break;
                case ["boot", var boot, var text] when boot.Length == 32 && _boots.Count < MaximumBoots
                    && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var offset):
                    _boots.Add((boot, offset));
                    break;
            }
        }
    }
}
