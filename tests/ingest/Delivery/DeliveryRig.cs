using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Ingest.Delivery;
using SmartCity.Ingest.OnCall;
using SmartCity.Ingest.Tests.Book;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Delivery;

/// <summary>Delivery over a real book and a clock that a test moves; receivers are functions.</summary>
internal sealed class DeliveryRig : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private DeliverySeams _seams = null!;
    private DeliveryOptions _options = null!;
    private int _hooks;

    public BookRig Store { get; private init; } = null!;

    public FakeTime Time => Store.Time;

    public DeliveryService Service { get; private set; } = null!;

    public Post Post { get; } = new();

    public static async Task<DeliveryRig> StartAsync(DeliveryOptions? options = null, Func<OutgoingEvent, IReadOnlyList<RotaMember>?>? notify = null)
    {
        var rig = new DeliveryRig { Store = await BookRig.OpenAsync(), _options = options ?? new DeliveryOptions() };
        rig._seams = new DeliverySeams { City = "Thanh Hóa", Sender = () => new Postman(rig.Post), Notify = (e, _) => Task.FromResult(notify?.Invoke(e)) };
        await rig.AgainAsync();
        return rig;
    }

    /// <summary>The service of a process that has just started on the same book.</summary>
    public async Task AgainAsync()
    {
        Service = new DeliveryService(
            Store.Book, WebhookSecrets.OpenOrCreate(Path.Combine(Store.Folder, "webhooks.key")), _seams, _options, Time, NullLogger<DeliveryService>.Instance);
        await Service.StartAsync(CancellationToken.None);
    }

    public async Task RestartAsync()
    {
        await Service.DisposeAsync();
        await AgainAsync();
    }

    /// <summary>A new webhook; its host is its name.</summary>
    public async Task<Webhook> HookAsync(string name, Func<Webhook, Webhook>? with = null)
    {
        var hook = (with ?? (h => h))(new Webhook { Id = $"wh_{++_hooks}", Name = name, Url = new Uri($"https://{name}.example/in") });
        Assert.True(await Service.ChangeAsync(hook.Id, () => Service.Book.AddAsync(hook, _options.MaximumWebhooks, "test", CancellationToken.None), CancellationToken.None));
        return hook;
    }

    /// <summary>Raises alerts, an event each.</summary>
    public async Task RaiseAsync(int from, int count)
    {
        for (var n = from; n < from + count; n++)
        {
            await Store.Book.CommitAsync(BookRig.Commit(BookRig.Change(FormattableString.Invariant($"alert-{n}"))), CancellationToken.None);
        }
    }

    public async Task<(long Behind, long Dead)> CountAsync(Webhook hook) =>
        await Service.Book.CountAsync(hook, (Service.Progress(hook.Id) ?? (await Service.Book.FindAsync(hook.Id, CancellationToken.None))!.Value.Progress).Position, 10_000, CancellationToken.None);

    /// <summary>Waits for what other threads do, without moving the clock, or moving it so much at every look.</summary>
    public async Task UntilAsync(Func<bool> condition, TimeSpan step = default, string what = "it")
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < Patience, $"{what} did not happen; the clock stands at {Time.GetUtcNow():O}, delivered: {string.Join(' ', Post.Taken.Select(t => t.Event))}");
            if (step > TimeSpan.Zero)
            {
                Time.Advance(step);
            }

            await Task.Delay(1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await Store.DisposeAsync();
    }
}

/// <summary>What reached a receiver.</summary>
/// <param name="Host">Which receiver.</param>
/// <param name="Id">Header webhook-id.</param>
/// <param name="Body">As sent.</param>
/// <param name="Signatures">How many keys signed.</param>
internal sealed record Letter(string Host, string Id, JsonElement Body, int Signatures)
{
    public long Event => Body.TryGetProperty("event", out var number) ? number.GetInt64() : 0;
}

/// <summary>All receivers of a test: what they answer, and what they took.</summary>
internal sealed class Post
{
    private readonly ConcurrentQueue<Letter> _tries = new();
    private readonly ConcurrentQueue<Letter> _taken = new();

    /// <summary>The answer to a letter: 204 unless a test says otherwise; an exception is a broken connection; it may never come.</summary>
    public Func<Letter, CancellationToken, Task<Attempt>> Answer { get; set; } = (_, _) => Task.FromResult(new Attempt(204, null));

    public IReadOnlyCollection<Letter> Tries => _tries;

    public IReadOnlyCollection<Letter> Taken => _taken;

    public IEnumerable<Letter> TakenBy(string name) => _taken.Where(l => l.Host == name + ".example");

    public async Task<Attempt> SendAsync(Letter letter, CancellationToken cancel)
    {
        _tries.Enqueue(letter);
        var attempt = await Answer(letter, cancel);
        if (attempt.Delivered)
        {
            _taken.Enqueue(letter);
        }

        return attempt;
    }
}

internal sealed class Postman(Post post) : IWebhookSender
{
    public Task<Attempt> SendAsync(Uri url, string id, ReadOnlyMemory<byte> body, IReadOnlyList<byte[]> keys, CancellationToken cancel) =>
        post.SendAsync(new Letter(url.Host, id, JsonElement.Parse(body.Span), keys.Count), cancel);

    public void Dispose()
    {
    }
}
