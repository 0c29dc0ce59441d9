using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cap;

namespace SmartCity.Ingest.Tests.Cap;

/// <summary>Documents for the tests of CAP, and the judge of their form.</summary>
internal static class CapRig
{
    private static readonly Lazy<XmlSchemaSet> Schemas = new(() =>
    {
        var set = new XmlSchemaSet();
        using var stream = typeof(CapRig).Assembly.GetManifestResourceStream("cap-1.2-rules.xsd")!;
        using var reader = XmlReader.Create(stream);
        set.Add(CapXml.Namespace, reader);
        set.Compile();
        return set;
    });

    public static readonly DateTimeOffset Start = new(2026, 9, 1, 1, 30, 15, 789, TimeSpan.Zero);

    public static readonly CapOptions Options = new()
    {
        Sender = "ioc.example.gov.vn",
        TimeZone = TimeZoneInfo.CreateCustomTimeZone("city", TimeSpan.FromHours(7), null, null),
    };

    /// <summary>What is wrong with a document by the schema's rules; empty when nothing is.</summary>
    public static IReadOnlyList<string> Faults(byte[] document)
    {
        var faults = new List<string>();
        var settings = new XmlReaderSettings { ValidationType = ValidationType.Schema, Schemas = Schemas.Value };
        settings.ValidationEventHandler += (_, e) => faults.Add(e.Message);
        using var reader = XmlReader.Create(new MemoryStream(document), settings);
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (XmlException e)
        {
            faults.Add(e.Message);
        }

        return faults;
    }

    public static CapStep Step(
        long revision, string what = "raised", AlertState state = AlertState.Raised, Severity severity = Severity.Critical, string kind = "fire",
        string? cause = null, string? occasion = null, string stepCause = "", DateTimeOffset? cleared = null, string? detail = null, bool historical = false, int minute = -1) => new()
        {
            Id = "abcdefghijklmnopqrstuvwxyz",
            Kind = kind,
            Severity = severity,
            State = state,
            Device = "smoke-1",
            Zone = "z-1",
            Location = new AlertLocation(19.8071, 105.7764, "Lê Lợi", "Chợ Vườn Hoa"),
            Value = 4.2,
            Threshold = 4,
            Detail = detail,
            MeasuredAt = Start.AddMinutes(-1),
            Historical = historical,
            Test = occasion is not null,
            Occasion = occasion,
            Cause = cause,
            ClearedAt = cleared,
            Revision = revision,
            Event = revision,
            Transition = new AlertStep(what, Start, null, detail, revision),
            RecordedAt = Start.AddMinutes(minute >= 0 ? minute : revision),
            StepCause = stepCause,
        };

    /// <summary>The messages of steps in order; null where a step says nothing.</summary>
    public static List<CapMessage?> Run(params CapStep[] steps)
    {
        var chain = new CapChain(Options);
        return [.. steps.Select(chain.Next)];
    }

    public static XElement Document(CapMessage message, CapOptions? options = null, CapArea? area = null)
    {
        var bytes = CapXml.Write(message, options ?? Options, area);
        Assert.Empty(Faults(bytes));
        return XElement.Load(new MemoryStream(bytes));
    }

    public static string? Text(this XElement element, string name) => element.Element(XName.Get(name, CapXml.Namespace))?.Value;

    public static List<XElement> All(this XElement element, string name) => [.. element.Elements(XName.Get(name, CapXml.Namespace))];
}
