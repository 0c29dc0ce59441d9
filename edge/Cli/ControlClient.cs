using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Edge.Cli;

/// <summary>A device as a running gateway shows it.</summary>
internal sealed record ControlDevice(string Id, string Kind)
{
    /// <summary>Where it stands.</summary>
    public string? Place { get; init; }

    /// <summary>Its fire zone.</summary>
    public string? Zone { get; init; }

    /// <summary>Last values by metric.</summary>
    public IReadOnlyDictionary<string, double> Values { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Its fault's number; 0 = none.</summary>
    public int Fault { get; init; }

    /// <summary>Its fault in words.</summary>
    public string? Words { get; init; }

    /// <summary>Seconds since its last measurement; null before the first.</summary>
    public double? AgeSeconds { get; init; }
}

/// <summary>A fire zone.</summary>
internal sealed record ControlZone(string Id, string State);

/// <summary>A siren; whether it sounds is null where that cannot be told.</summary>
internal sealed record ControlSiren(string Id, bool? On);

/// <summary>A lamp: what is asked for, what it says, what is measured.</summary>
internal sealed record ControlLamp(string Id)
{
    /// <summary>Level asked for, %.</summary>
    public double? Target { get; init; }

    /// <summary>Level that the output says is in force, %.</summary>
    public double? Feedback { get; init; }

    /// <summary>Power measured, W; null without a meter.</summary>
    public double? Actual { get; init; }

    /// <summary>Why that level.</summary>
    public string? Reason { get; init; }
}

/// <summary>What a running gateway says of itself.</summary>
internal sealed record ControlStatus
{
    /// <summary>Version of the running program.</summary>
    public string Version { get; init; } = "";

    /// <summary>Its name.</summary>
    public string Gateway { get; init; } = "";

    /// <summary>Both connections stand.</summary>
    public bool Connected { get; init; }

    /// <summary>Bytes not yet acknowledged.</summary>
    public long Backlog { get; init; }

    /// <summary>State of its clock: <c>ok</c> or <c>unknown</c>.</summary>
    public string Clock { get; init; } = "";

    /// <summary>Devices.</summary>
    public IReadOnlyList<ControlDevice> Devices { get; init; } = [];

    /// <summary>Fire zones.</summary>
    public IReadOnlyList<ControlZone> Zones { get; init; } = [];

    /// <summary>Sirens.</summary>
    public IReadOnlyList<ControlSiren> Sirens { get; init; } = [];

    /// <summary>Lamps.</summary>
    public IReadOnlyList<ControlLamp> Lamps { get; init; } = [];
}

/// <summary>What came of an act.</summary>
internal sealed record ControlAnswer(bool Done, string? Detail);

/// <summary>The control socket of a running gateway, from the side of who asks: one JSON request a line, answers as JSON lines.</summary>
internal sealed class ControlClient : IDisposable
{
    /// <summary>No answer is longer: a status of a hundred devices has some 30 KiB.</summary>
    private const int LongestAnswer = 1 << 20;

    private readonly Socket _socket;
    private readonly StreamReader _reader;

    private ControlClient(Socket socket)
    {
        _socket = socket;
        _reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
    }

    /// <summary>The socket of a data directory.</summary>
    public static string Path(string data) => System.IO.Path.Combine(data, "control.sock");

    /// <summary>Connects; null when no gateway listens there.</summary>
    /// <exception cref="UnauthorizedAccessException">One does, but this user may not ask it.</exception>
    public static async Task<ControlClient?> TryConnectAsync(string data, CancellationToken cancel)
    {
        var path = Path(data);
        if (!File.Exists(path))
        {
            return null;
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return new ControlClient(socket);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            socket.Dispose();
            throw new UnauthorizedAccessException($"{path}: {e.Message}", e);
        }
        catch (SocketException)
        {
            // A socket file that nobody listens on: the gateway was killed.
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>One status.</summary>
    /// <exception cref="IOException">The gateway ended, or answers something else.</exception>
    public async Task<ControlStatus> StatusAsync(CancellationToken cancel)
    {
        await SendAsync(new ControlRequest("status"), cancel);
        return await NextStatusAsync(cancel);
    }

    /// <summary>Asks for a status at each interval; read them with <see cref="NextStatusAsync"/>.</summary>
    public Task WatchAsync(TimeSpan every, CancellationToken cancel) =>
        SendAsync(new ControlRequest("watch") { Every = (int)every.TotalMilliseconds }, cancel);

    /// <summary>The next status.</summary>
    /// <exception cref="IOException">The gateway ended, or answers something else.</exception>
    public async Task<ControlStatus> NextStatusAsync(CancellationToken cancel) =>
        Read(await LineAsync(cancel), ControlJson.Default.ControlStatus);

    /// <summary>Has something done and waits for its end.</summary>
    /// <exception cref="IOException">The gateway ended, or answers something else.</exception>
    public async Task<ControlAnswer> ActAsync(string act, string? device, double? percent, double? seconds, CancellationToken cancel)
    {
        await SendAsync(new ControlRequest("act") { Act = act, Device = device, Percent = percent, Seconds = seconds }, cancel);
        return Read(await LineAsync(cancel), ControlJson.Default.ControlAnswer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
    }

    private static T Read<T>(string line, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(line, type) ?? throw new IOException("the gateway answered nothing");
        }
        catch (JsonException e)
        {
            throw new IOException($"the gateway answered something that this program does not know ({e.Message}); are both of one version?", e);
        }
    }

    private async Task SendAsync(ControlRequest request, CancellationToken cancel)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(request, ControlJson.Default.ControlRequest);
        await _socket.SendAsync(new[] { line, "\n"u8.ToArray() }.SelectMany(b => b).ToArray().AsMemory(), cancel);
    }

    private async Task<string> LineAsync(CancellationToken cancel)
    {
        var line = new StringBuilder();
        var one = new char[1];
        while (await _reader.ReadAsync(one, cancel) == 1)
        {
            if (one[0] == '\n')
            {
                return line.ToString();
            }

            if (line.Append(one[0]).Length > LongestAnswer)
            {
                throw new IOException("the gateway's answer does not end");
            }
        }

        throw new IOException("the gateway has ended");
    }
}

/// <summary>A request on the control socket.</summary>
/// <param name="Do"><c>status</c>, <c>watch</c> or <c>act</c>.</param>
internal sealed record ControlRequest(string Do)
{
    /// <summary>Which act.</summary>
    public string? Act { get; init; }

    /// <summary>What it is about.</summary>
    public string? Device { get; init; }

    /// <summary>A level, %.</summary>
    public double? Percent { get; init; }

    /// <summary>For how long.</summary>
    public double? Seconds { get; init; }

    /// <summary>Milliseconds between two statuses.</summary>
    public int? Every { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlStatus))]
[JsonSerializable(typeof(ControlAnswer))]
internal sealed partial class ControlJson : JsonSerializerContext;
