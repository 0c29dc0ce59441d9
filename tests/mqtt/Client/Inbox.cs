using System.Text;
using System.Threading.Channels;

namespace SmartCity.Mqtt.Tests.Client;

/// <summary>What a client received, to be waited for.</summary>
internal sealed class Inbox
{
    private readonly Channel<ApplicationMessage> _messages = Channel.CreateUnbounded<ApplicationMessage>();

    public Inbox(MqttClient client) => client.Received = message =>
    {
        _messages.Writer.TryWrite(message);
        return ValueTask.CompletedTask;
    };

    public int Count => _messages.Reader.Count;

    public async Task<ApplicationMessage> NextAsync() => await _messages.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(15));

    public async Task<List<string>> NextAsync(int count)
    {
        List<string> texts = [];
        while (texts.Count < count)
        {
            texts.Add(Text(await NextAsync()));
        }

        return texts;
    }

    /// <summary>Reads on until every one of these texts has been seen; the same may come twice.</summary>
    public async Task AllOfAsync(IEnumerable<string> texts)
    {
        var missing = texts.ToHashSet(StringComparer.Ordinal);
        while (missing.Count > 0)
        {
            missing.Remove(Text(await NextAsync()));
        }
    }

    public static string Text(ApplicationMessage message) => Encoding.UTF8.GetString(message.Payload.Span);
}

internal static class Waiting
{
    public static TimeSpan Patience => TimeSpan.FromSeconds(15);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience);

    public static Task Soon(this Task task) => task.WaitAsync(Patience);

    /// <summary>A task of the next connection made.</summary>
    public static Task<bool> NextConnection(this MqttClient client)
    {
        var connected = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.Connected += present => connected.TrySetResult(present);
        return connected.Task;
    }

    /// <summary>A task of the next connection lost.</summary>
    public static Task<MqttDisconnection> NextDisconnection(this MqttClient client)
    {
        var disconnected = new TaskCompletionSource<MqttDisconnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.Disconnected += end => disconnected.TrySetResult(end);
        return disconnected.Task;
    }
}
