using SmartCity.Edge.Buses;
using SmartCity.Edge.Buses.Linux;

namespace SmartCity.Edge.Tests.Buses;

/// <summary>The board's thread, over the kernel's own counters (eventfd).</summary>
public sealed class PollerTests
{
    [Fact]
    public void What_is_removed_is_told_no_more()
    {
        using var poller = new Poller();
        using var file = Kernel.EventFile(0, Kernel.NonBlocking);
        using var told = new SemaphoreSlim(0);
        var removed = false;
        var late = false;
        var watched = poller.Add(file, () =>
        {
            late |= Volatile.Read(ref removed);
            _ = Kernel.Read(file, new byte[8]);
            told.Release();
            return true;
        });
        for (var i = 0; i < 100; i++)
        {
            Ring(file);
            Assert.True(told.Wait(TimeSpan.FromSeconds(10)));
        }

        Ring(file);
        poller.Remove(watched);
        Volatile.Write(ref removed, true);
        Ring(file);
        poller.Remove(watched);
        Assert.False(late);
    }

    [Fact]
    public void A_telling_may_remove_itself()
    {
        using var poller = new Poller();
        using var file = Kernel.EventFile(1, Kernel.NonBlocking);
        using var told = new ManualResetEventSlim();
        Poller.Watched? watched = null;
        using var ready = new ManualResetEventSlim();
        watched = poller.Add(file, () =>
        {
            ready.Wait(TimeSpan.FromSeconds(10));
            poller.Remove(watched!);
            told.Set();
            return true;
        });
        ready.Set();
        Assert.True(told.Wait(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void More_files_than_the_limit_are_refused()
    {
        using var poller = new Poller();
        using var file = Kernel.EventFile(0, Kernel.NonBlocking);
        for (var i = 0; i < Poller.Most; i++)
        {
            poller.Add(file, static () => true);
        }

        Assert.Equal(BusFault.Unsupported, Assert.Throws<BusException>(() => poller.Add(file, static () => true)).Fault);
    }

    [Fact]
    public async Task A_closed_poller_takes_nothing_more()
    {
        var poller = new Poller();
        using var file = Kernel.EventFile(0, Kernel.NonBlocking);
        poller.Add(file, static () => true);
        poller.Dispose();
        poller.Dispose();
        Assert.Throws<ObjectDisposedException>(() => poller.Add(file, static () => true));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => poller.ReadyAsync(file, Kernel.PollIn, TimeSpan.FromSeconds(1), TimeProvider.System, default).AsTask());
    }

    private static void Ring(DeviceHandle file) => Assert.Equal(8, Kernel.Write(file, BitConverter.GetBytes(1UL)));
}
