using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using SmartCity.Mqtt;

namespace SmartCity.Benchmarks.Peers;

/// <summary>The ingestion worker of many a tutorial: subscribe, deserialise, queue, write in batches. It has a persistent session, a bounded queue that
/// holds the broker back, and sends again what the store did not take. Its MQTT client is this project's own, which costs less than the usual one.</summary>
internal static class TextbookWorker
{
    private const int BatchLines = 5_000;
    private static readonly TimeSpan _company = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs until ended.</summary>
    /// <param name="port">mosquitto's.</param>
    /// <param name="write">Where lines are posted.</param>
    /// <param name="json">Whether messages are JSON arrays of readings; otherwise lines.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<int> RunAsync(int port, string write, bool json, CancellationToken stop)
    {
        var queue = Channel.CreateBounded<string>(new BoundedChannelOptions(100_000) { SingleReader = true, SingleWriter = true });
        await using var client = new MqttClient(new MqttClientOptions
        {
            Host = "127.0.0.1",
            Port = port,
            ClientId = "worker",
            Version = ProtocolVersion.V311, // as Node-RED does by default
            CleanStart = false,
            MaximumWaiting = 2_000,
        });
        client.Disconnected += end => Console.WriteLine($"disconnected: {end}");
        client.ReceiveFailed += (_, fault) => Console.WriteLine(fault.Message);
        client.Received = message => json ? ReadAsync(message.Payload, queue.Writer, stop) : PassAsync(message.Payload, queue.Writer, stop);
        await client.ConnectAsync(stop);
        _ = await client.SubscribeAsync("city/v1/+/telemetry", QualityOfService.AtLeastOnce, stop);
        Console.WriteLine("subscribed");
        await WriteAsync(queue.Reader, write, stop);
        return 0;
    }

    private static async ValueTask ReadAsync(ReadOnlyMemory<byte> payload, ChannelWriter<string> to, CancellationToken stop)
    {
        foreach (var r in JsonSerializer.Deserialize<TextbookReading[]>(payload.Span) ?? [])
        {
            var line = string.Create(
                CultureInfo.InvariantCulture,
                $"{r.Kind},device={r.Device} dim_percent={r.DimPercent},power_w={r.PowerW},voltage_v={r.VoltageV},current_a={r.CurrentA} {r.Time}");
            if (!to.TryWrite(line))
            {
                await to.WriteAsync(line, stop);
            }
        }
    }

    private static async ValueTask PassAsync(ReadOnlyMemory<byte> payload, ChannelWriter<string> to, CancellationToken stop)
    {
        foreach (var line in Encoding.UTF8.GetString(payload.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!to.TryWrite(line))
            {
                await to.WriteAsync(line, stop);
            }
        }
    }

    private static async Task WriteAsync(ChannelReader<string> from, string write, CancellationToken stop)
    {
        using var http = new HttpClient();
        var text = new StringBuilder();
        while (await from.WaitToReadAsync(stop))
        {
            if (from.Count < BatchLines)
            {
                await Task.Delay(_company, stop);
            }

            text.Clear();
            for (var lines = 0; lines < BatchLines && from.TryRead(out var line); lines++)
            {
                text.Append(line).Append('\n');
            }

            while (!await PostAsync(http, write, text.ToString(), stop))
            {
                await Task.Delay(_company, stop);
            }
        }
    }

    private static async Task<bool> PostAsync(HttpClient http, string write, string text, CancellationToken stop)
    {
        try
        {
            using var body = new StringContent(text);
            using var answer = await http.PostAsync(new Uri(write), body, stop);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}

/// <summary>A reading as such a worker declares it.</summary>
internal sealed record TextbookReading(
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("device")] string Device,
    [property: JsonPropertyName("dim_percent")] double DimPercent,
    [property: JsonPropertyName("power_w")] double PowerW,
    [property: JsonPropertyName("voltage_v")] double VoltageV,
    [property: JsonPropertyName("current_a")] double CurrentA,
    [property: JsonPropertyName("time")] long Time);
