using System.Globalization;

namespace SmartCity.Mqtt.Tests;

/// <summary>The disk of the session store is behind: who publishes what must be stored waits, and nothing is acknowledged and lost.</summary>
public sealed class SlowStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mqtt-slow-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_publisher_waits_for_the_disk_and_everything_acknowledged_is_stored()
    {
        const int Count = 60;
        using var store = SessionStore.Open(Path.Combine(_directory, "s.db"), new SessionStoreOptions { MaximumPendingBytes = 2000 });
        using var disk = new ManualResetEventSlim();
        store.BeforeWrite = disk.Wait;
        await using var endpoint = await TestEndpoint.StartAsync(store: store);
        endpoint.Owner.OnPublish = (_, _, _) => OnceReply.Of(PublishReply.Route);
        using var client = await endpoint.ConnectAsync("c", ProtocolVersion.V311);
        for (ushort i = 1; i <= Count; i++)
        {
            client.Publish("kept/" + i.ToString(CultureInfo.InvariantCulture), new string('x', 100), QualityOfService.AtLeastOnce, i, retain: true);
        }

        long pending;
        try
        {
            using var patience = new CancellationTokenSource(TestEndpoint.Patience);
            while (store.PendingBytes < 2000)
            {
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
        finally
        {
            pending = store.PendingBytes;
            disk.Set();
        }

        Assert.InRange(pending, 1, 4000);
        for (ushort i = 1; i <= Count; i++)
        {
            Assert.Equal((i, ReasonCode.Success), await client.ReadAckAsync(PacketType.PubAck));
        }

        Assert.Equal(Count, endpoint.Broker.RetainedCount);
        Assert.Equal(0, endpoint.Broker.Statistics.StoreFull);
    }
}
