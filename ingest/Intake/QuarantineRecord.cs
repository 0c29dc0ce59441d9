using System.Text;
using System.Text.Json;

namespace SmartCity.Ingest.Intake;

/// <summary>The payload of a rejected frame: a JSON array that the quarantine's reader takes apart.</summary>
internal static class QuarantineRecord
{
    /// <summary>Bytes of a bad line that are kept.</summary>
    public const int MaximumLineBytes = 1024;

    /// <summary>Bad lines of one publish that are listed; the rest is counted only.</summary>
    public const int MaximumLines = 500;

    private const int MaximumFrameBytes = 48 * 1024;

    /// <summary>The start of a line as text.</summary>
    public static string Excerpt(ReadOnlySpan<byte> line) =>
        Encoding.UTF8.GetString(line.Length > MaximumLineBytes ? line[..MaximumLineBytes] : line);

    /// <summary>Cuts the rejections into payloads that fit a frame.</summary>
    public static IEnumerable<byte[]> Encode(IReadOnlyList<Rejection> rejections)
    {
        for (var next = 0; next < rejections.Count;)
        {
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartArray();
                do
                {
                    var r = rejections[next++];
                    json.WriteStartObject();
                    json.WriteString("reason", r.Reason);
                    json.WriteNumber("column", r.Column);
                    json.WriteString("detail", r.Detail);
                    json.WriteString("line", r.Line);
                    if (r.Device is not null)
                    {
                        json.WriteString("device", r.Device);
                    }

                    json.WriteEndObject();
                    json.Flush();
                }
                while (next < rejections.Count && buffer.Length < MaximumFrameBytes);

                json.WriteEndArray();
            }

            yield return buffer.ToArray();
        }
    }
}
