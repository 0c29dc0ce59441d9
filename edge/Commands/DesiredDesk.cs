using System.Text;
using System.Text.Json;
using SmartCity.City;
using SmartCity.Edge.Uplink;

namespace SmartCity.Edge.Commands;

/// <summary>
/// The desired document in force. A new one is read whole, written to <c>desired.json</c>, and only then in force; one that cannot be read is refused,
/// told to the server, and changes nothing. After a restart the last one is in force again, server or no server.
/// </summary>
internal sealed class DesiredDesk
{
    /// <summary>Name of the file in the gateway's directory.</summary>
    public const string FileName = "desired.json";

    private readonly string _path;
    private readonly Action<string>? _notice;
    private readonly Lock _gate = new();
    private byte[]? _content;

    /// <summary>Reads what was in force last.</summary>
    /// <param name="directory">The gateway's directory; made when absent.</param>
    /// <param name="notice">Told in sentences what an operator should know.</param>
    public DesiredDesk(string directory, Action<string>? notice)
    {
        Directory.CreateDirectory(directory);
        _path = Path.Combine(directory, FileName);
        _notice = notice;
        try
        {
            if (File.Exists(_path) && new FileInfo(_path).Length <= DesiredDocument.LargestBytes)
            {
                var content = File.ReadAllBytes(_path);
                Document = DesiredDocument.Read(content);
                _content = content;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DesiredException)
        {
            notice?.Invoke($"{_path} is not used: {e.Message}. The gateway goes on by its configuration until the server sends the document again");
        }
    }

    /// <summary>The document in force; null before the first.</summary>
    public DesiredDocument? Document { get; private set; }

    /// <summary>Its version; 0 before the first.</summary>
    public long Version => Document?.Version ?? 0;

    /// <summary>The document that was refused last, and why; null once a good one came. Its version is null when it does not say.</summary>
    public (long? Version, string Why)? Refused { get; private set; }

    /// <summary>Grows with every document that came.</summary>
    public long Revision { get; private set; }

    /// <summary>A document is in force. Called on the thread that took it, one at a time.</summary>
    public event Action<DesiredDocument>? Changed;

    /// <summary>Takes a document from the server, which is right even when its version is a lower one (its book was restored from a backup).</summary>
    public void Take(ReadOnlyMemory<byte> payload)
    {
        lock (_gate)
        {
            Revision++;
            if (_content is not null && payload.Span.SequenceEqual(_content))
            {
                Refused = null;
                return;
            }

            DesiredDocument document;
            try
            {
                document = DesiredDocument.Read(payload);
            }
            catch (DesiredException e)
            {
                Refused = (VersionOf(payload), e.Message.Length > 1_000 ? e.Message[..1_000] : e.Message);
                _notice?.Invoke($"a desired document was refused, version {Version} stays in force: {e.Message}");
                return;
            }

            Keep(payload);
            _content = payload.ToArray();
            Document = document;
            Refused = null;
            try
            {
                Changed?.Invoke(document);
            }
            catch (Exception e)
            {
                // What one part of the gateway cannot follow must not keep the others from it, nor end the connection.
                _notice?.Invoke($"desired document {document.Version}: {e}");
            }
        }
    }

    // Light is worth more than the file: on a disk that refuses, the document is in force all the same, until the next restart.
    private void Keep(ReadOnlyMemory<byte> payload)
    {
        try
        {
            SmallFile.Write(_path, Encoding.UTF8.GetString(payload.Span));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _notice?.Invoke($"{_path} cannot be written ({e.Message}): the desired document is in force, but a restart would bring the one before it back");
        }
    }

    private static long? VersionOf(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 16 });
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("version", out var version)
                && version.ValueKind == JsonValueKind.Number
                && version.TryGetInt64(out var number)
                ? number
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
