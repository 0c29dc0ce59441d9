using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;
using SmartCity.Edge.Runtime;

namespace SmartCity.Edge.Control;

/// <summary>One client of the control socket. Requests are done one after the other; a client that does not read its answers, or asks for nothing, is dropped.</summary>
internal sealed class ControlSession(EdgeRuntime runtime, Socket client, TimeProvider time)
{
    /// <summary>Longest request.</summary>
    public const int LongestRequest = 16 * 1024;

    /// <summary>A client that asks for nothing gives its place to others after this.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    /// <summary>A client that does not take an answer for this long is dropped.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(5);

    /// <summary>Longest act: a fire test has a window of a minute.</summary>
    private static readonly TimeSpan LongestAct = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan ShortestWatch = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWatch = TimeSpan.FromMinutes(1);

    private readonly byte[] _buffer = new byte[LongestRequest];
    private int _filled;

    /// <summary>Serves it until it goes, or is dropped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (await LineAsync(stop) is { } length)
            {
                await AnswerAsync(_buffer.AsMemory(0, length), stop);
                Consume(length + 1);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or IOException)
        {
            // It is gone, or had its chance.
        }
        finally
        {
            client.Dispose();
        }
    }

    /// <summary>Tells it why it is sent away.</summary>
    public async Task RefuseAsync(string why, CancellationToken stop)
    {
        try
        {
            await SendAsync(Fault(why), stop);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It did not even listen.
        }
        finally
        {
            client.Dispose();
        }
    }

    private static byte[] Fault(string why) => Object(json => json.WriteString("error", why));

    private static byte[] Object(Action<Utf8JsonWriter> members)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Length of the next request, without its end; null when there is none any more.</summary>
    private async Task<int?> LineAsync(CancellationToken stop)
    {
        while (true)
        {
            var end = _buffer.AsSpan(0, _filled).IndexOf((byte)'\n');
            if (end >= 0)
            {
                return end;
            }

            if (_filled == _buffer.Length)
            {
                await SendAsync(Fault($"a request has at most {LongestRequest} bytes"), stop);
                return null;
            }

            using var limit = new CancellationTokenSource(Idle, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
            var count = await client.ReceiveAsync(_buffer.AsMemory(_filled), both.Token);
            if (count == 0)
            {
                return null;
            }

            _filled += count;
        }
    }

    private void Consume(int count)
    {
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
    }

    private async Task AnswerAsync(ReadOnlyMemory<byte> line, CancellationToken stop)
    {
        ControlOrder order;
        try
        {
            order = ControlOrder.Read(line);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second for a text that is no UTF-8, or half a surrogate pair.
            await SendAsync(Fault($"no request: {e.Message}"), stop);
            return;
        }

        switch (order.Do)
        {
            case "status":
                await SendAsync(Status(), stop);
                break;
            case "watch":
                await WatchAsync(order.Every, stop);
                break;
            case "act":
                await ActAsync(order, stop);
                break;
            default:
                await SendAsync(Fault($"'{order.Do}' is none of status, watch, act"), stop);
                break;
        }
    }

    private byte[] Status()
    {
        var output = new ArrayBufferWriter<byte>(4_096);
        ControlStatusWriter.Write(output, runtime, time);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A status at each interval, until the client goes; it has nothing more to say meanwhile.</summary>
    private async Task WatchAsync(double? milliseconds, CancellationToken stop)
    {
        var every = TimeSpan.FromMilliseconds(Math.Clamp(milliseconds ?? 1_000, ShortestWatch.TotalMilliseconds, LongestWatch.TotalMilliseconds));
        using var timer = new PeriodicTimer(every, time);
        do
        {
            await SendAsync(Status(), stop);
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    private async Task ActAsync(ControlOrder order, CancellationToken stop)
    {
        bool done;
        string detail;
        using var limit = new CancellationTokenSource(LongestAct, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            (done, detail) = await runtime.ActAsync(new ActRequest(order.Act ?? "", order.Device, order.Percent, order.Seconds), both.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            (done, detail) = (false, $"it took longer than {LongestAct.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            (done, detail) = (false, e.Message);
        }

        await SendAsync(
            Object(json =>
            {
                json.WriteBoolean("done", done);
                json.WriteString("detail", detail);
            }),
            stop);
    }

    private async Task SendAsync(byte[] bytes, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(Slow, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        var left = bytes.AsMemory();
        while (left.Length > 0)
        {
            left = left[await client.SendAsync(left, both.Token)..];
        }
    }
}

/// <summary>A request as it came.</summary>
internal sealed record ControlOrder(string? Do, double? Every, string? Act, string? Device, double? Percent, double? Seconds)
{
    /// <summary>Reads one; members that nobody knows are passed over.</summary>
    /// <exception cref="JsonException">It is no JSON object, or a member has another type.</exception>
    public static ControlOrder Read(ReadOnlyMemory<byte> line)
    {
        using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 8 });
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("expected an object as {\"do\":\"status\"}");
        }

        return new ControlOrder(Text(root, "do"), Number(root, "every"), Text(root, "act"), Text(root, "device"), Number(root, "percent"), Number(root, "seconds"));
    }

    private static string? Text(JsonElement root, string name) => !root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw new JsonException($"'{name}' is no text");

    private static double? Number(JsonElement root, string name) => !root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number
        : throw new JsonException($"'{name}' is no number");
}
