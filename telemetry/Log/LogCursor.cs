using System.Globalization;

namespace SmartCity.Telemetry;

/// <summary>A place in one lane of one log: the position just behind the last frame that its owner has dealt with.</summary>
/// <param name="LogId">The log's identity, made when its directory was.</param>
/// <param name="Lane">The lane.</param>
/// <param name="Position">Bytes from the lane's beginning of time; always a frame's start or the lane's end.</param>
public readonly record struct LogCursor(Guid LogId, Lane Lane, long Position)
{
    /// <summary>The form to store: <c>{log id}/{lane number}/{position}</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{LogId:D}/{(byte)Lane}/{Position}");

    /// <summary>Reads what <see cref="ToString"/> wrote; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out LogCursor cursor)
    {
        cursor = default;
        var first = text.IndexOf('/');
        var last = text.LastIndexOf('/');
        if (first < 0 || last == first
            || !Guid.TryParseExact(text[..first], "D", out var id)
            || !byte.TryParse(text[(first + 1)..last], NumberStyles.None, CultureInfo.InvariantCulture, out var lane)
            || lane > (byte)Lane.Alarm
            || !long.TryParse(text[(last + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var position))
        {
            return false;
        }

        cursor = new LogCursor(id, (Lane)lane, position);
        return true;
    }
}

/// <summary>A cursor that does not fit the log; the message says how.</summary>
public sealed class LogCursorException(string message) : Exception(message);

/// <summary>Stored bytes are not what was written.</summary>
/// <param name="file">The damaged file.</param>
/// <param name="offset">Where in it, in bytes.</param>
/// <param name="what">What was found.</param>
public sealed class LogDamagedException(string file, long offset, string what)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"The log is damaged: {file} at byte {offset}: {what}"))
{
    /// <summary>The damaged file.</summary>
    public string File { get; } = file;

    /// <summary>Where in the file, in bytes.</summary>
    public long Offset { get; } = offset;
}

/// <summary>Another process has the log's directory open; the message names it.</summary>
public sealed class LogInUseException(string message) : Exception(message);

/// <summary>Waits for appended frames to be acknowledged.</summary>
public interface ILogWaiter
{
    /// <summary>
    /// The frames appended with <paramref name="token"/>, and all before them, are acknowledged. Called once, in the order of
    /// appending, on a thread of the log (or of whoever acknowledges): it must be quick and must not block. Never called for frames that the log could not make durable before it was closed.
    /// </summary>
    void Durable(long token);
}

/// <summary>Why appends have to wait.</summary>
public enum PauseReason : byte
{
    /// <summary>They need not.</summary>
    None,

    /// <summary>The memory ring or the table of waiters is full: the next commit, or acknowledgement, makes room.</summary>
    Memory,

    /// <summary>Readers are behind by more than they read from memory: appends go on as fast as they read.</summary>
    Readers,

    /// <summary>Readers are behind by the disk budget.</summary>
    Budget,

    /// <summary>The disk has less free space than it must keep.</summary>
    DiskFree,

    /// <summary>The disk refused a write or a flush; it is tried again.</summary>
    DiskError,

    /// <summary>The log is closed.</summary>
    Closed,
}
