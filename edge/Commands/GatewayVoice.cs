using System.Text.Json;
using System.Threading.Channels;
using SmartCity.Edge.Clocks;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Commands;

/// <summary>What a gateway says and hears beside readings: its state (retained, and as its will), desired documents, commands
/// and their answers. All on the telemetry connection.</summary>
internal sealed class GatewayVoice
{
    /// <summary>Commands that wait for their turn; the server repeats what it finds unanswered, so more need not be kept.</summary>
    private const int WaitingCommands = 64;

    private static readonly string Version = typeof(GatewayVoice).Assembly.GetName().Version?.ToString(3) ?? "0";

    private readonly GatewayOptions _options;
    private readonly GatewayHooks _hooks;
    private readonly CommandDesk _desk;
    private readonly EdgeClock _clock;
    private readonly Channel<(MqttClient Client, ReadOnlyMemory<byte>? Command)> _work;

    /// <summary>The voice of one gateway.</summary>
    public GatewayVoice(GatewayOptions options, GatewayHooks hooks, EdgeClock clock, TimeProvider time)
    {
        _clock = clock;
        _options = options;
        _hooks = hooks;
        _desk = new CommandDesk(hooks.Act ?? ((command, _) => new((true, $"{command.Act}: nothing on this gateway to act on"))), time);
        _work = Channel.CreateBounded<(MqttClient, ReadOnlyMemory<byte>?)>(
            new BoundedChannelOptions(WaitingCommands) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
            _ => Dropped++);
    }

    /// <summary>Commands and announcements that found no place to wait.</summary>
    public long Dropped { get; private set; }

    /// <summary>The last desired document; null before the first.</summary>
    public ReadOnlyMemory<byte>? Desired { get; private set; }

    /// <summary>What the server says for us when we are gone; it has no devices, and its clock is nobody's.</summary>
    public WillMessage Will => new(StateTopic, State([], "unknown"), QualityOfService.AtLeastOnce, Retain: true);

    private string StateTopic => CityTopic.Of(_options.Gateway, CityTopicKind.State);

    private string CommandTopic => CityTopic.Of(_options.Gateway, CityTopicKind.Command);

    private string DesiredTopic => CityTopic.Of(_options.Gateway, CityTopicKind.Desired);

    /// <summary>Gives a client that is about to start its handlers and subscriptions.</summary>
    public void Attach(MqttClient client)
    {
        client.Connected += _ => _work.Writer.TryWrite((client, null));
        if (!_clock.IsKnown)
        {
            // Said again with the truth of then; a client of another turn is gone by that time.
            _clock.BecameKnown += () => _ = client.IsConnected && _work.Writer.TryWrite((client, null));
        }

        client.Received = message =>
        {
            if (message.Topic == CommandTopic)
            {
                _work.Writer.TryWrite((client, message.Payload));
            }
            else if (message.Topic == DesiredTopic)
            {
                Desired = message.Payload;
            }

            return ValueTask.CompletedTask;
        };
    }

    /// <summary>Announces the gateway at each connection and answers commands, until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        MqttClient? subscribed = null;
        try
        {
            await foreach (var (client, command) in _work.Reader.ReadAllAsync(stop))
            {
                try
                {
                    if (command is { } payload)
                    {
                        await AnswerAsync(client, payload, stop);
                        continue;
                    }

                    // A client makes its subscriptions again by itself; a new client (another server) has none yet.
                    if (_options.Listens && subscribed != client)
                    {
                        subscribed = client;
                        await SubscribeAsync(client, stop);
                    }

                    _ = client.PublishAsync(StateTopic, State(_options.Devices, _clock.IsKnown ? "ok" : "unknown"), QualityOfService.AtLeastOnce, retain: true, null, stop);
                }
                catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException && !stop.IsCancellationRequested)
                {
                    // That server's turn is over; the next connection announces itself.
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task SubscribeAsync(MqttClient client, CancellationToken stop)
    {
        foreach (var filter in new[] { DesiredTopic, CommandTopic })
        {
            var reason = await client.SubscribeAsync(filter, QualityOfService.AtLeastOnce, stop);
            if ((byte)reason >= 0x80)
            {
                _hooks.Notice?.Invoke($"the server refused the subscription to {filter}: {reason}");
            }
        }
    }

    private async Task AnswerAsync(MqttClient client, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        if (await _desk.TakeAsync(payload, stop) is not { } result)
        {
            _hooks.Notice?.Invoke("a command that is no command was ignored");
            return;
        }

        _hooks.Notice?.Invoke($"command {result.Id}: {result.Status}, {result.Detail}");
        _ = client.PublishAsync(
            CityTopic.Of(_options.Gateway, CityTopicKind.CommandResult),
            JsonSerializer.SerializeToUtf8Bytes(result, EdgeJson.Default.CommandResult),
            QualityOfService.AtLeastOnce, retain: false, null, stop);
    }

    private static byte[] State(IReadOnlyList<string> devices, string clock) =>
        JsonSerializer.SerializeToUtf8Bytes(new GatewayState(Version, devices, clock), EdgeJson.Default.GatewayState);
}
