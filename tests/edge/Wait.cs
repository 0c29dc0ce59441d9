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

    /// <summary>Between two looks at a fact that gives no event (another process's state).</summary>
    public static async Task AMomentAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        await timer.WaitForNextTickAsync(cancel);
    }
}
