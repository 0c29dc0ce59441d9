using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Ingest.Delivery;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Delivery;

/// <summary>Two servers of one book: one delivers, and when the other takes over nothing is left out and nothing comes under another id.</summary>
public sealed class LeaderTests
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Fact]
    public async Task The_leader_alone_delivers_and_who_takes_over_goes_on_where_it_stood()
    {
        await using var rig = await Two.StartAsync();
        var hook = await rig.HookAsync("sms");
        rig.Lead(0);
        await rig.Rig.RaiseAsync(0, 40);
        await rig.UntilAsync(() => rig.Post.Taken.Count == 40);
        Assert.Equal([1, 0], rig.Services.Select(s => s.Workers.Count));

        // Given away in order: nothing comes twice.
        rig.Lead(-1);
        await rig.UntilAsync(() => rig.Services[0].Workers.Count == 0 && rig.Services[0].Book.FindAsync(hook.Id, Cancel).GetAwaiter().GetResult()!.Value.Progress.Position == 40);
        rig.Lead(1);
        await rig.UntilAsync(() => rig.Services[1].Workers.Count == 1);
        await rig.Rig.RaiseAsync(40, 40);
        await rig.UntilAsync(() => rig.Post.Taken.Count >= 80);
        Assert.Equal(Enumerable.Range(1, 80).Select(n => (long)n), rig.Post.Taken.Select(l => l.Event));
        await rig.UntilAsync(() => rig.Services[0].Book.FindAsync(hook.Id, Cancel).GetAwaiter().GetResult()!.Value.Progress.Position == 80);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whoever_leads_when_every_event_arrives_under_one_id_and_in_order_but_for_repeats(int seed)
    {
        await using var rig = await Two.StartAsync();
        await rig.HookAsync("sms");
        var chance = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            // Given away in order, or taken while the other believes for a while that it still leads.
            var (leader, before) = (chance.Next(2), chance.Next(3) == 0);
            rig.Lead(leader, also: before ? leader ^ 1 : -1);
            await rig.Rig.RaiseAsync(round * 10, 10);
            if (chance.Next(2) == 0)
            {
                await rig.UntilAsync(() => rig.Post.Taken.Any(l => l.Event == (round * 10) + 5));
            }
        }

        rig.Lead(0);
        await rig.UntilAsync(() => rig.Post.Taken.Select(l => l.Event).Distinct().Count() == 200);
        Assert.All(rig.Post.Taken.GroupBy(l => l.Event), same => Assert.Single(same.Select(l => l.Id).Distinct()));
        Assert.Equal(Enumerable.Range(1, 200).Select(n => (long)n), rig.Post.Taken.Select(l => l.Event).Distinct());
    }

    [Fact]
    public async Task A_leader_that_is_not_sure_of_it_sends_nothing()
    {
        await using var rig = await Two.StartAsync();
        await rig.HookAsync("sms");
        rig.Lead(0);
        await rig.Rig.RaiseAsync(0, 5);
        await rig.UntilAsync(() => rig.Post.Taken.Count == 5);
        rig.IsSure = false;
        await rig.Rig.RaiseAsync(5, 5);
        for (var n = 0; n < 50; n++)
        {
            rig.Rig.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(5, rig.Post.Tries.Count);
        rig.IsSure = true;
        await rig.UntilAsync(() => rig.Post.Taken.Count == 10);
    }

    [Fact]
    public async Task What_the_other_server_changed_is_done_by_the_leader()
    {
        await using var rig = await Two.StartAsync();
        rig.Lead(0);
        var hook = await rig.HookAsync("sms", by: 1);
        Assert.Empty(rig.Services[1].Workers);
        await rig.UntilAsync(() => rig.Services[0].Workers.Count == 1);
        await rig.Services[1].ChangeAsync(hook.Id, () => rig.Services[1].Book.ChangeAsync(hook with { Enabled = false }, null, "an", Cancel), Cancel);
        rig.Services[0].Look(changed: true);
        await rig.UntilAsync(() => rig.Services[0].Workers.Count == 0);
        Assert.Empty(rig.Services[1].Workers);
    }

    private sealed class Two : IAsyncDisposable
    {
        private readonly bool[] _leads = new bool[2];
        private int _hooks;

        public BookRigOf Rig { get; private init; } = null!;

        public Post Post { get; } = new();

        public DeliveryService[] Services { get; private set; } = [];

        public volatile bool IsSure = true;

        public static async Task<Two> StartAsync()
        {
            var two = new Two { Rig = new BookRigOf(await BookRig.OpenAsync()) };
            two.Services = [.. Enumerable.Range(0, 2).Select(two.Make)];
            foreach (var service in two.Services)
            {
                await service.StartAsync(Cancel);
            }

            return two;
        }

        public void Lead(int server, int also = -1)
        {
            for (var n = 0; n < 2; n++)
            {
                Volatile.Write(ref _leads[n], n == server || n == also);
                Services[n].Look(changed: false);
            }
        }

        public async Task<Webhook> HookAsync(string name, int by = 0)
        {
            var hook = new Webhook { Id = $"wh_{++_hooks}", Name = name, Url = new Uri($"https://{name}.example/in") };
            Assert.True(await Services[by].ChangeAsync(hook.Id, () => Services[by].Book.AddAsync(hook, 50, "test", Cancel), Cancel));
            foreach (var service in Services)
            {
                service.Look(changed: true);
            }

            return hook;
        }

        public async Task UntilAsync(Func<bool> condition)
        {
            for (var watch = System.Diagnostics.Stopwatch.StartNew(); !condition();)
            {
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "it did not happen; delivered: " + string.Join(' ', Post.Taken.Select(t => t.Event)));
                Rig.Time.Advance(TimeSpan.FromSeconds(0.1));
                await Task.Delay(1);
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var service in Services)
            {
                await service.DisposeAsync();
            }

            await Rig.Rig.DisposeAsync();
        }

        private DeliveryService Make(int number) => new(
            Rig.Rig.Book,
            WebhookSecrets.OpenOrCreate(Path.Combine(Rig.Rig.Folder, "webhooks.key")),
            new DeliverySeams { Sender = () => new Postman(Post), Leads = () => Volatile.Read(ref _leads[number]), IsSure = () => IsSure },
            new DeliveryOptions(),
            Rig.Time,
            NullLogger<DeliveryService>.Instance);
    }

    private sealed class BookRigOf(BookRig rig)
    {
        public BookRig Rig => rig;

        public SmartCity.TestSupport.FakeTime Time => rig.Time;

        public async Task RaiseAsync(int from, int count)
        {
            for (var n = from; n < from + count; n++)
            {
                await rig.Book.CommitAsync(BookRig.Commit(BookRig.Change(FormattableString.Invariant($"alert-{n}"))), Cancel);
            }
        }
    }
}
