using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.City;

namespace SmartCity.Edge.Lamps;

/// <summary>The configuration's <c>lighting:</c> section: the parts of a desired document (<c>holidays</c>, <c>programmes</c>, <c>calendars</c>, <c>lamps</c>) that
/// hold until a server says otherwise.</summary>
internal static class LightingSection
{
    /// <summary>Reads it.</summary>
    /// <param name="section">The section as JSON.</param>
    /// <param name="timeZone">The configuration's time zone.</param>
    /// <exception cref="DesiredException">It is none; the faults begin with <c>lighting.</c></exception>
    public static DesiredDocument Read(JsonObject section, string timeZone)
    {
        var whole = (JsonObject)section.DeepClone();
        whole["version"] = 0;
        whole["timeZone"] = timeZone;
        try
        {
            return DesiredDocument.Read(JsonSerializer.SerializeToUtf8Bytes(whole));
        }
        catch (DesiredException e)
        {
            throw new DesiredException([.. e.Faults.Select(f => "lighting." + f)]);
        }
    }
}
