using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using SmartCity.Ingest.OnCall;

namespace SmartCity.Ingest.Delivery;

/// <summary>What is sent, and under which id.</summary>
internal static class WebhookBody
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>
    /// The id of an event for every receiver and at every try. The number alone would not do: a book restored from a backup gives the
    /// same numbers to other events, and receivers would take them for repeats.
    /// </summary>
    public static string IdOf(OutgoingEvent happened) =>
        FormattableString.Invariant($"evt_{happened.Sequence}_{Convert.ToHexStringLower(SHA256.HashData(happened.Json).AsSpan(0, 6))}");

    /// <summary>An event.</summary>
    /// <param name="happened">What happened.</param>
    /// <param name="notify">Who is to be told of an escalation; null when it is none.</param>
    /// <param name="city">Name of the city.</param>
    public static ReadOnlyMemory<byte> Of(OutgoingEvent happened, IReadOnlyList<RotaMember>? notify, string city) => Write(json =>
    {
        json.WriteString("type", "alert");
        json.WriteNumber("event", happened.Sequence);
        json.WritePropertyName("alert");
        json.WriteRawValue(happened.Json, skipInputValidation: true);
        if (notify is not null)
        {
            json.WriteStartArray("notify");
            foreach (var member in notify)
            {
                json.WriteStartObject();
                json.WriteString("name", member.Name);
                json.WriteString("phone", member.Phone);
                json.WriteString("channel", member.Channel);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteString("city", city);
    });

    /// <summary>A trial that somebody asked for.</summary>
    public static ReadOnlyMemory<byte> Test(string by, DateTimeOffset now, string city) => Write(json =>
    {
        json.WriteString("type", "test");
        json.WriteString("by", by);
        json.WriteString("at", now);
        json.WriteString("city", city);
    });

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
