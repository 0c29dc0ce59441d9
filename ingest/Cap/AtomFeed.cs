using System.Text;
using System.Xml;
using SmartCity.Ingest.Words;

namespace SmartCity.Ingest.Cap;

/// <summary>The list of messages as Atom (RFC 4287), one entry a message, newest first. Links are relative, so they hold behind any proxy.</summary>
internal static class AtomFeed
{
    private const string Namespace = "http://www.w3.org/2005/Atom";

    /// <param name="messages">Newest first.</param>
    /// <param name="next">Address of the next page, relative; null at the end.</param>
    /// <param name="words">The language.</param>
    /// <param name="options">Who sends.</param>
    /// <param name="now">For an empty feed, which has to say when it was last changed.</param>
    public static byte[] Write(IReadOnlyList<CapMessage> messages, string? next, ServerWords words, CapOptions options, DateTimeOffset now)
    {
        using var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, NewLineChars = "\n" }))
        {
            xml.WriteStartElement("feed", Namespace);
            xml.WriteAttributeString("xml", "lang", null, words.Language);
            Put(xml, "id", "urn:smartcity:cap:" + options.Sender);
            Put(xml, "title", words["cap.feed"]);
            Put(xml, "updated", Rfc3339(messages.Count > 0 ? messages[0].Sent : now));
            Author(xml, CapText.Clean(options.SenderName) is { Length: > 0 } name ? name : words["cap.sender"]);
            Link(xml, "self", "feed.atom", "application/atom+xml");
            if (next is not null)
            {
                Link(xml, "next", next, "application/atom+xml");
            }

            foreach (var message in messages)
            {
                Entry(xml, message, CapWords.Info(message, words, options, null));
            }

            xml.WriteEndElement();
        }

        return buffer.ToArray();
    }

    private static void Entry(XmlWriter xml, CapMessage message, CapInfo info)
    {
        xml.WriteStartElement("entry", Namespace);
        Put(xml, "id", "urn:smartcity:cap:" + message.Sender + ":" + message.Identifier);
        Put(xml, "title", info.Headline);
        Put(xml, "updated", Rfc3339(message.Sent));
        Put(xml, "published", Rfc3339(message.Sent));
        xml.WriteStartElement("category", Namespace);
        xml.WriteAttributeString("term", message.Kind.Category);
        xml.WriteEndElement();
        Link(xml, "alternate", $"alerts/{message.Identifier}.xml", "application/cap+xml");
        Put(xml, "summary", info.Description);
        xml.WriteEndElement();
    }

    // Atom's times are RFC 3339, where -00:00 means an unknown offset: UTC is Z here.
    private static string Rfc3339(DateTimeOffset moment) =>
        moment.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static void Author(XmlWriter xml, string name)
    {
        xml.WriteStartElement("author", Namespace);
        Put(xml, "name", name);
        xml.WriteEndElement();
    }

    private static void Link(XmlWriter xml, string relation, string address, string type)
    {
        xml.WriteStartElement("link", Namespace);
        xml.WriteAttributeString("rel", relation);
        xml.WriteAttributeString("type", type);
        xml.WriteAttributeString("href", address);
        xml.WriteEndElement();
    }

    private static void Put(XmlWriter xml, string element, string text) => xml.WriteElementString(element, Namespace, text);
}
