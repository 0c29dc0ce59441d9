using System.Diagnostics;
using System.Globalization;

namespace SmartCity.SystemTests.Identity;

/// <summary>Waiting for what another process does: asked again until it is so, with a bound that only a broken server meets.</summary>
internal static class Until
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    public static Task TrueAsync(Func<bool> condition, string otherwise) => TrueAsync(() => Task.FromResult(condition()), () => otherwise);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Wire.Patience, otherwise());
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>One figure of <c>/metrics</c>: the sum over its labels that hold <paramref name="label"/>.</summary>
    public static async Task<double> FigureAsync(HttpClient client, string name, string label = "")
    {
        var sum = 0.0;
        var found = false;
        foreach (var line in (await client.GetStringAsync("/metrics")).Split('\n'))
        {
            var rest = line.StartsWith("smartcity_" + name, StringComparison.Ordinal) ? line[("smartcity_" + name).Length..] : "";
            if (rest.Length > 0 && rest[0] is ' ' or '{' && rest.Contains(label, StringComparison.Ordinal))
            {
                found = true;
                sum += double.Parse(rest[(rest.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
            }
        }

        Assert.True(found || label.Length > 0, $"there is no figure smartcity_{name}");
        return sum;
    }
}
