using System.Buffers;
using System.Globalization;

namespace SmartCity.City.Tests;

/// <summary>One device of a kind, fed by hand: times in seconds from 1 September 2026, 00:00 in Vietnam.</summary>
internal sealed class Bench
{
    public const long Second = 1_000_000_000;
    public static readonly long Start = new DateTimeOffset(2026, 9, 1, 0, 0, 0, TimeSpan.FromHours(7)).ToUnixTimeSeconds() * Second;

    private readonly DeviceLogic _logic;
    private readonly ChangeSink _sink = new();

    public Bench(DeviceKind kind, DeviceContext? context = null)
    {
        Kind = kind;
        _logic = new DeviceLogic(kind);
        State = new DeviceState(kind);
        Device = context ?? new DeviceContext(kind, "dev-1", "zone-1");
    }

    public DeviceKind Kind { get; }

    public DeviceContext Device { get; set; }

    public DeviceState State { get; private set; }

    public List<AlertChange> Changes { get; } = [];

    public List<ZoneSignal> Signals { get; } = [];

    /// <summary>What was said, short: <c>Raised raised 0</c>.</summary>
    public IEnumerable<string> Story => Changes.Select(c => $"{c.What} {c.Cause.Split('@')[0]} {Seconds(c.MeasuredAt)}{(c.Historical ? " historical" : "")}");

    public static Bench Of(string kind) => new(KindCatalog.BuiltIn.Find(kind)!);

    /// <summary>A device with one metric <c>v</c>, an interval of 10 s, and one rule.</summary>
    public static Bench WithRule(string rule, string lane = "telemetry") => new(KindCatalog.Load([("test.yaml", $$"""
        kind: test
        title: { vi: Thử, en: Test }
        lane: {{lane}}
        interval: 10s
        metrics:
          v: { type: float, min: -1000, max: 1000, title: { vi: v, en: v } }
        rules:
          - { name: rule, alert: test, {{rule}} }
        """)]).Find("test")!);

    public static long At(double seconds) => Start + (long)(seconds * Second);

    public static string Seconds(long at) => ((at - Start) / (double)Second).ToString("0.###", CultureInfo.InvariantCulture);

    public Bench Read(double seconds, params ReadOnlySpan<(string Metric, double Value)> values) => Read(seconds, seconds, ReadingFaults.None, values);

    public Bench Read(double seconds, double received, ReadingFaults faults, params ReadOnlySpan<(string Metric, double Value)> values)
    {
        var row = new double[Kind.Metrics.Count];
        Array.Fill(row, double.NaN);
        foreach (var (metric, value) in values)
        {
            row[Kind.IndexOf(metric)] = value;
        }

        _logic.Apply(Device, State, new ReadingView(At(seconds), At(received), row, faults), _sink);
        return Take();
    }

    public Bench Tick(double seconds, bool caughtUp = true, double listeningSince = -100_000)
    {
        var tick = new TickView(At(seconds), caughtUp, At(listeningSince));
        var due = _logic.IsDue(Device, State, tick);
        _logic.Tick(Device, State, tick, _sink);
        if (due == _sink.IsEmpty)
        {
            throw new InvalidOperationException("IsDue and Tick disagree");
        }

        return Take();
    }

    public double Derived(string name)
    {
        foreach (var value in _logic.Describe(Device, State))
        {
            if (string.Equals(value.Name, name, StringComparison.Ordinal))
            {
                return value.Value;
            }
        }

        return double.NaN;
    }

    /// <summary>Through a snapshot and back.</summary>
    public Bench Reload()
    {
        State = DeviceState.TryRead(Snapshot(), Kind) ?? throw new InvalidOperationException("the snapshot cannot be read");
        return this;
    }

    public byte[] Snapshot()
    {
        var output = new ArrayBufferWriter<byte>();
        State.Write(output);
        return output.WrittenSpan.ToArray();
    }

    private Bench Take()
    {
        Changes.AddRange(_sink.Changes);
        Signals.AddRange(_sink.Signals);
        _sink.Clear();
        return this;
    }
}
