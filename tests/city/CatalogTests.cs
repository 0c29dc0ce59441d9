using System.Text;
using SmartCity.Telemetry;

namespace SmartCity.City.Tests;

public sealed class CatalogTests
{
    private const string Pump = """
        kind: pump
        title: { vi: Bơm, en: Pump }
        lane: telemetry
        interval: 30s
        metrics:
          flow_l_s: { type: float, unit: l/s, min: 0, max: 100, title: { vi: Lưu lượng, en: Flow } }
        rules:
          - { name: dry, type: threshold, alert: pump, metric: flow_l_s, below: 1, clear: 2, hold: 1m }
        """;

    [Fact]
    public void All_kinds_of_the_brief_are_built_in_and_the_alarm_lane_carries_fire_and_water()
    {
        string[] expected =
        [
            "camera", "environment_station", "fire_detector", "manhole", "manual_call_point", "power_cabinet", "rain_gauge",
            "streetlight", "traffic_counter", "waste_bin", "water_level", "wifi_access_point",
        ];
        Assert.Equal(expected, KindCatalog.BuiltIn.All.Select(k => k.Name));
        Assert.Equal(
            ["fire_detector", "manual_call_point", "water_level"],
            KindCatalog.BuiltIn.All.Where(k => k.Lane == Lane.Alarm).Select(k => k.Name));
        Assert.All(KindCatalog.BuiltIn.All, k => Assert.Contains(k.Rules, r => r is SilenceRule));
    }

    [Fact]
    public void Looking_up_by_bytes_finds_the_same_and_allocates_nothing()
    {
        var catalog = KindCatalog.BuiltIn;
        var kind = catalog.Find("environment_station")!;
        Assert.Same(kind, catalog.Find("environment_station"u8));
        Assert.Null(catalog.Find("nothing"u8));
        Assert.Equal(kind.IndexOf("pm10_ug_m3"), kind.IndexOf("pm10_ug_m3"u8));
        Assert.Equal(-1, kind.IndexOf("pm10"u8));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            catalog.Find("environment_station"u8)!.IndexOf("co_ug_m3"u8);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_city_adds_and_replaces_kinds_by_data_alone()
    {
        var lamp = Pump.Replace("kind: pump", "kind: streetlight", StringComparison.Ordinal);
        var catalog = KindCatalog.BuiltIn.With([("pump.yaml", Pump), ("lamp.yaml", lamp)]);
        Assert.Equal(13, catalog.All.Count);
        Assert.Equal("flow_l_s", catalog.Find("streetlight"u8)!.Metrics[0].Name);
        Assert.NotEqual(catalog.Find("streetlight")!.Fingerprint, KindCatalog.BuiltIn.Find("streetlight")!.Fingerprint);
        Assert.Equal(TimeSpan.FromSeconds(30), catalog.Find("pump")!.Interval);
        Assert.Same(KindCatalog.BuiltIn.Find("camera"), catalog.Find("camera"));
    }

    [Theory]
    [InlineData("kind: pump", "kind: Pump", "pump.yaml:1: kind: 'Pump' is not an identifier; use 1-63 of a-z 0-9 - _")]
    [InlineData("lane: telemetry", "lane: fast", "pump.yaml:3: lane: 'fast' is not known; write one of telemetry, alarm")]
    [InlineData("lane: telemetry\n", "", "lane: is missing; add 'lane: …'")]
    [InlineData("interval: 30s", "interval: 30", "pump.yaml:4: interval: '30' is not a duration of at most a year; write for instance 30s, 5m or 3h")]
    [InlineData("min: 0", "min: many", "pump.yaml:6: metrics.flow_l_s.min: 'many' is not a number")]
    [InlineData("min: 0", "min: 200", "pump.yaml:6: metrics.flow_l_s.min: is above max; swap them")]
    [InlineData("min: 0, ", "", "metrics.flow_l_s.min: is missing")]
    [InlineData("metric: flow_l_s", "metric: flow", "pump.yaml:8: rules[1].metric: 'flow' is no metric of this kind; declare it under metrics or write one of flow_l_s")]
    [InlineData("type: threshold", "type: treshold", "rules[1].type: 'treshold' is no type of rule; write one of threshold")]
    [InlineData("hold: 1m", "hodl: 1m", "rules[1].hodl: is not known here; remove it or write one of")]
    [InlineData("clear: 2", "clear: 0", "rules[1].clear: must be at or above 'below'; raise it")]
    [InlineData("type: float", "type: string", "rules[1].metric: 'flow_l_s' is text, which no rule reads")]
    [InlineData("rules:", "rulez:", "pump.yaml:7: rulez: is not known here")]
    [InlineData("vi: Bơm, ", "", "title.vi: is missing")]
    [InlineData("{ vi: Bơm", "{ vi: 'Bơm", "pump.yaml:")]
    public void A_mistake_is_named_with_file_line_key_and_fix(string good, string bad, string expected)
    {
        Assert.Contains(good, Pump, StringComparison.Ordinal);
        var e = Assert.Throws<KindException>(() => KindCatalog.Load([("pump.yaml", Pump.Replace(good, bad, StringComparison.Ordinal))]));
        Assert.Contains(e.Faults, f => f.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void All_mistakes_are_told_at_once_and_two_files_may_not_claim_one_kind()
    {
        var e = Assert.Throws<KindException>(() => KindCatalog.Load(
            [("a.yaml", Pump), ("b.yaml", Pump), ("c.yaml", Pump.Replace("min: 0, max: 100", "min: x, max: y", StringComparison.Ordinal))]));
        Assert.Equal(3, e.Faults.Count);
        Assert.Contains("b.yaml:1: kind: 'pump' is also in a.yaml; keep one of them", e.Faults);
    }

    [Fact]
    public void Identifiers_compare_alike_as_text_and_as_bytes()
    {
        var comparer = IdentifierComparer.Instance;
        foreach (var id in new[] { "a", "lamp-0001", "x_9", new string('z', 63) })
        {
            var bytes = Encoding.UTF8.GetBytes(id);
            Assert.Equal(comparer.GetHashCode(id), comparer.GetHashCode(bytes));
            Assert.True(comparer.Equals(bytes, id));
            Assert.False(comparer.Equals(bytes, id + "1"));
            Assert.Equal(id, comparer.Create(bytes));
        }
    }
}
