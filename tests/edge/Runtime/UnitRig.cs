using System.Globalization;
using SmartCity.City;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Runtime;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Runtime;

/// <summary>One unit on a clock that stands still, and the lines it logged: <c>seconds metric=value …</c>, sorted by metric.</summary>
internal sealed class UnitRig : IAsyncDisposable
{
    private readonly DateTimeOffset _start;

    public UnitRig(DeviceConfig config, params Driver[] parts)
    {
        _start = Time.GetUtcNow();
        Services = new UnitServices(Time, Log) { Notice = Notices.Add, Post = static (item, _) => item.Execute() };
        Unit = new DeviceUnit(
            config, KindCatalog.BuiltIn.Find(config.Kind)!, parts.Select(p => (p, (IReadOnlyDictionary<string, string>)new Dictionary<string, string>(StringComparer.Ordinal))), Services);
    }

    public FakeTime Time { get; } = new();

    public UnitServices Services { get; }

    public DeviceUnit Unit { get; }

    public List<string> Lines { get; } = [];

    public List<long> Stamps { get; } = [];

    public List<string> Notices { get; } = [];

    public bool Full { get; set; }

    public static DeviceConfig Station(int interval = 10, int? poll = null, params (string Metric, double Band)[] change) => new("env-1", "environment_station")
    {
        Interval = TimeSpan.FromSeconds(interval),
        Poll = poll is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        Change = change.ToDictionary(c => c.Metric, c => c.Band, StringComparer.Ordinal),
    };

    public void Advance(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds));

    public async ValueTask DisposeAsync()
    {
        var stopped = Unit.DisposeAsync().AsTask();
        await Wait.UntilAsync(
            () =>
            {
                // A call that hangs is waited for by the clock.
                for (var i = 0; i < 10 && !stopped.IsCompleted; i++)
                {
                    Advance(1);
                }

                return stopped.IsCompleted;
            },
            "the unit stopped");
        await stopped;
    }

    private MeasureResult Log(string kind, string device, ReadOnlySpan<MetricValue> metrics, long timestamp)
    {
        if (Full)
        {
            return MeasureResult.NoRoom;
        }

        var at = TimeSpan.FromTicks(timestamp) - TimeSpan.FromTicks(_start.UtcTicks);
        var values = metrics.ToArray().OrderBy(m => m.Name, StringComparer.Ordinal)
            .Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Name}={m.Number:0.###}"));
        Lines.Add(string.Create(CultureInfo.InvariantCulture, $"{at.TotalSeconds:0.######} {string.Join(' ', values)}"));
        Stamps.Add(timestamp);
        return MeasureResult.Logged;
    }
}
