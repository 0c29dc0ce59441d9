using System.Globalization;
using System.Text.Json;

namespace SmartCity.City;

/// <summary>Writes a desired document: names in order, members that say nothing left out, the same content always the same bytes.</summary>
internal static class DesiredWriter
{
    public static byte[] Write(DesiredDocument document)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version", document.Version);
            json.WriteString("timeZone", document.TimeZone);
            Map(json, "holidays", document.Holidays, WriteDates);
            Map(json, "programmes", document.Programmes, WriteProgramme);
            Map(json, "calendars", document.Calendars, WriteCalendar);
            Map(json, "lamps", document.Lamps, WriteLamp);
            WriteDevices(json, document);
            Map(json, "zones", document.Zones, WriteZone);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void Map<T>(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, T> map, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartObject(name);
        foreach (var (id, value) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            json.WritePropertyName(id);
            write(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteDates(Utf8JsonWriter json, IReadOnlySet<DateOnly> dates)
    {
        json.WriteStartArray();
        foreach (var date in dates.Order())
        {
            json.WriteStringValue(Date(date));
        }

        json.WriteEndArray();
    }

    private static void WriteProgramme(Utf8JsonWriter json, LightProgramme programme)
    {
        json.WriteStartObject();
        json.WriteStartArray("points");
        foreach (var point in programme.Points)
        {
            json.WriteStartObject();
            json.WriteString("at", point.At.ToString());
            json.WriteNumber("level", point.Level);
            if (point.Ramp > TimeSpan.Zero)
            {
                json.WriteNumber("rampSeconds", point.Ramp.TotalSeconds);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteCalendar(Utf8JsonWriter json, LightCalendar calendar)
    {
        json.WriteStartObject();
        Text(json, "default", calendar.Default);
        json.WriteStartArray("rules");
        foreach (var rule in calendar.Rules)
        {
            json.WriteStartObject();
            json.WriteString("programme", rule.Programme);
            Text(json, "from", rule.Yearly is { } y ? Day(y.From) : rule.From is { } from ? Date(from) : null);
            Text(json, "to", rule.Yearly is { } r ? Day(r.To) : rule.To is { } to ? Date(to) : null);
            if (rule.Weekdays.Count > 0)
            {
                json.WriteStartArray("weekdays");
                foreach (var day in rule.Weekdays)
                {
                    json.WriteStringValue(CalendarRuleReader.Weekdays[(int)day]);
                }

                json.WriteEndArray();
            }

            if (rule.Nth.Count > 0)
            {
                json.WriteStartArray("nth");
                foreach (var n in rule.Nth)
                {
                    json.WriteNumberValue(n);
                }

                json.WriteEndArray();
            }

            Text(json, "holidays", rule.Holidays);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteLamp(Utf8JsonWriter json, DesiredLamp lamp)
    {
        json.WriteStartObject();
        Text(json, "calendar", lamp.Calendar);
        if (lamp.Minimum > 0)
        {
            json.WriteNumber("minimum", lamp.Minimum);
        }

        if (!double.IsNaN(lamp.Latitude) && !double.IsNaN(lamp.Longitude))
        {
            json.WriteNumber("lat", lamp.Latitude);
            json.WriteNumber("lon", lamp.Longitude);
        }

        if (lamp.Overrides.Count > 0)
        {
            json.WriteStartArray("overrides");
            foreach (var o in lamp.Overrides.OrderBy(o => o.Id, StringComparer.Ordinal))
            {
                json.WriteStartObject();
                json.WriteString("id", o.Id);
                json.WriteNumber("level", o.Level);
                json.WriteNumber("priority", o.Priority);
                Time(json, "start", o.Start);
                Time(json, "expires", o.Expires);
                Text(json, "reason", o.Reason);
                Text(json, "by", o.By);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (lamp.Clo is { } curve)
        {
            json.WriteStartArray("clo");
            foreach (var (hours, percent) in curve.Points)
            {
                json.WriteStartArray();
                json.WriteNumberValue(hours);
                json.WriteNumberValue(percent);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        Time(json, "installed", lamp.Installed);
        json.WriteEndObject();
    }

    private static void WriteDevices(Utf8JsonWriter json, DesiredDocument document)
    {
        json.WriteStartObject("devices");
        foreach (var id in document.Thresholds.Keys.Union(document.Alone.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            json.WriteStartObject(id);
            if (document.Thresholds.TryGetValue(id, out var thresholds))
            {
                Map(json, "thresholds", thresholds, static (json, value) => json.WriteNumberValue(value));
            }

            if (document.Alone.TryGetValue(id, out var zone))
            {
                json.WritePropertyName("zone");
                WriteZone(json, zone);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteZone(Utf8JsonWriter json, DesiredZone zone)
    {
        json.WriteStartObject();
        if (zone.AcknowledgeWithin is { } within)
        {
            json.WriteNumber("acknowledgeWithinSeconds", within.TotalSeconds);
        }

        if (zone.Coincidence is { } coincidence)
        {
            json.WriteNumber("coincidenceSeconds", coincidence.TotalSeconds);
        }

        Time(json, "testUntil", zone.TestUntil);
        Time(json, "acknowledged", zone.Acknowledged);
        Time(json, "resetAt", zone.ResetAt);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    private static void Time(Utf8JsonWriter json, string name, DateTimeOffset? time) =>
        Text(json, name, time?.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture));

    private static string Date(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Day(MonthDay day) => string.Create(CultureInfo.InvariantCulture, $"{day.Month:00}-{day.Day:00}");
}
