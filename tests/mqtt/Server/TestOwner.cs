using System.Buffers;
using System.Collections.Concurrent;
using System.Text;

namespace SmartCity.Mqtt.Tests;

/// <summary>An owner whose answers a test sets, and which remembers what it was asked.</summary>
internal sealed class TestOwner : IMqttOwner
{
    public ConcurrentQueue<(string ClientId, string Topic, string Payload, PublishTicket Ticket)> Published { get; } = new();

    public ConcurrentQueue<(string ClientId, ReasonCode Reason)> Gone { get; } = new();

    public SemaphoreSlim PublishedSignal { get; } = new(0);

    public SemaphoreSlim GoneSignal { get; } = new(0);

    public ConnectRequest? LastConnect { get; private set; }

    public Func<ConnectRequest, ValueTask<ConnectReply>> OnConnect { get; set; } = _ => new(new ConnectReply(ReasonCode.Success));

    public Func<MqttConnection, string, PublishTicket, ValueTask<PublishReply>> OnPublish { get; set; } = (_, _, _) => new(PublishReply.Route);

    public Func<string, QualityOfService, ReasonCode> OnSubscribe { get; set; } = (_, qos) => (ReasonCode)qos;

    public Func<MqttConnection, string, ValueTask> OnSubscribed { get; set; } = (_, _) => default;

    public Func<string, ReasonCode> OnWill { get; set; } = _ => ReasonCode.Success;

    public ValueTask<ConnectReply> ConnectAsync(ConnectRequest request, CancellationToken cancel)
    {
        LastConnect = request;
        return OnConnect(request);
    }

    public ValueTask<PublishReply> PublishAsync(
        MqttConnection connection, PublishPacket publish, ReadOnlySequence<byte> topic, PublishTicket ticket)
    {
        var name = Encoding.UTF8.GetString(topic);
        var reply = OnPublish(connection, name, ticket);
        Published.Enqueue((connection.ClientId, name, Encoding.UTF8.GetString(publish.Payload), ticket));
        PublishedSignal.Release();
        return reply;
    }

    public ReasonCode Subscribe(MqttConnection connection, string filter, QualityOfService requested) => OnSubscribe(filter, requested);

    public ValueTask SubscribedAsync(MqttConnection connection, string filter) => OnSubscribed(connection, filter);

    public ReasonCode Will(MqttConnection connection, string topic) => OnWill(topic);

    public void Disconnected(MqttConnection connection, ReasonCode reason)
    {
        Gone.Enqueue((connection.ClientId, reason));
        GoneSignal.Release();
    }

    public async Task<List<PublishTicket>> TicketsAsync(int count)
    {
        List<PublishTicket> tickets = [];
        for (var i = 0; i < count; i++)
        {
            Assert.True(await PublishedSignal.WaitAsync(TestEndpoint.Patience), "a publish did not reach the owner");
            Assert.True(Published.TryDequeue(out var one));
            tickets.Add(one.Ticket);
        }

        return tickets;
    }
}
