using SmartCity.Ingest.Serve;

namespace SmartCity.Ingest.Tests;

public sealed class OwnThreadTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task What_is_awaited_goes_on_on_the_same_thread()
    {
        var threads = new List<(string? Name, int Id)>();
        await OwnThread.Run("mine", async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                threads.Add((Thread.CurrentThread.Name, Environment.CurrentManagedThreadId));
                await (i % 3 == 0 ? Task.Run(() => { }) : Task.Yield().Await());
            }
        }).WaitAsync(_patience);
        Assert.Equal(1000, threads.Count);
        Assert.Equal("mine", Assert.Single(threads.Distinct()).Name);
    }

    [Fact]
    public async Task It_ends_as_the_loop_does()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => OwnThread.Run("t", () => throw new InvalidOperationException()).WaitAsync(_patience));
        await Assert.ThrowsAsync<InvalidOperationException>(() => OwnThread.Run("t", async () =>
        {
            await Task.Yield();
            throw new InvalidOperationException();
        }).WaitAsync(_patience));
        using var cancel = new CancellationTokenSource();
        var waiting = OwnThread.Run("t", () => Task.Delay(Timeout.Infinite, cancel.Token));
        Assert.False(waiting.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(_patience));
        await OwnThread.Run("t", () => Task.CompletedTask).WaitAsync(_patience);
    }

    [Fact]
    public async Task Many_loops_that_wake_each_other_lose_no_wake_up()
    {
        var channels = Enumerable.Range(0, 4).Select(_ => System.Threading.Channels.Channel.CreateBounded<int>(1)).ToArray();
        var loops = channels.Select((channel, i) => OwnThread.Run($"loop {i}", async () =>
        {
            for (var turn = 0; turn < 2000; turn++)
            {
                var next = await channel.Reader.ReadAsync();
                if (i < channels.Length - 1 || turn < 1999)
                {
                    await channels[(i + 1) % channels.Length].Writer.WriteAsync(next + 1);
                }
            }
        })).ToArray();
        await channels[0].Writer.WriteAsync(0);
        await Task.WhenAll(loops).WaitAsync(_patience);
    }
}

internal static class Awaiting
{
    public static async Task Await(this System.Runtime.CompilerServices.YieldAwaitable yield) => await yield;
}
