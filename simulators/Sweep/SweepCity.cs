using System.Globalization;
using System.Text.Json;
using SmartCity.Simulators.Load;
using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Sweep;

/// <summary>Who speaks in a sweep: so many lamps behind twenty gateways, and call points for alarms.</summary>
internal static class SweepCity
{
    /// <summary>Gateways in the registry.</summary>
    public const int Gateways = 20;

    /// <summary>The gateway of the call points.</summary>
    public const string AlarmGateway = "sweep-alarms";

    /// <summary>A gateway's name, from 1.</summary>
    public static string Gateway(int number) => string.Create(CultureInfo.InvariantCulture, $"load-{number:00000}");

    /// <summary>A lamp's name, from 1.</summary>
    public static string Lamp(int number) => string.Create(CultureInfo.InvariantCulture, $"lamp-{number:0000000}");

    /// <summary>A call point's name, from 1.</summary>
    public static string Point(int number) => string.Create(CultureInfo.InvariantCulture, $"point-{number:00000}");

    /// <summary>So many clients, among whom the lamps are divided evenly.</summary>
    public static IReadOnlyList<(string Client, IReadOnlyList<string> Devices)> Clients(int connections, int devices) =>
    [
        .. Enumerable.Range(0, connections).Select(c =>
        {
            var (from, to) = ((long)c * devices / connections, (long)(c + 1) * devices / connections);
            return (Gateway(c + 1), (IReadOnlyList<string>)[.. Enumerable.Range((int)from, (int)(to - from)).Select(d => Lamp(d + 1))]);
        }),
    ];

    /// <summary>Writes the registry for the server's import.</summary>
    public static void Write(string path, int devices, int points)
    {
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file);
        json.WriteStartObject();
        json.WriteStartArray("gateways");
        foreach (var gateway in Enumerable.Range(1, Gateways).Select(Gateway).Append(AlarmGateway))
        {
            json.WriteStartObject();
            json.WriteString("id", gateway);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("devices");
        foreach (var (gateway, lamps) in Clients(Gateways, devices))
        {
            foreach (var lamp in lamps)
            {
                Device(json, lamp, KindNames.Streetlight, gateway);
            }

            json.Flush();
        }

        for (var point = 1; point <= points; point++)
        {
            Device(json, Point(point), "manual_call_point", AlarmGateway);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Device(Utf8JsonWriter json, string id, string kind, string gateway)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("kind", kind);
        json.WriteString("gateway", gateway);
        json.WriteEndObject();
    }
}
