using System.Diagnostics;
using System.Globalization;
using SmartCity.TestSupport;
using static SmartCity.Mqtt.QualityOfService;
using static SmartCity.Mqtt.Tests.Sessions.TestSink;

namespace SmartCity.Mqtt.Tests.Sessions;

public sealed class SessionStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mqtt-store-").FullName;
    private readonly FakeTime _time = new();

    private string File => Path.Combine(_directory, "sessions.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task EverythingComesBack()
    {
        var properties = new PublishProperties
        {
            PayloadIsText = true,
            MessageExpiryInterval = 500,
            ContentType = "text/plain",
            ResponseTopic = "answer",
            CorrelationData = new byte[] { 1, 2, 3 },
            UserProperties = [new UserProperty("a", "1"), new UserProperty("a", "2")],
        };
        ushort[] ids;
        using (var store = SessionStore.Open(File))
        {
            await using var bench = new Bench(store: store, time: _time);
            var (sink, _) = bench.Open("c", expiry: 1000, receiveMaximum: 2);
            bench.Broker.Subscribe(sink.Session, new SubscriptionRequest("a/+", ExactlyOnce) { NoLocal = true, RetainAsPublished = true }, ExactlyOnce, 77, null);
            bench.Subscribe(sink, "$share/g/s");
            bench.Subscribe(sink, "gone");
            bench.Broker.Unsubscribe(sink.Session, "gone", null);
            await PublishAsync(bench, Bench.Message("a/1", "one", ExactlyOnce, retain: true) with { Properties = properties });
            await PublishAsync(bench, Bench.Message("a/2", "two"));
            await PublishAsync(bench, Bench.Message("a/3", "three", ExactlyOnce));
            await PublishAsync(bench, Bench.Message("a/4", "", retain: true));
            await PublishAsync(bench, Bench.Message("r", "kept", AtMostOnce, retain: true));
            var sent = new[] { await sink.NextAsync(), await sink.NextAsync() };
            ids = [.. sent.Select(packet => packet.Publish.PacketId)];
            Assert.True(sink.Session.Received(sink, ids[0], ReasonCode.Success));
            Assert.Equal(ids[0], (await sink.NextAsync()).ReleaseId);
            Assert.Equal(InboundState.New, sink.Session.BeginInbound(sink, 9));
            var kept = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            bench.Broker.Publish(Bench.Message("nobody", "x", ExactlyOnce), sink.Session, 9, kept.SetResult);
            await kept.Task.WaitAsync(TimeSpan.FromSeconds(10));
            bench.Connect("passing");
            bench.Broker.Close(sink.Session, sink, ReasonCode.Success);
        }

        _time.Advance(TimeSpan.FromSeconds(100));
        using (var store = SessionStore.Open(File))
        {
            await using var bench = new Bench(store: store, time: _time);
            Assert.Equal(1, bench.Broker.SessionCount);
            Assert.Equal(2, bench.Broker.SubscriptionCount);
            Assert.Equal(2, bench.Broker.RetainedCount);
            await PublishAsync(bench, Bench.Message("a/5", "mine"), from: "c");        // no-local came back
            await PublishAsync(bench, Bench.Message("s", "shared"), from: "c");
            var (sink, opening) = bench.Open("c", clean: false, expiry: 1000);
            Assert.True(opening.SessionPresent);
            var got = sink.Drain();
            Assert.Equal(["release", "two dup", "three", "", "shared"], got.Select(packet => packet.IsRelease ? "release" : Text(packet) + (packet.Publish.Dup ? " dup" : "")));
            Assert.Equal(ids[0], got[0].ReleaseId);
            Assert.Equal(ids[1], got[1].Publish.PacketId);
            Assert.Equal([77u], got[2].Publish.SubscriptionIdentifiers!);
            Assert.True(got[3].Publish.Retain);
            Assert.Equal(InboundState.Received, sink.Session.BeginInbound(sink, 9));

            var reader = bench.Connect("reader");
            bench.Subscribe(reader, "a/1");
            var retained = Assert.Single(reader.Drain()).Publish;
            Assert.Equal(400u, retained.MessageExpiryInterval);
            var back = retained.Message.Properties!;
            Assert.Equal(properties.UserProperties, back.UserProperties);
            Assert.Equal(properties.CorrelationData!.Value.ToArray(), back.CorrelationData!.Value.ToArray());
            Assert.Equal((properties.PayloadIsText, properties.ContentType, properties.ResponseTopic), (back.PayloadIsText, back.ContentType, back.ResponseTopic));
        }
    }

    [Fact]
    public async Task WhatIsDoneWithLeavesNothing()
    {
        using (var store = SessionStore.Open(File))
        {
            await using var bench = new Bench(store: store, time: _time);
            var one = bench.Connect("1", expiry: 1000);
            var two = bench.Connect("2", expiry: 1000);
            bench.Subscribe(one, "a");
            bench.Subscribe(two, "a");
            bench.Publish("a", "x", ExactlyOnce, retain: true);
            bench.Publish("a", "y");
            bench.Publish("a", "", retain: true);
            foreach (var sink in new[] { one, two })
            {
                while (sink.Session.QueuedMessages > 0)
                {
                    var packet = await sink.NextAsync();
                    if (packet.IsRelease)
                    {
                        Assert.True(sink.Session.Complete(sink, packet.ReleaseId));
                    }
                    else if (!sink.Session.Acknowledge(sink, packet.Publish.PacketId))
                    {
                        Assert.True(sink.Session.Received(sink, packet.Publish.PacketId, ReasonCode.Success));
                    }
                }
            }

            Assert.Equal(0, one.Session.QueuedMessages);
            bench.Connect("2", clean: true);
            bench.Broker.Close(one.Session, one, ReasonCode.Success, expirySeconds: 0);
        }

        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=false");
        connection.Open();
        foreach (var table in new[] { "sessions", "subscriptions", "messages", "deliveries", "inbound", "retained" })
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT count(*) FROM {table}";
            Assert.Equal((table, 0L), (table, command.ExecuteScalar()));
        }
    }

    [Fact]
    public async Task WithNothingToStoreItIsDurableAtOnce()
    {
        using var store = SessionStore.Open(File);
        await using var bench = new Bench(store: store, time: _time);
        var passing = bench.Connect("passing");
        bench.Subscribe(passing, "a");
        bench.Broker.Close(bench.Connect("kept", expiry: 60).Session, passing, null);
        var called = false;
        bench.Broker.Publish(Bench.Message("a", "x"), null, () => called = true);
        Assert.True(called);
    }

    [Fact]
    public async Task WhenTheDiskIsFarBehindNothingMoreIsTaken()
    {
        using var store = SessionStore.Open(File, new SessionStoreOptions { MaximumPendingBytes = 2000 });
        await using var bench = new Bench(store: store, time: _time);
        var sink = bench.Connect("c", expiry: 60);
        bench.Subscribe(sink, "a");
        using var disk = new ManualResetEventSlim();
        store.BeforeWrite = disk.Wait;
        var taken = 0;
        while (bench.Publish("a", new string('x', 100)) == ReasonCode.Success)
        {
            taken++;
        }

        Assert.InRange(taken, 5, 100);
        Assert.False(bench.Broker.RoomAsync(CancellationToken.None).IsCompleted);
        Assert.Equal(ReasonCode.QuotaExceeded, bench.Publish("r", "x", retain: true));
        Assert.Equal(ReasonCode.QuotaExceeded, bench.Subscribe(sink, "b"));
        Assert.Equal(ReasonCode.ImplementationSpecificError, bench.Broker.Unsubscribe(sink.Session, "a", null));
        Assert.Equal(ReasonCode.ServerBusy, bench.Open("d", expiry: 60).Opening.Reason);
        Assert.Equal(ReasonCode.Success, bench.Open("e", expiry: 0).Opening.Reason);
        Assert.Equal(0, bench.Broker.RetainedCount);
        var room = bench.Broker.RoomAsync(CancellationToken.None).AsTask();
        disk.Set();
        await room.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(taken, sink.Drain().Count);
        Assert.Equal(5, bench.Broker.Statistics.StoreFull);
    }

    [Fact]
    public async Task ExpiryGoesOnWhileTheServerIsDown()
    {
        using (var store = SessionStore.Open(File))
        {
            await using var bench = new Bench(store: store, time: _time);
            var sink = bench.Connect("c", expiry: 10);
            bench.Subscribe(sink, "a");
            await PublishAsync(bench, Bench.Message("a", "x"));
            bench.Broker.Close(sink.Session, sink, ReasonCode.Success);
        }

        _time.Advance(TimeSpan.FromSeconds(20));
        using (var store = SessionStore.Open(File))
        {
            await using var bench = new Bench(store: store, time: _time);
            Assert.False(bench.Open("c", clean: false, expiry: 10).Opening.SessionPresent);
            Assert.Equal(0, bench.Broker.QueuedBytes);
        }
    }

    [Fact]
    public void ALaterVersionIsRefused()
    {
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        Assert.Contains("version 99", Assert.Throws<InvalidDataException>(() => SessionStore.Open(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ASecondProcessIsRefused()
    {
        using var first = SessionStore.Open(File);
        Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => SessionStore.Open(File));
    }

    [Fact]
    public async Task AFailingDiskIsToldAndTriedAgain()
    {
        using var store = SessionStore.Open(File, new SessionStoreOptions { RetryDelay = TimeSpan.FromMilliseconds(1), MaximumPendingBytes = 1 });
        var faulted = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Faulted += fault => faulted.TrySetResult(fault);
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var failures = 3;
        store.BeforeWrite = () =>
        {
            if (failures-- > 0)
            {
                throw new Microsoft.Data.Sqlite.SqliteException("database or disk is full", 13);
            }
        };
        store.Submit([new RetainedRemoved("x")], written.SetResult);
        Assert.False(store.HasRoom);
        var room = store.RoomAsync(CancellationToken.None).AsTask();
        await faulted.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await written.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await room.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(3, store.Faults);
        await using var bench = new Bench(store: store, time: _time);
        Assert.True(store.HasRoom);
    }

    /// <summary>The other side of <see cref="AKilledServerLosesNothingItAcknowledged"/>, in a process of its own: publishes until it is killed, and says what is durable.</summary>
    [Fact(Explicit = true)]
    public static async Task Child()
    {
        using var store = SessionStore.Open(Environment.GetEnvironmentVariable("MQTT_STORE_CHILD")!);
        await using var broker = new Broker(new BrokerOptions(), TimeProvider.System, store);
        var sink = new TestSink();
        sink.Session = broker.Open(new SessionRequest("c", ProtocolVersion.V500, CleanStart: false, 1000, sink)).Session!;
        broker.Subscribe(sink.Session, new SubscriptionRequest("a", ExactlyOnce), ExactlyOnce, null, null);
        broker.Close(sink.Session, sink, ReasonCode.Success);
        var start = sink.Session.QueuedMessages;
        for (var i = start; i < start + 4000; i++)
        {
            var text = $"durable {i}";
            await broker.RoomAsync(CancellationToken.None);
            broker.Publish(Bench.Message("a", $"{i}", i % 2 == 0 ? AtLeastOnce : ExactlyOnce), null, () => Console.Out.WriteLine(text));
        }

        await Task.Delay(Timeout.Infinite);
    }

    [Fact]
    public async Task AKilledServerLosesNothingItAcknowledged()
    {
        var acknowledged = -1;
        for (var round = 0; round < 3; round++)
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!, ["-method", $"{typeof(SessionStoreTests).FullName}.{nameof(Child)}", "-explicit", "only"])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
            start.Environment["MQTT_STORE_CHILD"] = File;
            using var child = Process.Start(start)!;
            var lines = 0;
            while (await child.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("durable ", StringComparison.Ordinal) && int.TryParse(line.AsSpan(8), CultureInfo.InvariantCulture, out var number))
                {
                    acknowledged = Math.Max(acknowledged, number);
                    if (++lines == 300)
                    {
                        child.Kill();                                  // SIGKILL; what is in the pipe is still read
                    }
                }
            }

            Assert.True(lines >= 300, $"the child said {lines} lines");
            await child.WaitForExitAsync();
            using var store = SessionStore.Open(File);
            await using var bench = new Bench(store: store);
            var sink = bench.Open("c", clean: false, expiry: 1000);
            Assert.True(sink.Opening.SessionPresent);
            var got = sink.Sink.Drain().Select(packet => int.Parse(Text(packet), CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal(Enumerable.Range(0, got.Length), got);
            Assert.True(got.Length > acknowledged, $"{got.Length} kept, {acknowledged} acknowledged");
            TestContext.Current.TestOutputHelper?.WriteLine($"round {round}: acknowledged up to {acknowledged}, kept {got.Length}");
        }
    }

    private static async Task PublishAsync(Bench bench, ApplicationMessage message, string? from = null)
    {
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(bench.Broker.Publish(message, from, durable.SetResult) < ReasonCode.UnspecifiedError);
        await durable.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
