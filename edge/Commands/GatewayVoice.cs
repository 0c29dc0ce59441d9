using System.Text.Json;
using System.Threading.Channels;
using SmartCity.Edge.Clocks;
using SmartCity.Mqtt;
using SmartCity.Telemetry;

namespace SmartCity.Edge.Commands;

/// <summary>What a gateway says and hears beside readings: its state (retained, and as its will), desired documents and its report on them, commands and
/// their answers. All on the telemetry connection.</summary>
internal sealed class GatewayVoice : IDisposable
{
    /// <summary>Commands that wait for their turn; the server repeats what it finds unanswered, so more need not be kept.</summary>
    private const int WaitingCommands = 64;

    private static readonly string Version = typeof(GatewayVoice).Assembly.GetName().Version?.ToString(3) ?? "0";
    private static readonly TimeSpan ReportLook = TimeSpan.FromSeconds(1);

    private readonly GatewayOptions _options;
    private readonly GatewayHooks _hooks;
    private readonly CommandDesk _desk;
    private readonly CommandJournal _journal;
    private readonly EdgeClock _clock;
    private readonly TimeProvider _time;
    private readonly Channel<MqttClient> _announcements;
    private readonly Channel<(MqttClient Client, ReadOnlyMemory<byte> Payload)> _commands;
    private readonly Channel<ReadOnlyMemory<byte>> _documents;
    private MqttClient? _speaker;
    private volatile IReadOnlyList<string> _devices;

    /// <summary>The voice of one gateway.</summary>
    /// <exception cref="IOException">Its directory cannot be made.</exception>
    public GatewayVoice(GatewayOptions options, GatewayHooks hooks, EdgeClock clock, TimeProvider time)
    {
        _clock = clock;
        _options = options;
        _devices = options.Devices;
        _hooks = hooks;
        _time = time;
        _journal = new CommandJournal(options.Directory, hooks.Notice);
        _desk = new CommandDesk(
            hooks.Act ?? ((command, _) => new((true, $"{command.Act}: nothing on this gateway to act on"))), _journal, () => clock.IsKnown, time);
        Desired = new DesiredDesk(options.Directory, hooks.Notice);
        Report = new ReportDesk(Desired, time);

        // Said again with the truth of then, by whoever speaks then.
        clock.BecameKnown += () => _ = Volatile.Read(ref _speaker) is { } speaker && _announcements!.Writer.TryWrite(speaker);
        _announcements = Channel.CreateBounded<MqttClient>(Bounded(WaitingCommands, BoundedChannelFullMode.DropWrite), _ => Dropped++);
        _commands = Channel.CreateBounded<(MqttClient, ReadOnlyMemory<byte>)>(Bounded(WaitingCommands, BoundedChannelFullMode.DropWrite), _ => Dropped++);

        // Of several documents only the last one counts.
        _documents = Channel.CreateBounded<ReadOnlyMemory<byte>>(Bounded(1, BoundedChannelFullMode.DropOldest));
    }

    /// <summary>Commands and announcements that found no place to wait.</summary>
    public long Dropped { get; private set; }

    /// <summary>The desired document in force.</summary>
    public DesiredDesk Desired { get; }

    /// <summary>What is reported of it.</summary>
    public ReportDesk Report { get; }

    /// <summary>What the server says for us when we are gone; it has no devices, and its clock is nobody's.</summary>
    public WillMessage Will => new(StateTopic, State([], "unknown"), QualityOfService.AtLeastOnce, Retain: true);

    private string StateTopic => CityTopic.Of(_options.Gateway, CityTopicKind.State);

    private string CommandTopic => CityTopic.Of(_options.Gateway, CityTopicKind.Command);

    private string DesiredTopic => CityTopic.Of(_options.Gateway, CityTopicKind.Desired);

    /// <summary>Gives a client that is about to start its handlers and subscriptions.</summary>
    public void Attach(MqttClient client)
    {
        client.Connected += _ => _announcements.Writer.TryWrite(client);
        client.Received = message =>
        {
            if (message.Topic == CommandTopic)
            {
                _commands.Writer.TryWrite((client, message.Payload));
            }
            else if (message.Topic == DesiredTopic)
            {
                _documents.Writer.TryWrite(message.Payload);
            }

            return ValueTask.CompletedTask;
        };
    }

    /// <summary>Announces the gateway at each connection, follows desired documents, reports, and answers commands, until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            // One that fails is the end of all: the program above decides what then.
            Task[] loops = [AnnounceAsync(stop), CommandsAsync(stop), DocumentsAsync(stop), ReportsAsync(stop)];
            await await Task.WhenAny(loops);
            await Task.WhenAll(loops);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    /// <summary>The gateway serves other devices than before: the city is told, now or at the next connection.</summary>
    public void Announce(IReadOnlyList<string> devices)
    {
        _devices = devices;
        if (Volatile.Read(ref _speaker) is { IsConnected: true } client)
        {
            _announcements.Writer.TryWrite(client);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _journal.Dispose();

    private static BoundedChannelOptions Bounded(int capacity, BoundedChannelFullMode mode) => new(capacity) { FullMode = mode, SingleReader = true };

    private async Task AnnounceAsync(CancellationToken stop)
    {
        MqttClient? subscribed = null;
        await foreach (var client in _announcements.Reader.ReadAllAsync(stop))
        {
            try
            {
                // A client makes its subscriptions again by itself; a new client (another server) has none yet.
                if (_options.Listens && subscribed != client)
                {
                    subscribed = client;
                    await SubscribeAsync(client, stop);
                }

                var known = _clock.IsKnown;
                Say(client, CityTopicKind.State, State(_devices, known ? "ok" : "unknown"), retain: true, stop);
                Report.Begin();
                Volatile.Write(ref _speaker, client);
                if (!known && _clock.IsKnown)
                {
                    // It became known between the two: nobody was the speaker yet.
                    _announcements.Writer.TryWrite(client);
                }
            }
            catch (Exception e) when (IsItsEnd(e, stop))
            {
                // That server's turn is over; the next connection announces itself.
            }
        }
    }

    private async Task CommandsAsync(CancellationToken stop)
    {
        await foreach (var (client, payload) in _commands.Reader.ReadAllAsync(stop))
        {
            if (await _desk.TakeAsync(payload, stop) is not { } result)
            {
                _hooks.Notice?.Invoke("a command that is no command was ignored");
                continue;
            }

            _hooks.Notice?.Invoke($"command {result.Id}: {result.Status}, {result.Detail}");
            try
            {
                Say(client, CityTopicKind.CommandResult, JsonSerializer.SerializeToUtf8Bytes(result, EdgeJson.Default.CommandResult), retain: false, stop);
            }
            catch (Exception e) when (IsItsEnd(e, stop))
            {
                // The server asks again at the next connection, and is answered from the journal.
            }
        }
    }

    private async Task DocumentsAsync(CancellationToken stop)
    {
        await foreach (var document in _documents.Reader.ReadAllAsync(stop))
        {
            Desired.Take(document);
        }
    }

    private async Task ReportsAsync(CancellationToken stop)
    {
        // One report at a time: a server that holds back hears the newest when it goes on.
        var sending = Task.CompletedTask;
        using var timer = new PeriodicTimer(ReportLook, _time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            if (!_options.Listens || Volatile.Read(ref _speaker) is not { IsConnected: true } client || !sending.IsCompleted)
            {
                continue;
            }

            try
            {
                sending = Task.WhenAll(Report.Due().Select(part => client.PublishAsync(
                    CityTopic.Of(_options.Gateway, CityTopicKind.Reported), part, QualityOfService.AtLeastOnce, retain: false, null, stop)));
                _ = sending.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }
            catch (Exception e) when (IsItsEnd(e, stop))
            {
                // That server's turn is over; the next connection gets a report of its own.
            }
        }
    }

    private static bool IsItsEnd(Exception e, CancellationToken stop) =>
        e is ObjectDisposedException || (e is OperationCanceledException && !stop.IsCancellationRequested);

    private void Say(MqttClient client, CityTopicKind kind, byte[] payload, bool retain, CancellationToken stop) =>
        _ = client.PublishAsync(CityTopic.Of(_options.Gateway, kind), payload, QualityOfService.AtLeastOnce, retain, null, stop);

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

    private static byte[] State(IReadOnlyList<string> devices, string clock) =>
        JsonSerializer.SerializeToUtf8Bytes(new GatewayState(Version, devices, clock), EdgeJson.Default.GatewayState);
}
