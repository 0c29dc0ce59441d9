using FsCheck;
using FsCheck.Fluent;

namespace SmartCity.City.Tests;

/// <summary>What must hold for every stream of readings, for every built-in kind.</summary>
public sealed class PropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(150);

    /// <summary>A stream is made from a seed, so that a failure prints one number.</summary>
    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    public static TheoryData<string> Kinds() => [.. KindCatalog.BuiltIn.All.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Duplicates_and_replays_change_nothing(string kind) => Check.One(Runs, Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var stream = Stream(kind, random);
        var plain = new Bench(KindCatalog.BuiltIn.Find(kind)!, Context(kind));
        var repeated = new Bench(plain.Kind, plain.Device);
        for (var i = 0; i < stream.Length; i++)
        {
            Feed(plain, stream[i]);
            Feed(repeated, stream[i]);
            if (random.Next(3) == 0)
            {
                // what a gateway sends again after a broken connection: some of the last few readings, in order
                var from = Math.Max(0, i - random.Next(8));
                for (var again = from; again <= i; again++)
                {
                    Feed(repeated, stream[again]);
                }
            }

            if (random.Next(10) == 0)
            {
                repeated.Reload();
            }
        }

        Assert.Equal(Facts(plain), Facts(repeated));
    }));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Ticks_between_readings_change_only_when_a_thing_is_said(string kind) => Check.One(Runs, Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var stream = Stream(kind, random);
        var plain = new Bench(KindCatalog.BuiltIn.Find(kind)!, Context(kind));
        var ticked = new Bench(plain.Kind, plain.Device);
        for (var i = 0; i < stream.Length; i++)
        {
            Feed(plain, stream[i]);
            Feed(ticked, stream[i]);
            if (i + 1 < stream.Length)
            {
                // three intervals is when silence begins, which only ticks may say; these streams have no such gap
                ticked.Tick(stream[i].At + (random.NextDouble() * (stream[i + 1].At - stream[i].At) * 0.99));
            }
        }

        // a hold that is still open at the end is the last tick's business
        plain.Tick(stream[^1].At + 1);
        ticked.Tick(stream[^1].At + 1);
        Assert.Equal(Facts(plain), Facts(ticked));
    }));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_snapshot_comes_back_whole_and_cut_anywhere_is_refused(string kind) => Check.One(Config.QuickThrowOnFailure.WithMaxTest(20), Prop.ForAll(Seeds, seed => ComesBack(kind, seed)));

    /// <summary>The hour of a damaged snapshot lay before all time.</summary>
    [Fact]
    public void A_snapshot_whose_hour_is_damaged_is_lived_with() => ComesBack("environment_station", 1421563327);

    private static void ComesBack(string kind, int seed)
    {
        var random = new Random(seed);
        var bench = new Bench(KindCatalog.BuiltIn.Find(kind)!, Context(kind));
        foreach (var reading in Stream(kind, random))
        {
            Feed(bench, reading);
        }

        var bytes = bench.Snapshot();
        Assert.Equal(bytes, bench.Reload().Snapshot());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Null(DeviceState.TryRead(bytes.AsSpan(0, length), bench.Kind));
        }

        Assert.Null(DeviceState.TryRead([.. bytes, 7], bench.Kind));
        for (var i = 0; i < 200; i++)
        {
            var damaged = bytes.ToArray();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (DeviceState.TryRead(damaged, bench.Kind) is { } state)
            {
                // whatever it says, the step must live with it
                var sink = new ChangeSink();
                var row = new double[bench.Kind.Metrics.Count];
                new DeviceLogic(bench.Kind).Apply(bench.Device, state, new ReadingView(Bench.At(1e7), Bench.At(1e7), row), sink);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Any_stamp_and_any_value_is_lived_with(string kind) => Check.One(Runs, Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var catalog = KindCatalog.BuiltIn.Find(kind)!;
        var (logic, state, sink, device) = (new DeviceLogic(catalog), new DeviceState(catalog), new ChangeSink(), Context(kind));
        long[] stamps = [long.MinValue, -1, 0, 1, Bench.Start, Bench.Start + 1, long.MaxValue - 1, long.MaxValue];
        double[] values = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.MinValue, 0, -0.0, 1, 1e-320];
        for (var i = 0; i < 100; i++)
        {
            var row = new double[catalog.Metrics.Count];
            for (var m = 0; m < row.Length; m++)
            {
                row[m] = values[random.Next(values.Length)];
            }

            logic.Apply(device, state, new ReadingView(stamps[random.Next(stamps.Length)], stamps[random.Next(stamps.Length)], row), sink);
            logic.Tick(device, state, new TickView(stamps[random.Next(stamps.Length)], true, 0), sink);
            logic.Describe(device, state);
        }
    }));

    [Fact]
    public void An_edited_kind_keeps_what_still_fits()
    {
        const string Yaml = """
            kind: test
            title: { vi: v, en: v }
            lane: telemetry
            interval: 10s
            metrics:
              a: { type: float, min: 0, max: 100, title: { vi: a, en: a } }
              b: { type: float, min: 0, max: 100, title: { vi: b, en: b } }
            rules:
              - { name: high-a, type: threshold, metric: a, above: 10 }
              - { name: high-b, type: threshold, metric: b, above: 10 }
            """;
        var old = new Bench(KindCatalog.Load([("t", Yaml)]).Find("test")!);
        old.Read(0, ("a", 50), ("b", 60));

        // a is gone, b is second now, its rule has moved and there is a new one
        var edited = KindCatalog.Load([("t", Yaml
            .Replace("  a:", "  c:", StringComparison.Ordinal)
            .Replace("name: high-a, type: threshold, metric: a", "name: high-c, type: contact, equals: 1, metric: c", StringComparison.Ordinal)
            .Replace(", above: 10 }\n  - { name: high-b", " }\n  - { name: high-b", StringComparison.Ordinal))]).Find("test")!;
        var state = DeviceState.TryRead(old.Snapshot(), edited)!;
        Assert.True(double.IsNaN(state.Value(0)));
        Assert.Equal(60, state.Value(1));
        var sink = new ChangeSink();
        new DeviceLogic(edited).Apply(new DeviceContext(edited, "dev-1"), state, new ReadingView(Bench.At(10), Bench.At(10), [double.NaN, 5]), sink);
        Assert.Equal(("high-b", AlertChangeKind.Cleared), (sink.Changes.Single().Rule, sink.Changes.Single().What));
        Assert.Equal(old.Changes[1].AlertId, sink.Changes.Single().AlertId);
    }

    private static SortedSet<string> Facts(Bench bench) =>
    [
        .. bench.Changes.Select(c => $"{c.AlertId} {c.Cause}"),
        .. bench.Signals.Select(s => $"{s.Kind} {s.On} {s.Rule} {s.MeasuredAt} {s.Late}"),
    ];

    private static DeviceContext Context(string kind) => new(
        KindCatalog.BuiltIn.Find(kind)!, "dev-1", "zone-1", true, new Dictionary<string, double>(StringComparer.Ordinal) { ["I"] = 4, ["III"] = 6.5 })
    {
        Latitude = 19.8,
        Longitude = 105.78,
    };

    private static void Feed(Bench bench, (double At, (string, double)[] Values) reading) => bench.Read(reading.At, reading.Values);

    private static (double At, (string Metric, double Value)[] Values)[] Stream(string name, Random random)
    {
        var kind = KindCatalog.BuiltIn.Find(name)!;
        var interval = kind.Interval.TotalSeconds;
        var stream = new (double, (string, double)[])[120];
        var at = 0.0;
        var level = kind.Metrics.Select(_ => random.NextDouble()).ToArray();
        for (var i = 0; i < stream.Length; i++)
        {
            at += interval * (random.Next(4) == 0 ? random.NextDouble() * 2.9 : 1);
            var values = new List<(string, double)>();
            for (var m = 0; m < level.Length; m++)
            {
                var metric = kind.Metrics[m];
                level[m] = random.Next(5) == 0 ? random.NextDouble() : Math.Clamp(level[m] + ((random.NextDouble() - 0.5) * 0.1), 0, 1);
                var value = metric.Minimum + (level[m] * Math.Min(metric.Maximum - metric.Minimum, 300));
                if (random.Next(6) != 0)
                {
                    values.Add((metric.Name, metric.Type == MetricType.Float ? value : Math.Round(value)));
                }
            }

            stream[i] = (Math.Round(at, 3), [.. values]);
        }

        return stream;
    }
}
