using System.IO.Compression;
using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Tests.Api;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Tests.Views;

public sealed class CityMapTests : IAsyncLifetime
{
    private readonly Dictionary<string, (long, long)> _heard = [];
    private ApiRig _rig = null!;
    private CityMap _map = null!;

    public async ValueTask InitializeAsync()
    {
        _rig = await ApiRig.StartAsync();
        _map = new CityMap(_rig.Services with { Heard = id => _heard.TryGetValue(id, out var at) ? at : null });
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Theory]
    [InlineData(-1, "never")]
    [InlineData(0, "ok")]
    [InlineData(180, "ok")]
    [InlineData(181, "stale")]
    public async Task Without_an_alert_three_intervals_decide(int secondsAgo, string expected)
    {
        await PutAsync("lamp-1", "streetlight"); // reports every 60 s
        if (secondsAgo >= 0)
        {
            Hear("lamp-1", secondsAgo);
        }

        Assert.Equal(expected, await StateAsync("lamp-1"));
    }

    [Fact]
    public async Task What_a_server_that_does_not_answer_should_know_is_not_said_to_be_silent()
    {
        await PutAsync("lamp-1", "streetlight");
        await PutAsync("lamp-2", "streetlight");
        await PutAsync("lamp-3", "streetlight");
        Hear("lamp-1", 181);
        Hear("lamp-2", 10);
        var answers = false;
        var map = new CityMap(_rig.Services with
        {
            Heard = id => _heard.TryGetValue(id, out var at) ? at : null,
            Unanswered = _ => answers ? null : "south",
        });
        Assert.Equal(["unknown", "ok", "unknown"], (await map.CurrentAsync(CancellationToken.None)).Rows.Select(r => MapStates.Words[(int)r.State]));
        answers = true;
        _rig.Store.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["stale", "ok", "never"], (await map.CurrentAsync(CancellationToken.None)).Rows.Select(r => MapStates.Words[(int)r.State]));
        answers = false;
        await _rig.RaiseAsync(BookRig.Change("a-1", kind: "lamp", severity: Severity.Minor, device: "lamp-1", zone: null));
        _rig.Store.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("minor", MapStates.Words[(int)(await map.CurrentAsync(CancellationToken.None)).Rows[0].State]); // alerts are the book's
    }

    [Fact]
    public async Task A_device_that_passes_from_one_server_to_another_was_heard_when_it_was()
    {
        await PutAsync("lamp-1", "streetlight");
        Hear("lamp-1", 10);
        Assert.Equal("ok", await StateAsync("lamp-1"));
        _heard.Clear();
        Assert.Equal("ok", await StateAsync("lamp-1"));
    }

    public static TheoryData<string, (Severity Severity, bool Test)[]> Alerts => new()
    {
        { "info", [(Severity.Info, false)] },
        { "minor", [(Severity.Minor, false), (Severity.Info, false)] },
        { "major", [(Severity.Minor, false), (Severity.Major, false)] },
        { "critical", [(Severity.Critical, false), (Severity.Major, false)] },
        { "test", [(Severity.Critical, true)] },
        { "info", [(Severity.Critical, true), (Severity.Info, false)] }, // a test hides nothing live
    };

    [Theory]
    [MemberData(nameof(Alerts))]
    public async Task The_worst_open_alert_is_what_is_seen(string expected, (Severity Severity, bool Test)[] open)
    {
        await PutAsync("lamp-1", "streetlight");
        foreach (var (i, (severity, test)) in open.Index())
        {
            await _rig.RaiseAsync(BookRig.Change($"a-{i}", kind: "lamp", severity: severity, device: "lamp-1", zone: null));
            if (test)
            {
                await _rig.Book.Store.WriteAsync(t => t.Sql.Execute("UPDATE alerts SET test = 1 WHERE id = $1", $"a-{i}"), CancellationToken.None);
            }
        }

        Assert.Equal(expected, await StateAsync("lamp-1"));
    }

    [Fact]
    public async Task A_fire_that_names_no_device_is_seen_on_everything_in_its_zone_and_on_nothing_else()
    {
        await _rig.Book.Registry.PutAsync(new() { Zones = [new() { Id = "z-1" }, new() { Id = "z-2" }] }, "test", CancellationToken.None);
        await PutAsync("det-1", "fire_detector", "z-1");
        await PutAsync("det-2", "fire_detector", "z-1");
        await PutAsync("det-3", "fire_detector", "z-2");
        foreach (var id in (string[])["det-1", "det-2", "det-3"])
        {
            Hear(id, 0);
        }

        await _rig.RaiseAsync(BookRig.Change("f-1", device: null, zone: "z-1"), BookRig.Change("f-2", kind: "door", severity: Severity.Minor, device: "det-3", zone: "z-2", autoResolve: true));
        var burning = await FrameAsync();
        Assert.Equal(["critical", "critical", "minor"], burning.Rows.Select(r => MapStates.Words[(int)r.State]));

        await _rig.RaiseAsync(BookRig.Change("f-2", "cleared:1", AlertChangeKind.Cleared, "door", Severity.Minor, "det-3", "z-2", autoResolve: true));
        Assert.Equal(["critical", "critical", "ok"], (await FrameAsync()).Rows.Select(r => MapStates.Words[(int)r.State]));
    }

    [Fact]
    public async Task A_fire_is_seen_on_the_detectors_that_spoke_of_it()
    {
        await _rig.Book.Registry.PutAsync(new() { Zones = [new() { Id = "z-1" }] }, "test", CancellationToken.None);
        foreach (var id in (string[])["det-1", "det-2", "det-3"])
        {
            await PutAsync(id, "fire_detector", "z-1");
            Hear(id, 0);
        }

        await _rig.RaiseAsync(BookRig.Change("f-1", device: "det-1", zone: "z-1"));
        Assert.Equal(["critical", "ok", "ok"], (await FrameAsync()).Rows.Select(r => MapStates.Words[(int)r.State]));

        await _rig.RaiseAsync(BookRig.Change("f-1", "seen:det-3", AlertChangeKind.Updated, device: "det-3", zone: "z-1"));
        Assert.Equal(["critical", "ok", "critical"], (await FrameAsync()).Rows.Select(r => MapStates.Words[(int)r.State]));
    }

    [Fact]
    public async Task Who_has_seen_a_version_gets_what_changed_since_and_who_has_seen_none_of_ours_gets_all()
    {
        await PutAsync("lamp-1", "streetlight");
        await PutAsync("lamp-2", "streetlight");
        Hear("lamp-1", 0);
        Hear("lamp-2", 0);
        var first = await FrameAsync();
        Assert.Equal((true, 2), Read(first.After(null)));
        Assert.Equal((false, 0), Read(first.After(first.Version)));
        Assert.Equal((true, 2), Read(first.After(first.Version - 1)));
        Assert.Equal((true, 2), Read(first.After(first.Version + 1)));
        Assert.Equal((true, 2), Read(first.After(0)));

        Assert.Equal(first.Version, (await FrameAsync()).Version); // nothing happened

        await _rig.RaiseAsync(BookRig.Change("a-1", kind: "lamp", severity: Severity.Minor, device: "lamp-1", zone: null));
        var second = await FrameAsync();
        Assert.Equal((false, 1), Read(second.After(first.Version)));

        await PutAsync("lamp-3", "streetlight");
        var third = await FrameAsync();
        Assert.Equal((false, 2), Read(third.After(first.Version)));
        Assert.Equal((false, 1), Read(third.After(second.Version)));

        await _rig.Book.Registry.DecommissionDeviceAsync("lamp-2", "test", CancellationToken.None);
        var fourth = await FrameAsync();
        Assert.Equal((true, 2), Read(fourth.After(third.Version)));
        Assert.Equal((false, 0), Read(fourth.After(fourth.Version)));
    }

    [Fact]
    public async Task It_is_computed_at_most_once_a_second_whoever_asks()
    {
        await PutAsync("lamp-1", "streetlight");
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _map.CurrentAsync(CancellationToken.None).AsTask()));
        Assert.Equal(1, _map.Computed);
        _rig.Store.Time.Advance(TimeSpan.FromMilliseconds(999));
        await _map.CurrentAsync(CancellationToken.None);
        Assert.Equal(1, _map.Computed);
        _rig.Store.Time.Advance(TimeSpan.FromMilliseconds(1));
        await _map.CurrentAsync(CancellationToken.None);
        Assert.Equal(2, _map.Computed);
    }

    [Fact]
    public async Task A_device_without_a_place_stands_where_its_gateway_or_its_zone_does()
    {
        await _rig.Book.Registry.PutAsync(
            new()
            {
                Zones = [new() { Id = "z-1", Lat = 19.9, Lon = 105.9 }],
                Gateways = [new() { Id = "gw-1", Lat = 19.8, Lon = 105.8 }, new() { Id = "gw-2" }],
                Devices =
                [
                    new() { Id = "a", Kind = "streetlight", Gateway = "gw-1", Zone = "z-1", Lat = 19.7, Lon = 105.7 },
                    new() { Id = "b", Kind = "streetlight", Gateway = "gw-1", Zone = "z-1" },
                    new() { Id = "c", Kind = "streetlight", Gateway = "gw-2", Zone = "z-1" },
                    new() { Id = "d", Kind = "streetlight", Gateway = "gw-2" },
                ],
            },
            "test",
            CancellationToken.None);
        Assert.Equal([19.7, 19.8, 19.9, null], (await FrameAsync()).Rows.Select(r => r.Lat));
    }

    [Fact]
    public async Task Ten_thousand_devices_are_less_than_a_megabyte()
    {
        for (var batch = 0; batch < 2; batch++)
        {
            await _rig.Book.Registry.PutAsync(
                new() { Devices = [.. Enumerable.Range(batch * 5000, 5000).Select(i => new DeviceEdit { Id = $"ward-03-streetlight-{i:D5}", Kind = "streetlight", Lat = 19.800123 + (i * 1e-5), Lon = 105.770456 - (i * 1e-5) })] },
                "test",
                CancellationToken.None);
        }

        for (var i = 0; i < 10_000; i++)
        {
            Hear($"ward-03-streetlight-{i:D5}", i % 300);
        }

        var frame = await FrameAsync();
        Assert.Equal(10_000, frame.Rows.Length);
        Assert.InRange(frame.Full.Plain.Length, 1, 1_000_000);
        Assert.InRange(frame.Full.Brotli.Length, 1, 200_000);
        Assert.Equal(frame.Full.Plain, Unpack(new GZipStream(new MemoryStream(frame.Full.Gzip), CompressionMode.Decompress)));
        Assert.Equal(frame.Full.Plain, Unpack(new BrotliStream(new MemoryStream(frame.Full.Brotli), CompressionMode.Decompress)));
    }

    [Theory]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("br;q=0, gzip;q=0.5", "gzip")]
    [InlineData("GZIP;q=1", "gzip")]
    [InlineData("deflate, *;q=0.1", null)]
    [InlineData("", null)]
    [InlineData(";;,=,q", null)]
    public void The_encoding_is_one_that_the_caller_takes(string accept, string? expected) => Assert.Equal(expected, PackedJson.Choose(accept));

    private static (bool Full, int Rows) Read(PackedJson json)
    {
        using var document = JsonDocument.Parse(json.Plain);
        return (document.RootElement.GetProperty("full").GetBoolean(), document.RootElement.GetProperty("devices").GetArrayLength());
    }

    private static byte[] Unpack(Stream packed)
    {
        using var to = new MemoryStream();
        packed.CopyTo(to);
        packed.Dispose();
        return to.ToArray();
    }

    private void Hear(string device, int secondsAgo)
    {
        var at = Instant.From(_rig.Store.Time.GetUtcNow().AddSeconds(-secondsAgo));
        _heard[device] = (at, at);
    }

    private Task PutAsync(string id, string kind, string? zone = null) =>
        _rig.Book.Registry.PutAsync(new() { Devices = [new() { Id = id, Kind = kind, Zone = zone }] }, "test", CancellationToken.None);

    // A second later, so that it is computed anew. What was heard keeps its age.
    private async Task<MapFrame> FrameAsync()
    {
        _rig.Store.Time.Advance(TimeSpan.FromSeconds(1));
        foreach (var (id, (measured, received)) in _heard.ToList())
        {
            _heard[id] = (measured + 1_000_000_000, received + 1_000_000_000);
        }

        return await _map.CurrentAsync(CancellationToken.None);
    }

    private async Task<string> StateAsync(string device) => MapStates.Words[(int)(await FrameAsync()).Rows.Single(r => r.Id == device).State];
}
