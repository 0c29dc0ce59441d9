using System.Diagnostics;

namespace SmartCity.TestSupport;

/// <summary>Runs work that waits on a <see cref="FakeTime"/> to its end, by moving the clock a millisecond at a time. Work that waits on
/// nothing else runs on this thread, and the time that it took is exact.</summary>
internal static class Pump
{
    /// <summary>Longest work, by the real clock.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>Runs it; its exception comes out here.</summary>
    /// <returns>Time of the fake clock that it took.</returns>
    public static TimeSpan Run(FakeTime time, Func<ValueTask> work)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null); // continuations run where the timer fires
        try
        {
            var start = time.GetTimestamp();
            var began = Stopwatch.GetTimestamp();
            var task = work().AsTask();
            while (!task.IsCompleted)
            {
                if (Stopwatch.GetElapsedTime(began) > Longest)
                {
                    throw new TimeoutException($"not done after {time.GetElapsedTime(start)} of the fake clock");
                }

                time.Advance(TimeSpan.FromMilliseconds(1));
                Thread.Yield(); // to what waits on other work
            }

            task.GetAwaiter().GetResult();
            return time.GetElapsedTime(start);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
