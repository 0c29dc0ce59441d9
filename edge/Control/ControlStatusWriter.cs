using System.Buffers;
using System.Text.Json;
using SmartCity.Edge.Fire;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Control;

/// <summary>Writes what a running gateway says of itself as one JSON object on one line. What is not known is left out.</summary>
internal static class ControlStatusWriter
{
    private static readonly string Version = typeof(ControlStatusWriter).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Writes it, with the line's end.</summary>
    public static void Write(IBufferWriter<byte> output, EdgeRuntime runtime, TimeProvider time)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            var gateway = runtime.Gateway;
            json.WriteStartObject();
            json.WriteString("version", Version);
            json.WriteString("gateway", gateway.Name);
            json.WriteStartArray("servers");
            foreach (var server in runtime.Config.Options.Servers)
            {
                json.WriteStringValue(server.ToString());
            }

            json.WriteEndArray();
            json.WriteBoolean("connected", gateway.IsConnected);
            json.WriteNumber("backlog", gateway.Backlog);
            json.WriteString("clock", gateway.Clock.IsKnown ? "ok" : "unknown");
            json.WriteNumber("desired", gateway.Desired.Version);
            Devices(json, runtime, time);
            Fire(json, runtime);
            Lamps(json, runtime);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static void Devices(Utf8JsonWriter json, EdgeRuntime runtime, TimeProvider time)
    {
        json.WriteStartArray("devices");
        foreach (var unit in runtime.Devices)
        {
            json.WriteStartObject();
            json.WriteString("id", unit.Id);
            json.WriteString("kind", unit.Kind.Name);
            Text(json, "place", unit.Config.Place);
            Text(json, "zone", unit.Config.Zone);
            json.WriteStartObject("values");
            foreach (var value in unit.Values())
            {
                json.WriteNumber(value.Metric, value.Value);
            }

            json.WriteEndObject();
            json.WriteNumber("fault", (int)unit.Fault);
            Text(json, "words", unit.FaultWords);
            if (unit.MeasuredAt is { } at)
            {
                var age = time.GetElapsedTime(at);
                json.WriteNumber("ageSeconds", Math.Round(Math.Max(0, age.TotalSeconds), 1));
                if (runtime.Gateway.Clock.IsKnown)
                {
                    json.WriteString("measuredAt", time.GetUtcNow() - age);
                }
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Fire(Utf8JsonWriter json, EdgeRuntime runtime)
    {
        json.WriteStartArray("zones");
        foreach (var (id, stage) in runtime.Fire.Zones)
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("state", FireDesk.Word(stage));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("sirens");
        foreach (var (id, sounds) in runtime.Fire.Sirens)
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            if (sounds is { } on)
            {
                json.WriteBoolean("on", on);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Lamps(Utf8JsonWriter json, EdgeRuntime runtime)
    {
        json.WriteStartArray("lamps");
        foreach (var lamp in runtime.Lamps?.Status ?? [])
        {
            json.WriteStartObject();
            json.WriteString("id", lamp.Lamp);
            Number(json, "target", lamp.Target);
            Number(json, "feedback", lamp.Feedback);
            Number(json, "actual", lamp.Actual);
            json.WriteString("reason", lamp.ReasonName);
            json.WriteString("words", lamp.Words);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Text(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, Math.Round(number, 2));
        }
    }
}
