using System.Diagnostics;

namespace SmartCity.Edge.Tests;

/// <summary>Waits for facts, with a limit.</summary>
internal static class Wait
{
    /// <summary>Until something holds; fails after a while with what was awaited.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what, int seconds = 30)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (!holds())
        {
            if (limit.IsCancellationRequested)
            {
                Assert.Fail($"within {seconds} s it did not happen that {what}");
            }

            await AMomentAsync(CancellationToken.None);
        }
    }

    /// <summary>For work that must end; fails after a while with what was awaited, so that no test waits for ever.</summary>
    public static async Task ForAsync(Task work, string what, int seconds = 30)
    {
        if (await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(seconds))) != work)
        {
            Assert.Fail($"within {seconds} s it did not happen that {what}");
        }

        await work;
    }

    /// <summary>The same for work with a result.</summary>
    public static async Task<T> ForAsync<T>(Task<T> work, string what, int seconds = 30)
    {
        await ForAsync((Task)work, what, seconds);
        return await work;
    }

    /// <summary>Until a process that was killed, or told to end, is gone.</summary>
    public static Task GoneAsync(Process process) => ForAsync(process.WaitForExitAsync(), "a process ended");

    /// <summary>Ends a process that a test started, whatever became of the test.</summary>
    public static void End(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Between two looks at a fact that gives no event (another process's state).</summary>
    public static async Task AMomentAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        await timer.WaitForNextTickAsync(cancel);
    }
}
