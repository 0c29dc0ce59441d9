using SmartCity.City;
using SmartCity.Ingest.Delivery;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Delivery;

/// <summary>Everything arrives, in order, whatever a receiver does; and nobody waits for another.</summary>
public sealed class WorkerTests
{
    private static readonly Attempt Ok = new(204, null);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>What a receiver may do instead of answering well, for an hour.</summary>
    public static TheoryData<string, int?> Faults() => new()
    {
        { "refuses the connection", null },
        { "resets in the middle of its answer", null },
        { "answers 500", 500 },
        { "answers 503", 503 },
        { "is too busy", 429 },
        { "times out by its own word", 408 },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_receiver_that_was_down_for_an_hour_gets_everything_once_it_is_back_in_order(string fault, int? status)
    {
        await using var rig = await DeliveryRig.StartAsync();
        var back = rig.Time.GetUtcNow().AddHours(1);
        rig.Post.Answer = (_, _) => Task.FromResult(rig.Time.GetUtcNow() < back ? new Attempt(status, fault) : Ok);
        var hook = await rig.HookAsync("sms");
        await rig.RaiseAsync(0, 40);
        await rig.UntilAsync(() => rig.Service.Progress(hook.Id)?.FailingSince is not null);
        for (var minute = 0; minute < 10; minute++)
        {
            await rig.RaiseAsync(40 + (minute * 6), 6);
            for (var second = 0; second < 360; second++)
            {
                rig.Time.Advance(Second);
                if (second % 20 == 0)
                {
                    await Task.Delay(1); // the worker has turns of its own: an hour that passes while it has none is no hour of tries
                }
            }
        }

        await rig.UntilAsync(() => rig.Post.Taken.Count > 0, Second, fault);
        var asked = rig.Time.GetUtcNow();
        await rig.UntilAsync(() => rig.Post.Taken.Count >= 100, what: fault); // the clock does not run while they are delivered
        Assert.Equal(Enumerable.Range(1, 100).Select(n => (long)n), rig.Post.Taken.Select(l => l.Event));
        Assert.Equal(100, rig.Post.Taken.Select(l => l.Id).Distinct().Count());
        Assert.True(asked < back.AddMinutes(10), "five minutes after it is back at the latest it is asked again");
        Assert.InRange(rig.Post.Tries.Count - 100, 10, 60); // an hour of waits that grow to 2.5–5 min, not a storm of tries
        Assert.Single(rig.Post.Tries.Take(rig.Post.Tries.Count - 100).Select(l => l.Id).Distinct());
        await rig.UntilAsync(() => rig.CountAsync(hook).GetAwaiter().GetResult() == (0, 0));
        Assert.Null(rig.Service.Progress(hook.Id)!.FailingSince);
        Assert.Null(rig.Service.Progress(hook.Id)!.LastError);
    }

    [Fact]
    public async Task A_receiver_that_never_answers_delays_no_other()
    {
        await using var rig = await DeliveryRig.StartAsync();
        rig.Post.Answer = async (letter, cancel) =>
        {
            if (letter.Host == "dead.example")
            {
                await Task.Delay(Timeout.Infinite, cancel);
            }

            return Ok;
        };
        for (var n = 0; n < 5; n++)
        {
            await rig.HookAsync("dead");
        }

        await rig.HookAsync("well");
        await rig.RaiseAsync(0, 200);
        await rig.UntilAsync(() => rig.Post.TakenBy("well").Count() == 200); // the clock has not moved
        Assert.Equal(Enumerable.Range(1, 200).Select(n => (long)n), rig.Post.TakenBy("well").Select(l => l.Event));
        Assert.Empty(rig.Post.TakenBy("dead"));
    }

    [Fact]
    public async Task A_process_that_ends_at_any_event_leaves_none_out()
    {
        await using var rig = await DeliveryRig.StartAsync();
        await rig.HookAsync("sms");
        var random = new Random(4711);
        var raised = 0;
        for (var round = 0; round < 12; round++)
        {
            var stop = rig.Post.Taken.Count + random.Next(0, 7);
            await rig.RaiseAsync(raised, 7);
            raised += 7;
            await rig.UntilAsync(() => rig.Post.Taken.Count >= stop);
            await rig.RestartAsync();
        }

        await rig.UntilAsync(() => rig.Post.Taken.Select(l => l.Event).Distinct().Count() == raised);
        Assert.Equal(Enumerable.Range(1, raised).Select(n => (long)n), rig.Post.Taken.Select(l => l.Event).Distinct()); // first occurrences in order
        Assert.All(rig.Post.Taken.GroupBy(l => l.Event), g => Assert.Single(g.Select(l => l.Id).Distinct()));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(410)]
    [InlineData(422)]
    public async Task What_a_receiver_refuses_three_times_is_a_dead_letter_and_the_next_goes_on(int status)
    {
        await using var rig = await DeliveryRig.StartAsync();
        rig.Post.Answer = (letter, _) => Task.FromResult(letter.Event == 2 ? new Attempt(status, $"The receiver answered {status}: no") : Ok);
        var hook = await rig.HookAsync("sms");
        await rig.RaiseAsync(0, 4);
        await rig.UntilAsync(() => rig.Post.Taken.Count == 3, Second);
        Assert.Equal([1L, 3, 4], rig.Post.Taken.Select(l => l.Event));
        Assert.Equal(3, rig.Post.Tries.Count(l => l.Event == 2));
        var dead = Assert.Single(await rig.Service.Book.DeliveriesAsync(hook, 4, dead: true, waiting: true, 0, 10, CancellationToken.None));
        Assert.Equal((2L, "dead", 3L, status), (dead.Event, dead.State, dead.Attempts, dead.Status));

        // Somebody mends the receiver and asks for it again: it has the id that it always had.
        var first = rig.Post.Tries.First(l => l.Event == 2).Id;
        rig.Post.Answer = (_, _) => Task.FromResult(Ok);
        Assert.Equal(1, await rig.Service.Book.AskAgainAsync(hook.Id, 2, "test", CancellationToken.None));
        rig.Service.TryNow(hook.Id, again: true);
        await rig.UntilAsync(() => rig.Post.Taken.Count == 4);
        Assert.Equal((2L, first), (rig.Post.Taken.Last().Event, rig.Post.Taken.Last().Id));
        await rig.UntilAsync(() => rig.CountAsync(hook).GetAwaiter().GetResult() == (0, 0));
    }

    [Fact]
    public async Task A_redirect_is_a_dead_letter_at_once()
    {
        await using var rig = await DeliveryRig.StartAsync();
        rig.Post.Answer = (letter, _) => Task.FromResult(letter.Event == 1 ? new Attempt(302, "elsewhere") : Ok);
        var hook = await rig.HookAsync("sms");
        await rig.RaiseAsync(0, 2);
        await rig.UntilAsync(() => rig.Post.Taken.Count == 1); // the clock has not moved
        await rig.UntilAsync(() => rig.CountAsync(hook).GetAwaiter().GetResult() == (0, 1));
        Assert.Single(rig.Post.Tries, l => l.Event == 1);
    }

    [Fact]
    public async Task After_seven_days_an_event_is_given_up_and_a_later_one_is_not()
    {
        await using var rig = await DeliveryRig.StartAsync();
        rig.Post.Answer = (_, _) => Task.FromResult(new Attempt(null, "No connection: ConnectionRefused."));
        var hook = await rig.HookAsync("sms");
        await rig.RaiseAsync(0, 1);
        await rig.UntilAsync(() => rig.Post.Tries.Count > 0);
        rig.Time.Advance(TimeSpan.FromDays(6));
        await rig.RaiseAsync(1, 1);
        await rig.UntilAsync(() => rig.CountAsync(hook).GetAwaiter().GetResult() is { Dead: 1 }, TimeSpan.FromMinutes(5), "the dead letter");
        await rig.UntilAsync(() => rig.CountAsync(hook).GetAwaiter().GetResult() == (1, 1));
        rig.Post.Answer = (_, _) => Task.FromResult(Ok);
        await rig.UntilAsync(() => rig.Post.Taken.Count == 1, TimeSpan.FromMinutes(1));
        Assert.Equal(2, rig.Post.Taken.Single().Event);
    }

    [Fact]
    public async Task A_receiver_that_asks_to_be_left_alone_is()
    {
        await using var rig = await DeliveryRig.StartAsync();
        var began = rig.Time.GetUtcNow();
        rig.Post.Answer = (_, _) => Task.FromResult(rig.Post.Tries.Count == 1 ? new Attempt(429, "busy", TimeSpan.FromMinutes(2)) : Ok);
        await rig.HookAsync("sms");
        await rig.RaiseAsync(0, 1);
        await rig.UntilAsync(() => rig.Post.Tries.Count == 1);
        await rig.UntilAsync(() => rig.Post.Taken.Count == 1, TimeSpan.FromMilliseconds(500));
        Assert.InRange(rig.Time.GetUtcNow() - began, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(3));
    }

    [Fact]
    public async Task The_oldest_dead_letters_give_way_and_are_counted()
    {
        await using var rig = await DeliveryRig.StartAsync(new DeliveryOptions { MaximumDead = 3 });
        rig.Post.Answer = (_, _) => Task.FromResult(new Attempt(301, "elsewhere"));
        var hook = await rig.HookAsync("sms");
        await rig.RaiseAsync(0, 8);
        await rig.UntilAsync(() => rig.Service.Progress(hook.Id)!.Evicted == 5);
        var dead = await rig.Service.Book.DeliveriesAsync(hook, 8, dead: true, waiting: false, 0, 10, CancellationToken.None);
        Assert.Equal([6L, 7, 8], dead.Select(d => d.Event));
    }

    [Fact]
    public async Task A_webhook_gets_what_it_asks_for_and_only_from_its_beginning_on()
    {
        await using var rig = await DeliveryRig.StartAsync();
        await rig.RaiseAsync(0, 3);
        var all = await rig.HookAsync("all");
        await rig.HookAsync("fires", h => h with { Kinds = ["fire"], MinimumSeverity = Severity.Major });
        await rig.HookAsync("ends", h => h with { Steps = ["resolved"] });
        async Task SayAsync(params SmartCity.City.AlertChange[] changes) => await rig.Store.Book.CommitAsync(BookRig.Commit(changes), CancellationToken.None);
        await SayAsync(BookRig.Change("f1"));                                                            // 4
        await SayAsync(BookRig.Change("f2", severity: Severity.Minor));                                  // 5
        await SayAsync(BookRig.Change("b1", kind: "battery", severity: Severity.Minor, autoResolve: true)); // 6
        await SayAsync(BookRig.Change("b1", "end", AlertChangeKind.Cleared, "battery", Severity.Minor, autoResolve: true)); // 7
        await rig.UntilAsync(() => rig.Post.TakenBy("all").Count() == 4 && rig.Post.TakenBy("ends").Any());
        Assert.Equal([4L, 5, 6, 7], rig.Post.TakenBy("all").Select(l => l.Event));
        Assert.Equal([4L], rig.Post.TakenBy("fires").Select(l => l.Event));
        Assert.Equal([7L], rig.Post.TakenBy("ends").Select(l => l.Event));

        // Off and on again: what happened in between was not wanted.
        await ChangeAsync(rig, all with { Enabled = false });
        await SayAsync(BookRig.Change("f3"));
        await ChangeAsync(rig, all with { Enabled = true });
        await SayAsync(BookRig.Change("f4"));
        await rig.UntilAsync(() => rig.Post.TakenBy("all").Count() == 5);
        Assert.Equal(9, rig.Post.TakenBy("all").Last().Event);
    }

    [Fact]
    public async Task After_a_new_secret_both_sign_for_a_day()
    {
        await using var rig = await DeliveryRig.StartAsync();
        var hook = await rig.HookAsync("sms");
        await rig.RaiseAsync(0, 1);
        await rig.UntilAsync(() => rig.Post.Taken.Count == 1);
        await rig.Service.ChangeAsync(
            hook.Id,
            async () =>
            {
                await rig.Service.Book.RotateAsync(hook.Id, "test", CancellationToken.None);
                return true;
            },
            CancellationToken.None);
        await rig.RaiseAsync(1, 1);
        await rig.UntilAsync(() => rig.Post.Taken.Count == 2);
        rig.Time.Advance(TimeSpan.FromHours(25));
        await rig.RaiseAsync(2, 1);
        await rig.UntilAsync(() => rig.Post.Taken.Count == 3);
        Assert.Equal([1, 2, 1], rig.Post.Taken.Select(l => l.Signatures));
    }

    [Fact]
    public async Task A_change_is_tried_at_once_and_removal_ends_it()
    {
        await using var rig = await DeliveryRig.StartAsync();
        rig.Post.Answer = (letter, _) => Task.FromResult(letter.Host == "wrong.example" ? new Attempt(null, "No connection: HostNotFound.") : Ok);
        var hook = await rig.HookAsync("wrong");
        await rig.RaiseAsync(0, 2);
        await rig.UntilAsync(() => rig.Post.Tries.Count >= 1);
        await ChangeAsync(rig, hook with { Url = new Uri("https://right.example/in") });
        await rig.UntilAsync(() => rig.Post.TakenBy("right").Count() == 2); // the clock has not moved
        Assert.True(await rig.Service.ChangeAsync(hook.Id, () => rig.Service.Book.RemoveAsync(hook.Id, "test", CancellationToken.None), CancellationToken.None));
        await rig.RaiseAsync(2, 1);
        Assert.Null(rig.Service.Progress(hook.Id));
        Assert.Empty(rig.Service.Samples());
    }

    [Fact]
    public async Task A_receiver_that_takes_a_trial_is_well_again_though_nothing_waits()
    {
        await using var rig = await DeliveryRig.StartAsync();
        rig.Post.Answer = (_, _) => Task.FromResult(new Attempt(302, "elsewhere"));
        var hook = await rig.HookAsync("sms");
        await rig.RaiseAsync(0, 1);
        await rig.UntilAsync(() => rig.CountAsync(hook).GetAwaiter().GetResult() == (0, 1));
        Assert.NotNull(rig.Service.Progress(hook.Id)!.FailingSince);
        rig.Post.Answer = (_, _) => Task.FromResult(Ok);
        Assert.True((await rig.Service.TestAsync(hook, "test", CancellationToken.None))!.Value.Attempt.Delivered);
        await rig.UntilAsync(() => rig.Service.Progress(hook.Id)!.FailingSince is null);
    }

    private static Task ChangeAsync(DeliveryRig rig, Webhook hook) =>
        rig.Service.ChangeAsync(hook.Id, () => rig.Service.Book.ChangeAsync(hook, null, "test", CancellationToken.None), CancellationToken.None);
}
