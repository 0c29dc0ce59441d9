using System.Globalization;
using System.Text;

namespace SmartCity.Edge.Uplink;

/// <summary>
/// Readings whose time can never be known, kept for a person: <c>unstamped.lp</c> beside the log, lines of line protocol whose
/// stamps are nanoseconds since the start of the machine that a comment above them names. When it has its size it becomes
/// <c>unstamped.old.lp</c>, in place of the one before. Not thread-safe.
/// </summary>
/// <param name="directory">The gateway's data directory.</param>
/// <param name="maximumBytes">Size of each of the two files.</param>
internal sealed class UnstampedFile(string directory, long maximumBytes)
{
    /// <summary>Name of the file.</summary>
    public const string Name = "unstamped.lp";

    private readonly StringBuilder _text = new();
    private string _boot = "";

    /// <summary>Readings gathered since the last <see cref="Flush"/>.</summary>
    public int Waiting { get; private set; }

    /// <summary>Gathers one reading.</summary>
    /// <param name="boot">The start of the machine.</param>
    /// <param name="monotonic">Nanoseconds since then.</param>
    /// <param name="line">Without a stamp, with its line feed.</param>
    /// <returns>Whether it is the first of that start.</returns>
    public bool Add(ReadOnlySpan<byte> boot, long monotonic, ReadOnlySpan<byte> line)
    {
        var isNew = !Ascii.Equals(boot, _boot);
        if (isNew)
        {
            _boot = Encoding.ASCII.GetString(boot);
            _text.Append(CultureInfo.InvariantCulture, $"# start {_boot} of the machine: the time never became known; stamps are ns since then\n");
        }

        _text.Append(Encoding.UTF8.GetString(line[..^1])).Append(CultureInfo.InvariantCulture, $" {monotonic}\n");
        Waiting++;
        return isNew;
    }

    /// <summary>Writes what was gathered; on disk when this returns. After a crash between this and the storing of the cursor the
    /// last batch may stand here twice.</summary>
    /// <exception cref="IOException">The disk refuses: what was gathered is forgotten, and comes again when the log is read again.</exception>
    public void Flush()
    {
        var bytes = Encoding.UTF8.GetBytes(_text.ToString());
        _text.Clear();
        Waiting = 0;
        _boot = "";
        var path = Path.Combine(directory, Name);
        if (File.Exists(path) && new FileInfo(path).Length + bytes.Length > maximumBytes)
        {
            File.Move(path, Path.Combine(directory, "unstamped.old.lp"), overwrite: true);
        }

        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, 0);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }
}
