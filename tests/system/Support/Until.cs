using System.Diagnostics;

namespace SmartCity.SystemTests.Support;

/// <summary>Waiting for what another process will show. The limits are patience, not promises.</summary>
internal static class Until
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Asks until the answer is yes.</summary>
    public static async Task TrueAsync(Func<Task<bool>> question, Func<string> what, TimeSpan? limit = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await question())
        {
            if (watch.Elapsed > (limit ?? Patience))
            {
                Assert.Fail($"After {watch.Elapsed.TotalSeconds:0} s still not: {what()}");
            }

            await Task.Delay(100);
        }
    }
}
