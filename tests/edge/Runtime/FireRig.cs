using SmartCity.City;
using SmartCity.Edge.Config;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Fire;
using SmartCity.Edge.Runtime;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests.Runtime;

/// <summary>A fire desk with its devices, one siren, a clock that stands still, and nothing else: no server, no log.</summary>
internal sealed class FireRig : IAsyncDisposable
{
    private readonly List<DeviceUnit> _units = [];
    private readonly string? _file;

    /// <summary>Devices in one zone: two loops, one thermometer, one call point.</summary>
    /// <param name="file">Where the desk remembers; null = nowhere.</param>
    /// <param name="atPreAlarm">The siren sounds from the pre-alarm on.</param>
    /// <param name="time">A clock that goes on over a restart.</param>
    /// <param name="siren">A siren that goes on over a restart.</param>
    /// <param name="pressed">The call point's contact at the start.</param>
    /// <param name="broken">A device that no longer answers.</param>
    /// <param name="without">Devices that are not in the configuration any more.</param>
    /// <param name="knowsTime">Whether the time of day is known; null = always.</param>
    /// <param name="notice">Told instead of <see cref="Notices"/>.</param>
    public FireRig(
        string? file = null,
        bool atPreAlarm = false,
        FakeTime? time = null,
        ScriptedOutput? siren = null,
        double pressed = 0,
        string? broken = null,
        string without = "",
        Func<bool>? knowsTime = null,
        Action<string>? notice = null)
    {
        _file = file;
        Pressed = pressed;
        Time = time ?? new FakeTime();
        Siren = siren ?? new ScriptedOutput();
        DeviceConfig[] devices =
        [
            new("loop-1", "fire_detector") { Zone = "zone-a" },
            new("loop-2", "fire_detector") { Zone = "zone-a" },
            new("heat-1", "fire_detector") { Zone = "zone-a" },
            new("call-1", "manual_call_point") { Zone = "zone-a" },
        ];
        devices = [.. devices.Where(d => !without.Split(' ').Contains(d.Id))];
        Parts = new Dictionary<string, Scripted>(StringComparer.Ordinal)
        {
            ["loop-1"] = Scripted.Of("loop_state", () => Loop1),
            ["loop-2"] = Scripted.Of("loop_state", () => Loop2),
            ["heat-1"] = Scripted.Of("temperature_celsius", () => Heat),
            ["call-1"] = Scripted.Of("pressed", () => Pressed),
        };
        if (broken is not null)
        {
            Parts[broken].OnMeasure = (_, _) => throw new DriverException(DeviceFault.NoAnswer, "no answer");
        }

        var config = new EdgeConfig
        {
            Path = "gateway.yaml",
            Options = new GatewayOptions { Gateway = "gw", Directory = ".", Servers = [] },
            Devices = devices,
            Sirens = [new SirenConfig("siren-1", ScriptedParts.Part(Siren), []) { AtPreAlarm = atPreAlarm }],
        };
        Desk = new FireDesk(
            config, KindCatalog.BuiltIn, part => (ScriptedOutput)part.Driver.Create(part.Settings, null!), _file is null ? null : new FireStore(_file, notice ?? Notices.Add), Time, notice ?? Notices.Add, knowsTime);
        var services = new UnitServices(Time, Log) { Measured = Desk.Measured, Post = static (item, _) => item.Execute() };
        foreach (var device in devices)
        {
            var unit = new DeviceUnit(
                device, KindCatalog.BuiltIn.Find(device.Kind)!, [(Parts[device.Id], new Dictionary<string, string>(StringComparer.Ordinal))], services);
            unit.AddPart(Desk.PartOf(device.Id)!);
            _units.Add(unit);
        }

        Desk.Start();
        _units.ForEach(u => u.Start());
    }

    public double Loop1 { get; set; }

    public double Loop2 { get; set; }

    public double Heat { get; set; } = 25;

    public double Pressed { get; set; }

    public FakeTime Time { get; }

    public ScriptedOutput Siren { get; }

    public FireDesk Desk { get; }

    public IReadOnlyDictionary<string, Scripted> Parts { get; }

    public List<string> Notices { get; } = [];

    /// <summary>Lines as <c>device metric=value …</c>.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>What the siren did when each line was logged.</summary>
    public List<double> SirenAtLine { get; } = [];

    public ZoneStage Stage => Desk.Zones["zone-a"];

    public bool Sounds => Siren.Percent > 0;

    /// <summary>Something happens at a device's contact.</summary>
    public void Happen(string device) => Parts[device].Attention!(Time.GetTimestamp());

    /// <summary>Seconds pass, with the desk's tick in each.</summary>
    public void Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Desk.Tick();
        }
    }

    /// <summary>Time passes until something ends that waits for this clock more than once. What it waits for next may be asked for on
    /// another thread a moment after the clock was moved: moved once, it would be waited for ever after.</summary>
    public Task PassUntilAsync(Func<bool> holds, string what) => Wait.UntilAsync(
        () =>
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            return holds();
        },
        what);

    public async ValueTask DisposeAsync()
    {
        foreach (var unit in _units)
        {
            await unit.DisposeAsync();
        }

        await Desk.DisposeAsync();
    }

    private MeasureResult Log(string kind, string device, ReadOnlySpan<MetricValue> metrics, long timestamp)
    {
        Lines.Add($"{device} {string.Join(' ', metrics.ToArray().OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => FormattableString.Invariant($"{m.Name}={m.Number}")))}");
        SirenAtLine.Add(Siren.Percent);
        return MeasureResult.Logged;
    }
}
