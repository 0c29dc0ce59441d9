using System.Text;
using System.Text.Json;
using SmartCity.Edge.Uplink;

namespace SmartCity.Edge.Commands;

/// <summary>
/// Commands that were begun and what became of them, on disk: a command is noted before it is carried out and its result after, so that the same command
/// is never carried out twice, whenever the program is killed. One JSON line an entry in <c>commands.log</c>; the newest
/// <see cref="Kept"/> commands are kept, and the file is replaced whole when it holds four times as many lines.
/// </summary>
internal sealed class CommandJournal : IDisposable
{
    /// <summary>Name of the file in the gateway's directory.</summary>
    public const string FileName = "commands.log";

    /// <summary>Commands remembered. Their lifetime is hours; nobody asks a thousand of one gateway in that time.</summary>
    public const int Kept = 1_000;

    private const int MostLines = 4 * Kept;
    private const int LongestDetail = 500;

    private readonly string _path;
    private readonly Dictionary<string, CommandResult?> _entries = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private FileStream? _file;
    private int _lines;

    /// <summary>Reads what was noted. A command that was begun and has no result was interrupted: that is its result now.</summary>
    /// <param name="directory">The gateway's directory; made when absent.</param>
    /// <param name="notice">Told when the file cannot be read.</param>
    public CommandJournal(string directory, Action<string>? notice)
    {
        Directory.CreateDirectory(directory);
        _path = Path.Combine(directory, FileName);
        try
        {
            Load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            notice?.Invoke($"{_path} cannot be read ({e.Message}): commands of before the restart are not remembered");
        }
    }

    /// <summary>How many commands are remembered.</summary>
    public int Count => _entries.Count;

    /// <summary>The result of a command that came before; null for a new one.</summary>
    public CommandResult? Find(string id) => _entries.GetValueOrDefault(id);

    /// <summary>Notes that a command is about to be carried out; it is on disk when this returns.</summary>
    /// <exception cref="IOException">The disk refuses; the command must not be carried out.</exception>
    public void Begin(string id) => Append(id, null);

    /// <summary>Notes a result; it is on disk when this returns.</summary>
    /// <exception cref="IOException">The disk refuses. The result is remembered all the same, until the restart.</exception>
    public void End(CommandResult result)
    {
        var bounded = result.Detail.Length > LongestDetail ? result with { Detail = result.Detail[..LongestDetail] } : result;
        Append(result.Id, bounded);
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Load()
    {
        if (!File.Exists(_path))
        {
            return;
        }

        foreach (var line in File.ReadLines(_path))
        {
            // A line that a crash cut is one that was never finished: its act, if any, had not begun.
            if (Parse(line) is { } entry)
            {
                Remember(entry.Id, entry.Status is null ? null : new CommandResult(entry.Id, entry.Status, entry.Detail ?? ""));
            }
        }

        foreach (var id in _order.Where(id => _entries[id] is null).ToList())
        {
            _entries[id] = new CommandResult(id, "failed", "interrupted: the gateway stopped while it was under way");
        }

        Rewrite();
    }

    private static JournalLine? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, EdgeJson.Default.JournalLine) is { Id: not null } entry ? entry : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Remember(string id, CommandResult? result)
    {
        if (!_entries.ContainsKey(id))
        {
            if (_order.Count == Kept)
            {
                _entries.Remove(_order.Dequeue());
            }

            _order.Enqueue(id);
        }

        _entries[id] = result;
    }

    private void Append(string id, CommandResult? result)
    {
        Remember(id, result);
        try
        {
            if (_lines >= MostLines)
            {
                Rewrite();
                return;
            }

            _file ??= new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
            _file.Write(Encoding.UTF8.GetBytes(Line(id, result)));
            _file.Flush(flushToDisk: true);
            _lines++;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What stands at the end of the file now may be half a line; the next entry writes the file anew.
            _lines = MostLines;
            throw new IOException($"{_path}: {e.Message}", e);
        }
    }

    private void Rewrite()
    {
        _file?.Dispose();
        _file = null;
        var text = new StringBuilder();
        foreach (var id in _order)
        {
            text.Append(Line(id, _entries[id]));
        }

        SmallFile.Write(_path, text.ToString());
        _lines = _order.Count;
    }

    private static string Line(string id, CommandResult? result) =>
        JsonSerializer.Serialize(new JournalLine(id, result?.Status, result?.Detail), EdgeJson.Default.JournalLine) + "\n";
}

/// <summary>A line of the journal: without a status the command was begun.</summary>
internal sealed record JournalLine(string Id, string? Status, string? Detail);
