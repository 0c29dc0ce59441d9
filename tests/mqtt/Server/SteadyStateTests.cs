using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.Mqtt.Tests;

/// <summary>What a publish costs from socket to owner and its acknowledgement back, once everything is warm.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class SteadyStateTests
{
    [Theory]
    [InlineData(ProtocolVersion.V311, false, 50)]
    [InlineData(ProtocolVersion.V500, false, 50)]
    [InlineData(ProtocolVersion.V500, true, 50)]
    [InlineData(ProtocolVersion.V311, true, 200)] // more than the window: the connection waits for the owner
    public async Task A_publish_and_its_acknowledgement_allocate_nothing(ProtocolVersion version, bool fromAnotherThread, int count)
    {
        using var owner = new CommittingOwner(fromAnotherThread);
        await using var endpoint = await TestEndpoint.StartAsync(owner: owner);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, endpoint.Port); // and nothing asynchronous, or each blocking receive makes an object of its own
        var connect = new ArrayBufferWriter<byte>();
        PacketEncoder.WriteConnect(connect, new ConnectPacket(version, "gw-1", true, 0));
        socket.Send(connect.WrittenSpan);
        var acks = new byte[4 * count];
        while (socket.Receive(acks) == 0)
        {
            // CONNACK comes in one piece
        }

        var publishes = new ArrayBufferWriter<byte>();
        for (ushort i = 1; i <= count; i++)
        {
            var message = new ApplicationMessage("city/v1/gw-1/telemetry", new byte[400]);
            PacketEncoder.WritePublish(publishes, new OutboundPublish(message, QualityOfService.AtLeastOnce, false, false, i), version);
        }

        var batch = publishes.WrittenSpan.ToArray();
        Exchange(socket, batch, acks, 400);
        var best = double.MaxValue;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var rounds = 0;
        for (var round = 0; round < 5 && best > 0.5; round++, rounds++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Exchange(socket, batch, acks, 400);
            best = Math.Min(best, (GC.GetTotalAllocatedBytes(precise: true) - before) / (400.0 * count));
        }

        TestContext.Current.SendDiagnosticMessage(
            "{0}, completed {1}: {2:F3} B a publish, {3:F0} publishes/s on one connection",
            version, fromAnotherThread ? "elsewhere" : "at once", best, rounds * 400 * count / watch.Elapsed.TotalSeconds);
        Assert.InRange(best, 0, 1); // the thread pool and the runtime may make an object now and then; a publish makes none
    }

    private static void Exchange(Socket socket, byte[] batch, byte[] acks, int times)
    {
        for (var i = 0; i < times; i++)
        {
            socket.Send(batch);
            var got = 0;
            while (got < acks.Length)
            {
                got += socket.Receive(acks.AsSpan(got));
            }
        }
    }

    /// <summary>Completes tickets at once or, as a log does, many together on a thread of its own.</summary>
    private sealed class CommittingOwner : IMqttOwner, IDisposable
    {
        private readonly PublishTicket[] _waiting = new PublishTicket[1024];
        private readonly AutoResetEvent _some = new(false);
        private readonly bool _elsewhere;
        private readonly Thread? _committer;
        private volatile bool _over;
        private int _count;

        public CommittingOwner(bool elsewhere)
        {
            _elsewhere = elsewhere;
            if (elsewhere)
            {
                _committer = new Thread(Commit) { IsBackground = true };
                _committer.Start();
            }
        }

        public ValueTask<ConnectReply> ConnectAsync(ConnectRequest request, CancellationToken cancel) => new(new ConnectReply(ReasonCode.Success));

        public ValueTask<PublishReply> PublishAsync(
            MqttConnection connection, PublishPacket publish, ReadOnlySequence<byte> topic, PublishTicket ticket)
        {
            if (!_elsewhere)
            {
                ticket.Complete();
                return new(PublishReply.Taken);
            }

            lock (_waiting)
            {
                _waiting[_count++] = ticket;
            }

            _some.Set();
            return new(PublishReply.Taken);
        }

        public ReasonCode Subscribe(MqttConnection connection, string filter, QualityOfService requested) => (ReasonCode)requested;

        public ValueTask SubscribedAsync(MqttConnection connection, string filter) => default;

        public ReasonCode Will(MqttConnection connection, string topic) => ReasonCode.Success;

        public void Disconnected(MqttConnection connection, ReasonCode reason)
        {
        }

        public void Dispose()
        {
            _over = true;
            _some.Set();
            _committer?.Join();
            _some.Dispose();
        }

        private void Commit()
        {
            while (!_over)
            {
                _some.WaitOne();
                lock (_waiting)
                {
                    foreach (var ticket in _waiting.AsSpan(0, _count))
                    {
                        ticket.Complete();
                    }

                    _count = 0;
                }
            }
        }
    }
}

/// <summary>Tests that measure this process run when nothing else does.</summary>
[CollectionDefinition(nameof(MeasuredAlone), DisableParallelization = true)]
public sealed class MeasuredAlone;
