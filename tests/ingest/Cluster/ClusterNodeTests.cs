using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cluster;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Cluster;

/// <summary>Two servers over one real PostgreSQL: who holds what, who leads, and who may write.</summary>
public sealed class ClusterNodeTests(PostgresBookTests.Server server)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_server_leads_and_each_start_is_another_incarnation()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        Assert.Equal((true, false, 1L, 1L), (a.Node.IsLeader, b.Node.IsLeader, a.Node.Incarnation, b.Node.Incarnation));
        Assert.Equal(["a", "b"], b.Node.Servers.Select(s => s.Name));
        Assert.False(a.Node.IsAlone);

        // What no session names is the leader's.
        Assert.True(a.Node.Holds(null, Lane.Telemetry) && a.Node.Holds("never-here", Lane.Alarm));
        Assert.False(b.Node.Holds(null, Lane.Telemetry) || b.Node.Holds("never-here", Lane.Alarm));
    }

    [Fact]
    public async Task A_gateway_that_turns_to_the_other_server_is_held_there_at_once_and_lost_here()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        await a.Node.TakeAsync("gw", Cancel);
        await a.Node.TakeAsync("gw.alarm", Cancel);
        Assert.True(a.Node.Holds("gw", Lane.Telemetry) && a.Node.Holds("gw", Lane.Alarm));

        await b.Node.TakeAsync("gw.alarm", Cancel);
        Assert.True(b.Node.Holds("gw", Lane.Alarm));
        Assert.False(b.Node.Holds("gw", Lane.Telemetry));

        // The other server's next write knows, before it does anything.
        var held = await a.Book.Store.WriteAsync(_ => (a.Node.Holds("gw", Lane.Telemetry), a.Node.Holds("gw", Lane.Alarm)), Cancel);
        Assert.Equal((true, false), held);
        await Eventually.TrueAsync(() => a.Lost.Contains("gw.alarm"));
        Assert.DoesNotContain("gw", a.Lost);
        Assert.Equal(("a", "b"), (b.Node.HolderOf("gw", Lane.Telemetry), a.Node.HolderOf("gw", Lane.Alarm)));
        Assert.Equal(((1, 0), (0, 1)), (a.Node.SessionsOf("a"), a.Node.SessionsOf("b")));
    }

    [Fact]
    public async Task What_a_gateways_devices_left_is_read_before_it_is_let_in()
    {
        await using var rig = await OpenAsync();
        await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        var read = new TaskCompletionSource();
        b.Adopt = () => read.Task;
        var taking = b.Node.TakeAsync("gw", Cancel);
        await Eventually.TrueAsync(() => rig.HolderAsync("gw").Result == "b");
        Assert.False(b.Node.Holds("gw", Lane.Telemetry) || taking.IsCompleted);

        // Who comes again meanwhile waits for the same, and it is read once.
        var again = b.Node.TakeAsync("gw", Cancel);
        read.SetResult();
        await Task.WhenAll(taking, again);
        Assert.True(b.Node.Holds("gw", Lane.Telemetry));
        await b.Node.TakeAsync("gw", Cancel);
        Assert.Equal(["gw"], b.Adopted);

        // A book that cannot be read lets nobody in, and the next attempt reads again.
        b.Adopt = () => throw new BookException("away");
        await Assert.ThrowsAsync<BookException>(() => b.Node.TakeAsync("other", Cancel));
        Assert.False(b.Node.Holds("other", Lane.Telemetry));
        b.Adopt = () => Task.CompletedTask;
        await b.Node.TakeAsync("other", Cancel);
        Assert.True(b.Node.Holds("other", Lane.Telemetry));
    }

    [Fact]
    public async Task A_gateway_that_went_and_came_back_while_it_is_adopted_is_let_in_only_with_what_was_left_since()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        var (reads, first) = (0, new TaskCompletionSource());
        a.Adopt = () => Interlocked.Increment(ref reads) == 1 ? first.Task : Task.CompletedTask;
        var early = a.Node.TakeAsync("gw.alarm", Cancel);
        await Eventually.TrueAsync(() => Volatile.Read(ref reads) == 1);
        await b.Node.TakeAsync("gw.alarm", Cancel);
        var late = a.Node.TakeAsync("gw.alarm", Cancel);
        await Eventually.TrueAsync(() => rig.HolderAsync("gw.alarm").Result == "a" && a.Node.EpochOf("gw", Lane.Alarm) == 3);
        first.SetResult();
        await Task.WhenAll(early, late);
        Assert.Equal(2, Volatile.Read(ref reads));
        Assert.True(a.Node.Holds("gw", Lane.Alarm));
    }

    [Fact]
    public async Task A_gateway_that_did_not_wait_for_a_slow_book_is_not_taken_away_from_where_it_went()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        await b.Node.TakeAsync("gw.alarm", Cancel);
        using var slow = new ManualResetEventSlim();
        var writing = a.Book.Store.WriteAsync(_ => slow.Wait(TimeSpan.FromSeconds(2), Cancel), Cancel);
        using var gone = new CancellationTokenSource();
        var taking = a.Node.TakeAsync("gw.alarm", gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking);
        slow.Set();
        await writing;
        await a.Node.TakeAsync("other", Cancel);
        Assert.Equal("b", await rig.HolderAsync("gw.alarm"));
    }

    [Fact]
    public async Task Whoever_takes_last_holds_alone_however_many_take_at_once()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        var clients = Enumerable.Range(0, 40).Select(n => $"gw-{n}").ToList();
        var random = new Random(1);
        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(clients.SelectMany(c => new[] { a, b }.OrderBy(_ => random.Next()).Select(p => p.Node.TakeAsync(c, Cancel))));

            // Under the lock both know the same.
            var ofA = await a.Book.Store.WriteAsync(_ => clients.Where(c => a.Node.HolderOf(c, Lane.Telemetry) == "a").ToHashSet(), Cancel);
            var ofB = await b.Book.Store.WriteAsync(_ => clients.Where(c => b.Node.HolderOf(c, Lane.Telemetry) == "b").ToHashSet(), Cancel);
            Assert.Equal(clients.Order(StringComparer.Ordinal), ofA.Concat(ofB).Order(StringComparer.Ordinal));
            foreach (var client in clients)
            {
                Assert.Equal(ofA.Contains(client) ? "a" : "b", await rig.HolderAsync(client));
                await Eventually.TrueAsync(() => a.Node.Holds(client, Lane.Telemetry) == ofA.Contains(client) && b.Node.Holds(client, Lane.Telemetry) == ofB.Contains(client));
            }
        }
    }

    [Fact]
    public async Task A_city_that_comes_back_after_a_power_cut_is_let_in_within_seconds()
    {
        await using var rig = await OpenAsync();
        await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        var clients = Enumerable.Range(0, 10_000).Select(n => $"gw-{n / 2}{(n % 2 == 0 ? "" : ".alarm")}").ToList();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Task.WhenAll(clients.Select(c => b.Node.TakeAsync(c, Cancel)));
        Assert.Equal((5_000, 5_000), b.Node.SessionsOf("b"));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
        TestContext.Current.SendDiagnosticMessage($"10,000 sessions taken in {watch.Elapsed.TotalSeconds:F2} s");
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_fenced_and_writes_nothing_when_it_wakes()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        await a.Node.TakeAsync("gw", Cancel);
        await rig.PassAsync(6, a, b);
        await rig.PassAsync(6, b);
        Assert.Equal("a", await rig.HolderAsync("gw"));
        await rig.PassAsync(1, b);
        Assert.Equal("b", await rig.HolderAsync("gw"));
        await Eventually.TrueAsync(() => b.Node.Holds("gw", Lane.Telemetry) && b.Node.IsLeader);
        Assert.Equal(["*", "gw"], b.Adopted.Order(StringComparer.Ordinal));
        Assert.Equal((true, false), b.Node.Servers.Select(s => s.Fenced).ToArray() is [var first, var second] ? (first, second) : default);

        // It wakes: whatever it wanted to write is not written, and it is told once.
        var refused = await Assert.ThrowsAsync<BookSupersededException>(() => a.Book.Store.WriteAsync(t => t.Audit(1, "a", "awake", "x"), Cancel));
        Assert.StartsWith("superseded", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<BookSupersededException>(() => a.Node.TakeAsync("gw", Cancel));
        await Assert.ThrowsAsync<BookSupersededException>(() => a.Book.CommitAsync(BookRig.Commit(BookRig.Change("a1")), Cancel));
        await Eventually.TrueAsync(() => a.Ended.Count == 1 && !a.Node.IsLeader);
        Assert.Empty(await rig.Book.Store.ReadAsync(sql => sql.AuditOf("x", 9), Cancel));
        Assert.Null(await rig.Book.Store.ReadAsync(sql => sql.Find("a1"), Cancel));

        // Its next incarnation is an honest one.
        var next = await rig.StartAsync("a", a.Log);
        Assert.Equal((2L, false), (next.Node.Incarnation, next.Node.IsLeader));
        Assert.False(next.Node.Holds("gw", Lane.Telemetry));
        await next.Book.Store.WriteAsync(t => t.Audit(2, "a", "new", "x"), Cancel);
        Assert.StartsWith("superseded: server a has started again", (await Assert.ThrowsAsync<BookSupersededException>(() => a.Book.Store.WriteAsync(_ => { }, Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_was_forgotten_writes_nothing_in_the_name_of_the_one_that_was_set_up_in_its_place()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        await rig.PassAsync(6, a, b);
        await rig.PassAsync(7, b); // a hangs
        await ClusterBook.ForgetAsync(rig.Book.Store, "a", "lan", TimeProvider.System, Cancel);
        var anew = await rig.StartAsync("a");
        Assert.Equal(a.Node.Incarnation, anew.Node.Incarnation);
        await Assert.ThrowsAsync<BookSupersededException>(() => a.Book.Store.WriteAsync(_ => 0, Cancel));
        await anew.Book.Store.WriteAsync(_ => 0, Cancel);
        await Eventually.TrueAsync(() => a.Ended.Count == 1 && anew.Ended.IsEmpty);
    }

    [Fact]
    public async Task Nobody_is_fenced_because_the_book_was_away()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        var b = await rig.StartAsync("b");
        await rig.PassAsync(3, a, b);

        // For half a minute nobody reaches the book; then one is a little faster than the other.
        await rig.PassAsync(30);
        await rig.PassAsync(5, b);
        Assert.All(b.Node.Servers, s => Assert.False(s.Fenced));
        await rig.PassAsync(10, a, b);
        Assert.All(b.Node.Servers, s => Assert.False(s.Fenced));
        Assert.True(a.Node.IsLeader);
    }

    [Fact]
    public async Task A_server_that_leaves_is_not_waited_for_and_finds_its_sessions_if_nobody_took_them()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        await a.Node.TakeAsync("gw", Cancel);
        await a.DisposeAsync();
        var again = await rig.StartAsync("a", a.Log);
        Assert.True(again.Node.IsLeader && again.Node.Holds("gw", Lane.Telemetry));
        var b = await rig.StartAsync("b");
        await rig.PassAsync(7, again, b);
        await again.DisposeAsync();
        await rig.PassAsync(1, b);
        await Eventually.TrueAsync(() => b.Node.IsLeader && b.Node.Holds("gw", Lane.Telemetry));
    }

    [Fact]
    public async Task A_name_is_one_servers_and_a_city_has_one_authority()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        var foreign = await Assert.ThrowsAsync<BookException>(() => rig.StartAsync("b", ca: "another"));
        Assert.Contains("Copy the folder ca and the file webhooks.key", foreign.Message, StringComparison.Ordinal);

        // Another folder under the same name: refused as soon as the one that runs is heard again.
        var second = rig.StartAsync("a");
        while (!second.IsCompleted)
        {
            await rig.PassAsync(1, a);
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Contains("cluster.name", (await Assert.ThrowsAsync<BookException>(() => second)).Message, StringComparison.Ordinal);

        // The one that ran is dead: after a few seconds it is believed.
        await a.DieAsync();
        var third = rig.StartAsync("a");
        while (!third.IsCompleted)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(2, (await third).Node.Incarnation);
    }

    [Fact]
    public async Task Servers_that_run_beside_each_other_are_of_one_flavour()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        var refused = (await Assert.ThrowsAsync<BookException>(() => rig.StartAsync("b", flavour: "orleans"))).Message;
        Assert.Contains("flavour \"orleans\"", refused, StringComparison.Ordinal);
        Assert.Contains("server a is \"embedded\"", refused, StringComparison.Ordinal);
        Assert.Equal(0, await rig.Book.Store.ReadAsync(sql => sql.Number("SELECT count(*) FROM servers WHERE name = 'b'"), Cancel));

        // One that is gone stands in nobody's way, and is refused when it comes back as what it was.
        await a.DieAsync();
        await rig.PassAsync(7);
        await rig.StartAsync("b", flavour: "orleans");
        Assert.Contains("server b is \"orleans\"", (await Assert.ThrowsAsync<BookException>(() => rig.StartAsync("a", a.Log))).Message, StringComparison.Ordinal);
        await rig.StartAsync("a", a.Log, flavour: "orleans");

        // A server of a program that did not say it yet.
        await rig.Book.Store.WriteAsync(t => t.Sql.Execute("UPDATE servers SET flavour = NULL"), Cancel);
        await rig.StartAsync("c");
    }

    [Fact]
    public async Task Draining_saves_then_gives_everything_to_the_other_and_the_book_knows_who_asked()
    {
        await using var rig = await OpenAsync();
        var a = await rig.StartAsync("a");
        Assert.Contains("No other server", (await Assert.ThrowsAsync<BookException>(() => DrainAsync("a", true))).Message, StringComparison.Ordinal);
        var b = await rig.StartAsync("b");
        await a.Node.TakeAsync("gw", Cancel);
        await b.Node.TakeAsync("gw-2", Cancel);
        var saved = "";
        a.Node.Leaving += _ =>
        {
            saved = $"led {a.Node.IsLeader}, held {a.Node.Holds("gw", Lane.Telemetry)}";
            return Task.CompletedTask;
        };
        await DrainAsync("a", true);
        await rig.PassAsync(1, a, b);
        await Eventually.TrueAsync(() => rig.HolderAsync("gw").Result == "b");
        Assert.Equal("led True, held True", saved);
        await Eventually.TrueAsync(() => a.Node.IsDraining && !a.Node.IsLeader && !a.Node.Holds("gw", Lane.Telemetry));
        await Eventually.TrueAsync(() => a.Lost.Contains("gw")); // one that was just being let in when all were sent away
        await rig.PassAsync(1, a, b);
        await Eventually.TrueAsync(() => b.Node.IsLeader && b.Node.Holds("gw", Lane.Telemetry));
        Assert.Equal("lan", Assert.Single(await rig.Book.Store.ReadAsync(sql => sql.AuditOf("server/a", 9), Cancel)).Who);
        Assert.Contains("No other server", (await Assert.ThrowsAsync<BookException>(() => DrainAsync("b", true))).Message, StringComparison.Ordinal);

        // It may think better of it; and when the other one dies it takes everything back by itself.
        await DrainAsync("a", false);
        await rig.PassAsync(1, a, b);
        Assert.False(a.Node.IsDraining);
        await DrainAsync("a", true);
        await rig.PassAsync(8, a);
        await Eventually.TrueAsync(() => !a.Node.IsDraining || a.Node.Servers.All(s => !s.Draining));
        await rig.PassAsync(1, a);
        await Eventually.TrueAsync(() => a.Node.IsLeader && a.Node.Holds("gw", Lane.Telemetry) && a.Node.Holds("gw-2", Lane.Telemetry));

        Task DrainAsync(string name, bool drain) => ClusterBook.OrderDrainAsync(rig.Book.Store, name, drain, "lan", TimeProvider.System, Cancel);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_happens_in_whatever_order_a_server_knows_under_the_lock_what_it_holds_and_two_never_hold_one(int seed)
    {
        await using var rig = await OpenAsync();
        var random = new Random(seed);
        var names = new[] { "a", "b", "c" };
        var running = new Dictionary<string, Peer>();
        var logs = names.ToDictionary(n => n, _ => Guid.NewGuid());
        var over = new List<Peer>();
        var clients = Enumerable.Range(0, 12).Select(n => $"gw-{n / 2}{(n % 2 == 0 ? "" : ".alarm")}").ToList();
        foreach (var name in names)
        {
            running[name] = await rig.StartAsync(name, logs[name]);
        }

        for (var step = 0; step < 60; step++)
        {
            var peer = running.Values.ElementAt(random.Next(running.Count));
            switch (random.Next(10))
            {
                case < 5:
                    await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => running.Values.ElementAt(random.Next(running.Count)).Node.TakeAsync(clients[random.Next(clients.Count)], Cancel)));
                    break;
                case 5 when running.Count > 1:
                    // It is stopped for long; whoever was heard meanwhile takes over.
                    running.Remove(peer.Node.Name);
                    over.Add(peer);
                    await rig.PassAsync(14, [.. running.Values]);
                    break;
                case 6 when running.Count > 1:
                    running.Remove(peer.Node.Name);
                    await peer.DisposeAsync();
                    break;
                case 7 when names.FirstOrDefault(n => !running.ContainsKey(n)) is { } back:
                    running[back] = await rig.StartAsync(back, logs[back]);
                    break;
                case 8 when running.Count > 1:
                    await Record.ExceptionAsync(() => ClusterBook.OrderDrainAsync(rig.Book.Store, peer.Node.Name, drain: random.Next(2) == 0, "lan", TimeProvider.System, Cancel));
                    await rig.PassAsync(2, [.. running.Values]);
                    break;
                default:
                    await rig.PassAsync(1, [.. running.Values]);
                    break;
            }

            // In a turn of its own each knows what the book says; nobody else writes meanwhile.
            foreach (var one in running.Values)
            {
                await one.Book.Store.WriteAsync(
                    t =>
                    {
                        foreach (var (client, holder) in t.Sql.Query("SELECT client, server FROM gateway_sessions", r => (r.GetString(0), r.GetString(1))))
                        {
                            var (gateway, lane) = Seats.Of(client);
                            Assert.Equal(holder, one.Node.HolderOf(gateway, lane));
                            Assert.True(holder == one.Node.Name || !one.Node.Holds(gateway, lane), $"{client} is {holder}'s, and {one.Node.Name} holds it, step {step}");
                        }
                    },
                    Cancel);
            }

            foreach (var late in over)
            {
                await Assert.ThrowsAsync<BookSupersededException>(() => late.Book.Store.WriteAsync(t => t.Audit(1, late.Node.Name, "awake", "x"), Cancel));
            }

            Assert.True(running.Values.Count(p => p.Node.IsLeader) <= 1, $"two lead, step {step}");
        }

        // In the end somebody leads, and every session is a living server's.
        await rig.PassAsync(8, [.. running.Values]);
        await Eventually.TrueAsync(() => running.Values.Count(p => p.Node.IsLeader) == 1);
        foreach (var client in clients)
        {
            await running.Values.First(p => !p.Node.IsDraining).Node.TakeAsync(client, Cancel);
            Assert.Contains((await rig.HolderAsync(client))!, running.Keys);
        }

        Assert.Empty(await rig.Book.Store.ReadAsync(sql => sql.AuditOf("x", 9), Cancel));
    }

    private async Task<ClusterRig> OpenAsync() => await ClusterRig.OpenAsync(await server.StartedAsync());
}
