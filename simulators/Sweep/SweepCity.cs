using System.Globalization;
using System.Text.Json;
using SmartCity.Simulators.Plan;

namespace SmartCity.Simulators.Sweep;

/// <summary>Who speaks in a sweep: so many lamps behind twenty gateways, call points for alarms, and where they are asked for, environment stations behind
/// twenty other gateways.</summary>
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

    /// <summary>A gateway of stations, from 1.</summary>
    public static string StationGateway(int number) => string.Create(CultureInfo.InvariantCulture, $"air-{number:00000}");

    /// <summary>An environment station's name, from 1.</summary>
    public static string Station(int number) => string.Create(CultureInfo.InvariantCulture, $"station-{number:0000000}");

    /// <summary>So many clients, among whom the lamps are divided evenly.</summary>
    public static IReadOnlyList<(string Client, IReadOnlyList<string> Devices)> Clients(int connections, int devices) =>
        Divide(connections, devices, Gateway, Lamp);

    /// <summary>So many clients, among whom the stations are divided evenly.</summary>
    public static IReadOnlyList<(string Client, IReadOnlyList<string> Devices)> StationClients(int connections, int stations) =>
        Divide(connections, stations, StationGateway, Station);

    /// <summary>Writes the registry for the server's import, as one file or in parts.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="devices">Lamps.</param>
    /// <param name="points">Call points.</param>
    /// <param name="most">Rows of a file.</param>
    /// <param name="stations">Environment stations.</param>
    /// <returns>The files, in the order in which they must be imported.</returns>
    public static IReadOnlyList<string> Write(string folder, int devices, int points, int most, int stations = 0)
    {
        var files = new List<string>();
        var air = stations == 0 ? [] : StationClients(Gateways, stations);
        var gateways = Enumerable.Range(1, Gateways).Select(Gateway).Append(AlarmGateway).Concat(air.Select(c => c.Client)).Select(g => new Row(g, null, ""));
        var lamps = Clients(Gateways, devices).SelectMany(c => c.Devices.Select(d => new Row(d, KindNames.Streetlight, c.Client)));
        var buttons = Enumerable.Range(1, points).Select(p => new Row(Point(p), "manual_call_point", AlarmGateway));
        var others = air.SelectMany(c => c.Devices.Select(d => new Row(d, KindNames.Environment, c.Client)));
        foreach (var rows in gateways.Concat(lamps).Concat(others).Concat(buttons).Chunk(most))
        {
            files.Add(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"registry-{files.Count}.json")));
            using var file = File.Create(files[^1]);
            using var json = new Utf8JsonWriter(file);
            json.WriteStartObject();
            Rows(json, "gateways", rows.Where(r => r.Kind is null));
            Rows(json, "devices", rows.Where(r => r.Kind is not null));
            json.WriteEndObject();
        }

        return files;
    }

    private static IReadOnlyList<(string Client, IReadOnlyList<string> Devices)> Divide(int connections, int devices, Func<int, string> client, Func<int, string> device) =>
    [
        .. Enumerable.Range(0, connections).Select(c =>
        {
            var (from, to) = ((long)c * devices / connections, (long)(c + 1) * devices / connections);
            return (client(c + 1), (IReadOnlyList<string>)[.. Enumerable.Range((int)from, (int)(to - from)).Select(d => device(d + 1))]);
        }),
    ];

    private static void Rows(Utf8JsonWriter json, string name, IEnumerable<Row> rows)
    {
        json.WriteStartArray(name);
        foreach (var (id, kind, gateway) in rows)
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            if (kind is not null)
            {
                json.WriteString("kind", kind);
                json.WriteString("gateway", gateway);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A gateway has no kind.</summary>
    private readonly record struct Row(string Id, string? Kind, string Gateway);
}
