using System.Diagnostics;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Lights;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>Two servers on one book in PostgreSQL: what one does stands in the other's memory and on its streams.</summary>
public sealed class TwoBooksTests(PostgresBookTests.Server server) : IAsyncLifetime
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Queue<BookNews> _heard = new();
    private readonly SemaphoreSlim _more = new(0);
    private CityBook _one = null!;
    private CityBook _two = null!;

    public async ValueTask InitializeAsync()
    {
        var address = $"{(await server.StartedAsync()).Address};Search Path=s_{Guid.NewGuid():N}";
        _one = await OpenAsync();
        _two = await OpenAsync();
        _two.ForeignChange += news =>
        {
            lock (_heard)
            {
                _heard.Enqueue(news);
            }

            _more.Release();
            return Task.CompletedTask;
        };

        Task<CityBook> OpenAsync() => CityBook.OpenAsync(new BookOptions { Path = "/nowhere", Postgres = address, Readers = 2 }, TimeProvider.System, _ => true);
    }

    public async ValueTask DisposeAsync()
    {
        if (_one is not null)
        {
            await _one.DisposeAsync();
            await _two.DisposeAsync();
        }

        _more.Dispose();
    }

    [Fact]
    public async Task An_alert_of_one_is_on_the_others_stream_within_a_second_and_no_stream_is_closed()
    {
        using var live = _two.Events.Subscribe(capacity: 1_000);
        await _one.CommitAsync(BookRig.Commit(BookRig.Change("warm-up")), Cancel);
        await NextAsync(live, 1);
        var watch = Stopwatch.StartNew();
        await _one.CommitAsync(BookRig.Commit(BookRig.Change("a1")), Cancel);
        var heard = await NextAsync(live, 2);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal("fire", heard.Kind);

        // Both write at once, as often as they can: each hears every step once, in order, its own among them.
        using var own = _one.Events.Subscribe(capacity: 1_000);
        await Task.WhenAll(from book in new[] { _one, _two }
                           select Task.Run(async () =>
        {
            for (var n = 0; n < 50; n++)
            {
                await book.CommitAsync(BookRig.Commit(BookRig.Change("b", $"{(book == _one ? "one" : "two")}.{n}")), Cancel);
            }
        }));
        for (var number = 3; number <= 102; number++)
        {
            await NextAsync(live, number);
            await NextAsync(own, number);
        }

        Assert.Equal(0, _one.Events.Overflows + _two.Events.Overflows);
        Assert.Equal(2, _one.Events.Subscribers + _two.Events.Subscribers);
    }

    [Fact]
    public async Task Only_what_is_named_is_looked_at_and_what_concerns_nobody_is_not_told()
    {
        // Snapshots and cursors, a record of who did what, a webhook's progress: the writer's own business.
        await _one.CommitAsync(new(Lane.Alarm, new LogCursor(BookRig.Log, Lane.Alarm, 10), [], []), Cancel);
        await _one.Store.WriteAsync(t => t.Audit(1, "an", "look", "x"), Cancel);
        await _one.Store.WriteAsync(t => t.Sql.Execute("UPDATE users SET disabled = 1 WHERE name = $1", "nobody"), Cancel); // changed nothing

        await _one.Registry.PutAsync(new RegistryEdits { Zones = [new() { Id = "z-9" }], Gateways = [new() { Id = "gw-1" }] }, "an", Cancel);
        var news = await NewsAsync();
        Assert.Equal(["gateway/gw-1", "zone/z-9"], news.Keys(BookAreas.Registry)!.Order());
        Assert.False(news.Has(BookAreas.Alerts) || news.Has(BookAreas.Commands));
        Assert.NotNull(_two.Registry.FindZone("z-9"));
        Assert.True(_two.Registry.Current.Gateways.ContainsKey("gw-1"));

        await _one.Commands.AddAsync("lamp-1", "gw-1", System.Text.Json.JsonElement.Parse("{}"), TimeSpan.FromMinutes(1), "an", Cancel);
        Assert.Equal(["gw-1"], (await NewsAsync()).Keys(BookAreas.Commands)!);

        await _one.Reports.KeepAsync(_one.Reports.Read("gw-1", System.Text.Json.JsonElement.Parse("""{"version":7,"lamps":{"lamp-1":{"target":50}}}""")), Cancel);
        Assert.Equal(["gw-1"], (await NewsAsync()).Keys(BookAreas.Reports)!);
        Assert.Equal(50, _two.Reports.Find("gw-1")!.Find("lamp-1")!.Target);

        await _one.Store.WriteAsync(
            t =>
            {
                t.Sql.Execute("INSERT INTO users(name, roles, created_at, changed_at) VALUES ($1, '[]', 1, 1)", "lan");
                t.Touches(BookAreas.Zones, "zone/z-9");
                t.Touches(BookAreas.Servers);
            },
            Cancel);
        news = await NewsAsync();
        Assert.Null(news.Keys(BookAreas.Identity));
        Assert.Null(news.Keys(BookAreas.Servers));
        Assert.Equal(["zone/z-9"], news.Keys(BookAreas.Zones)!);
        Assert.False(news.Has(BookAreas.Registry));
    }

    [Fact]
    public async Task What_an_officer_says_of_a_zone_at_one_the_other_tells_its_gateways()
    {
        var told = new TaskCompletionSource<string>();
        _two.ZoneActs.Changed = place => told.TrySetResult(place);
        await _one.CommitAsync(BookRig.Commit(BookRig.Change("p1", kind: "fire-prealarm")), Cancel);
        Assert.IsType<ActResult.Done>(await _one.Alerts.ActAsync("p1", AlertAct.Acknowledge, 1, "lan", _ => true, null, null, Cancel));
        Assert.Equal("zone/z-1", await told.Task.WaitAsync(Patience, Cancel));
        Assert.Equal(_one.ZoneActs.Find("zone/z-1"), _two.ZoneActs.Find("zone/z-1"));
    }

    [Fact]
    public async Task What_one_plans_rules_or_orders_stands_in_the_others_memory()
    {
        var now = Instant.From(DateTimeOffset.UtcNow);
        Assert.IsType<MaintenanceResult.Done>(await _one.Maintenance.AddAsync(
            new MaintenanceWindow { Id = 0, Scope = MaintenanceScope.Zone, Target = "z-1", Mode = MaintenanceMode.Test, From = now - 1, To = now + 60_000_000_000, By = "lan", CreatedAt = now }, Cancel));
        Assert.Null((await NewsAsync()).Keys(BookAreas.Maintenance));
        Assert.Equal("z-1", Assert.Single(_two.Maintenance.Running(now)).Target);
        Assert.Equal(_one.Maintenance.Term(now), _two.Maintenance.Term(now));

        Assert.IsType<EscalationResult.Done>(await _one.Escalation.PutAsync(new Dictionary<string, EscalationRule?> { ["fire"] = new(10, 10) }, 0, "lan", Cancel));
        Assert.Null((await NewsAsync()).Keys(BookAreas.Escalation));
        Assert.Equal(10, _two.Escalation.Rules.Rules["fire"]!.AfterSeconds);

        Assert.Null(await _one.Lighting.PutAsync(LightKind.Setting, "city", null, """{"minimum":30}""", null, "lan", Cancel));
        Assert.Null((await NewsAsync()).Keys(BookAreas.Lighting));
        Assert.Contains(_two.Lighting.Current.Items, i => i.Key == (LightKind.Setting, "city"));
    }

    [Fact]
    public async Task Who_changes_the_registry_begins_from_what_the_other_has_just_written()
    {
        await _one.Registry.PutAsync(new RegistryEdits { Zones = [new() { Id = "z-1", Name = "0" }] }, "an", Cancel);
        await Task.WhenAll(from book in new[] { _one, _two }
                           select Task.Run(async () =>
        {
            for (var n = 1; n <= 20; n++)
            {
                await book.Registry.PutAsync(new RegistryEdits { Zones = [new() { Id = "z-1", Name = $"{(book == _one ? "one" : "two")} {n}" }] }, "an", Cancel);
            }
        }));

        // No change has been written over one that its writer had not seen: each is a revision of its own.
        Assert.Equal(41, await _one.Store.ReadAsync(sql => sql.Number("SELECT revision FROM zones WHERE id = 'z-1'"), Cancel));
    }

    private static async Task<BookEvent> NextAsync(BookEvents.Subscription live, long number)
    {
        var happened = await live.Events.ReadAsync(Cancel).AsTask().WaitAsync(Patience, Cancel);
        Assert.Equal(number, happened.Sequence);
        return happened;
    }

    private async Task<BookNews> NewsAsync()
    {
        Assert.True(await _more.WaitAsync(Patience, Cancel));
        lock (_heard)
        {
            return _heard.Dequeue();
        }
    }
}
