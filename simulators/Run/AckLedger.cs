using SmartCity.Telemetry;

namespace SmartCity.Simulators.Run;

/// <summary>The list of acknowledged readings: a text file, one <c>device timestamp</c> a line (ns since 1970), in the order of
/// acknowledgement; whatever a store holds in the end must hold at least these, each once.</summary>
internal sealed class AckLedger : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;

    /// <summary>Begins a new list.</summary>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public AckLedger(string path) => _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 64 * 1024);

    /// <summary>Readings listed.</summary>
    public long Count { get; private set; }

    /// <summary>Lists the readings of some canonical lines.</summary>
    public void Add(ReadOnlySpan<byte> lines)
    {
        lock (_gate)
        {
            Span<byte> digits = stackalloc byte[20];
            var reader = new LineReader(lines);
            while (reader.Read())
            {
                if (reader.NextTag(out _, out var device))
                {
                    _file.Write(device);
                    _file.WriteByte((byte)' ');
                    System.Buffers.Text.Utf8Formatter.TryFormat(reader.Timestamp, digits, out var length);
                    _file.Write(digits[..length]);
                    _file.WriteByte((byte)'\n');
                    Count++;
                }
            }
        }
    }

    /// <summary>Hands what was listed to the operating system, so that a killed simulator loses nothing of it.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            _file.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
