using System.Globalization;
using System.Text;
using System.Xml;
using SmartCity.City;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Cap;

/// <summary>Where a zone is, for a message: its words and its outer rings, [lat, lon] point by point.</summary>
internal sealed record CapArea(string? Words, IReadOnlyList<IReadOnlyList<(double Lat, double Lon)>> Rings);

/// <summary>Writes a message as a CAP 1.2 document (OASIS Standard, 1 July 2010), elements in the schema's order.</summary>
internal static class CapXml
{
    /// <summary>Namespace of CAP 1.2.</summary>
    public const string Namespace = "urn:oasis:names:tc:emergency:cap:1.2";

    /// <summary>The document.</summary>
    /// <param name="message">The message.</param>
    /// <param name="options">Who sends, and for whom.</param>
    /// <param name="area">The zone's boundary; null where it has none: a circle round the device then.</param>
    public static byte[] Write(CapMessage message, CapOptions options, CapArea? area)
    {
        using var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, NewLineChars = "\n" }))
        {
            xml.WriteStartElement("alert", Namespace);
            Put(xml, "identifier", message.Identifier);
            Put(xml, "sender", message.Sender);
            Put(xml, "sent", CapText.Time(message.Sent));
            Put(xml, "status", message.Status.ToString());
            Put(xml, "msgType", message.Type.ToString());
            Put(xml, "scope", options.Public ? "Public" : "Restricted");
            if (!options.Public)
            {
                Put(xml, "restriction", Both("cap.restriction"));
            }

            if (message.Status != CapStatus.Actual)
            {
                Put(xml, "note", Both(message.Status == CapStatus.Exercise ? "cap.exercise.note" : "cap.test.note"));
            }

            if (message.References.Count > 0)
            {
                Put(xml, "references", string.Join(' ', message.References.Select(r => $"{r.Sender},{r.Identifier},{CapText.Time(r.Sent)}")));
            }

            if (message.Step.Incident is { Length: > 0 } incident)
            {
                Put(xml, "incidents", CapText.Token(incident));
            }

            Info(xml, message, CapWords.Info(message, ServerWords.Vi, options, area?.Words), area);
            Info(xml, message, CapWords.Info(message, ServerWords.En, options, area?.Words), area);
            xml.WriteEndElement();
        }

        return buffer.ToArray();
    }

    private static string Both(string key) => ServerWords.Vi[key] + " " + ServerWords.En[key];

    private static void Info(XmlWriter xml, CapMessage message, CapInfo info, CapArea? area)
    {
        var step = message.Step;
        var (urgency, certainty, response) = message.Phase switch
        {
            CapPhase.Ended => ("Past", "Observed", "AllClear"),
            CapPhase.False => ("Past", "Unlikely", "None"),
            CapPhase.Grown => (message.Kind.Urgency, "Observed", "Evacuate"),
            CapPhase.Quiet => (message.Kind.Urgency, "Likely", "Monitor"),
            _ => (message.Kind.Urgency, message.Kind.Certainty, message.Kind.Response),
        };
        xml.WriteStartElement("info", Namespace);
        Put(xml, "language", info.Language);
        Put(xml, "category", message.Kind.Category);
        Put(xml, "event", info.Event);
        Put(xml, "responseType", response);
        Put(xml, "urgency", urgency);
        Put(xml, "severity", SeverityOf(message));
        Put(xml, "certainty", certainty);
        Pair(xml, "eventCode", "SmartCity.IoT", CapText.Token(step.Kind));
        Put(xml, "effective", CapText.Time(message.Sent));
        Put(xml, "onset", CapText.Time(Whole(step.MeasuredAt).ToOffset(message.Sent.Offset)));
        Put(xml, "expires", CapText.Time(message.Expires));
        Put(xml, "senderName", info.SenderName);
        Put(xml, "headline", info.Headline);
        Put(xml, "description", info.Description);
        Put(xml, "instruction", info.Instruction);

        // What machines and responders read: untranslated, as the rules said it.
        Parameter(xml, "device", step.Device);
        Parameter(xml, "zone", step.Zone);
        Parameter(xml, "value", step.Value is { } value && double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : null);
        Parameter(xml, "detail", step.Detail);
        Area(xml, message, info.Area, area);
        xml.WriteEndElement();
    }

    private static void Area(XmlWriter xml, CapMessage message, string words, CapArea? area)
    {
        xml.WriteStartElement("area", Namespace);
        Put(xml, "areaDesc", words);
        if (area is { Rings.Count: > 0 })
        {
            foreach (var ring in area.Rings)
            {
                Put(xml, "polygon", string.Join(' ', ring.Select(p => Point(p.Lat, p.Lon))));
            }
        }
        else if (message.Step.Location is { Lat: { } lat, Lon: { } lon } && Math.Abs(lat) <= 90 && Math.Abs(lon) <= 180)
        {
            Put(xml, "circle", string.Create(CultureInfo.InvariantCulture, $"{Point(lat, lon)} {message.Kind.RadiusKm:0.###}"));
        }

        xml.WriteEndElement();
    }

    private static string SeverityOf(CapMessage message) => message.Phase == CapPhase.False ? "Minor" : message.Phase == CapPhase.Grown ? "Extreme" : message.Severity switch
    {
        Severity.Critical => "Extreme",
        Severity.Major => "Severe",
        Severity.Minor => "Moderate",
        _ => "Minor",
    };

    // Six decimals: a decimetre.
    private static string Point(double lat, double lon) => string.Create(CultureInfo.InvariantCulture, $"{lat:0.######},{lon:0.######}");

    private static DateTimeOffset Whole(DateTimeOffset moment) => new(moment.UtcTicks - (moment.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);

    private static void Parameter(XmlWriter xml, string name, string? value)
    {
        if (CapText.Clean(value) is { Length: > 0 } clean)
        {
            Pair(xml, "parameter", name, clean);
        }
    }

    private static void Pair(XmlWriter xml, string element, string name, string value)
    {
        xml.WriteStartElement(element, Namespace);
        Put(xml, "valueName", name);
        Put(xml, "value", value);
        xml.WriteEndElement();
    }

    private static void Put(XmlWriter xml, string element, string text) => xml.WriteElementString(element, Namespace, text);
}
