using SmartCity.Telemetry;

namespace SmartCity.Edge.Uplink;

/// <summary>Where a lane's uplink stands, in a file of one line that is replaced whole: after a crash it holds the old or the
/// new place, never half of one.</summary>
internal sealed class CursorFile(string path)
{
    /// <summary>The stored place; null when there is none.</summary>
    /// <exception cref="FormatException">The file holds something else; the message says what to do.</exception>
    public LogCursor? Read()
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var text = File.ReadAllText(path).Trim();
        return LogCursor.TryParse(text, out var cursor)
            ? cursor
            : throw new FormatException($"{path} holds no cursor; remove it to send the whole log again (the server takes each reading once)");
    }

    /// <summary>Stores a place; it is on disk when this returns.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Write(LogCursor cursor) => SmallFile.Write(path, cursor + "\n");
}
