using System.Text;
using SmartCity.City;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Lamps;
using SmartCity.Edge.Runtime;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests;

/// <summary>An output in memory that remembers what it was told and when; it can refuse, forget and be mute.</summary>
internal sealed class MemoryOutput(string id, TimeProvider time) : OutputDriver
{
    public double Level { get; set; }

    public Exception? Refuses { get; set; }

    public bool Mute { get; set; }

    public bool OnlySwitches { get; set; }

    public override bool Dims => !OnlySwitches;

    public List<(DateTimeOffset At, double Percent)> Told { get; } = [];

    public override string Where => $"output of {id}";

    public bool Open { get; private set; }

    public override ValueTask StartAsync(CancellationToken cancel)
    {
        Open = true;
        return Refuses is { } why ? ValueTask.FromException(why) : default;
    }

    public override ValueTask DisposeAsync()
    {
        Open = false;
        return base.DisposeAsync();
    }

    public override ValueTask SetAsync(double percent, CancellationToken cancel)
    {
        Assert.True(Open);
        if (Refuses is { } why)
        {
            return ValueTask.FromException(why);
        }

        Told.Add((time.GetUtcNow(), percent));
        Level = percent;
        return default;
    }

    public override ValueTask<double> FeedbackAsync(CancellationToken cancel) =>
        Refuses is { } why ? ValueTask.FromException<double>(why) : new(Mute ? double.NaN : Level);
}

/// <summary>A switch in memory.</summary>
internal sealed class MemorySwitch : Driver
{
    public bool On { get; private set; }

    public bool Broken { get; set; }

    public override string Where => "switch";

    public void Turn(bool on, TimeProvider time)
    {
        On = on;
        Attention?.Invoke(time.GetTimestamp());
    }

    public override ValueTask StartAsync(CancellationToken cancel) => default;

    public override ValueTask MeasureAsync(Measurement into, CancellationToken cancel)
    {
        if (Broken)
        {
            throw new BusException(BusFault.Failed, "switch: the line is gone");
        }

        into.Add("closed", On ? 1 : 0);
        return default;
    }
}

/// <summary>A desk of lamps with their devices over outputs in memory; the clock moves only when told.</summary>
internal sealed class LampRig : IAsyncDisposable
{
    private readonly List<DeviceUnit> _units = [];

    public LampRig(FakeTime time, int lamps = 1, DesiredDocument? initial = null, Func<LampServices, LampServices>? with = null, Func<string, double>? before = null)
    {
        Time = time;
        var sites = new List<LampSite>();
        for (var i = 0; i < lamps; i++)
        {
            var id = $"lamp-{i:00}";
            Outputs[id] = new MemoryOutput(id, time) { Level = before?.Invoke(id) ?? 0 };
            sites.Add(new LampSite(id, Outputs[id], Switch, 19.807, 105.776));
        }

        var services = new LampServices(time, () => ClockKnown) { Hurry = Hurried.Add };
        Desk = new LampDesk(sites, initial, with?.Invoke(services) ?? services);
        _units.AddRange(sites.Select(s => MakeUnit(s.Id)));
    }

    public FakeTime Time { get; }

    public LampDesk Desk { get; }

    public Dictionary<string, MemoryOutput> Outputs { get; } = new(StringComparer.Ordinal);

    public MemoryOutput Output => Outputs["lamp-00"];

    public MemorySwitch Switch { get; } = new();

    public bool ClockKnown { get; set; } = true;

    public List<string> Hurried { get; } = [];

    public List<string> Lines { get; } = [];

    public LampStatus Status => Desk.Status[0];

    public DeviceUnit Unit => _units[0];

    public static DesiredDocument Document(string json) => DesiredDocument.Read(Encoding.UTF8.GetBytes(json));

    public void Start()
    {
        foreach (var unit in _units)
        {
            unit.Start();
        }

        Desk.Start();
        Time.Advance(TimeSpan.FromSeconds(1));
    }

    /// <summary>Ends the first lamp's device and starts it anew, as a reload does.</summary>
    public async Task ReloadAsync()
    {
        await _units[0].DisposeAsync();
        _units[0] = MakeUnit("lamp-00");
        _units[0].Start();
    }

    public void Advance(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds));

    public async ValueTask DisposeAsync()
    {
        await Desk.DisposeAsync();
        foreach (var unit in _units)
        {
            await unit.DisposeAsync();
        }

        _units.Clear();
    }

    private DeviceUnit MakeUnit(string id)
    {
        var services = new UnitServices(Time, Log) { Post = static (item, _) => item.Execute() };
        var unit = new DeviceUnit(new DeviceConfig(id, "streetlight"), KindCatalog.BuiltIn.Find("streetlight")!, [], services);
        foreach (var part in Desk.PartsOf(id))
        {
            unit.AddPart(part);
        }

        return unit;
    }

    private MeasureResult Log(string kind, string device, ReadOnlySpan<MetricValue> metrics, long timestamp)
    {
        var line = new StringBuilder(device);
        foreach (var metric in metrics)
        {
            line.Append(FormattableString.Invariant($" {metric.Name}={metric.Number}"));
        }

        Lines.Add(line.ToString());
        return MeasureResult.Logged;
    }
}
