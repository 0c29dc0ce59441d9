using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Delivery;

/// <summary>Runs one task a webhook, and changes them while they run. Of several servers the one that leads does it; it hears from the others when they changed one.</summary>
internal sealed partial class DeliveryService : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly CityBook _city;
    private readonly WebhookSecrets _secrets;
    private readonly DeliverySeams _seams;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly SemaphoreSlim _tests = new(4, 4);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Running> _running = new(StringComparer.Ordinal);
    private Task _pump = Task.CompletedTask;
    private Task _turns = Task.CompletedTask;
    private bool _delivers = true;

    public DeliveryService(CityBook city, WebhookSecrets secrets, DeliverySeams seams, DeliveryOptions options, TimeProvider time, ILogger<DeliveryService> logger)
    {
        (_city, _secrets, _seams, Options, _time, _logger) = (city, secrets, seams, options, time, logger);
        Book = new WebhookBook(city.Store, time);
    }

    public DeliveryOptions Options { get; }

    /// <summary>What the book knows of webhooks.</summary>
    public WebhookBook Book { get; }

    /// <summary>Which addresses may be reached.</summary>
    public AddressPolicy Policy => _seams.Policy;

    /// <summary>Starts every webhook where it stood.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        var all = await Book.ListAsync(cancel);
        if (_secrets.IsNew && all.Count > 0)
        {
            DeliveryLog.NewKey(_logger);
        }

        if (_seams.Leads is null)
        {
            all.ForEach(one => Start(one.Hook, one.Progress));
        }
        else
        {
            _delivers = false;
            _turns = Task.Run(() => TurnsAsync(_seams.Leads, _stop.Token), CancellationToken.None);
        }

        _pump = Task.Run(() => PumpAsync(_stop.Token), CancellationToken.None);
    }

    /// <summary>The secret of a webhook as its receiver needs it.</summary>
    public string Secret(Webhook hook) => _secrets.Text(hook.Id, hook.Generation);

    /// <summary>How far a webhook is; from memory while it runs.</summary>
    public WebhookProgress? Progress(string id)
    {
        lock (_gate)
        {
            return _running.GetValueOrDefault(id)?.Worker.Progress;
        }
    }

    /// <summary>Changes webhooks: the task of this one ends first and begins anew with what the book says then.</summary>
    public async Task<T> ChangeAsync<T>(string id, Func<Task<T>> change, CancellationToken cancel)
    {
        await _changing.WaitAsync(cancel);
        try
        {
            await StopAsync(id);
            try
            {
                return await change();
            }
            finally
            {
                await BeginAsync(id);
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Tries at once.</summary>
    public void TryNow(string id, bool again)
    {
        lock (_gate)
        {
            _running.GetValueOrDefault(id)?.Worker.TryNow(again);
        }
    }

    /// <summary>Sends a trial, now; null when too many trials are under way.</summary>
    public async Task<(Attempt Attempt, TimeSpan Took)?> TestAsync(Webhook hook, string by, CancellationToken cancel)
    {
        if (!await _tests.WaitAsync(TimeSpan.Zero, cancel))
        {
            return null;
        }

        try
        {
            using var sender = Sender();
            var began = _time.GetTimestamp();
            var id = "test_" + Identity.Secrets.Token(96);
            var attempt = await sender.SendAsync(hook.Url, id, WebhookBody.Test(by, _time.GetUtcNow(), _seams.City), Keys(hook), cancel);
            if (attempt.Delivered)
            {
                lock (_gate)
                {
                    _running.GetValueOrDefault(hook.Id)?.Worker.Answered();
                }
            }

            return (attempt, _time.GetElapsedTime(began));
        }
        finally
        {
            _tests.Release();
        }
    }

    /// <summary>Every webhook that runs.</summary>
    public IReadOnlyList<WebhookWorker> Workers
    {
        get
        {
            lock (_gate)
            {
                return [.. _running.Values.Select(r => r.Worker)];
            }
        }
    }

    /// <summary>Figures of every webhook that runs.</summary>
    public IEnumerable<MetricSample> Samples() => DeliveryFigures.Of(Workers, _time.GetUtcNow());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _turns.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _changing.WaitAsync(); // nobody changes any more; never released
        List<string> ids;
        lock (_gate)
        {
            ids = [.. _running.Keys];
        }

        await Task.WhenAll(ids.Select(StopAsync));
        _stop.Dispose();
    }

    private async Task PumpAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                using var subscription = _city.Events.Subscribe();
                WakeAll();
                while (await subscription.Events.WaitToReadAsync(cancel))
                {
                    while (subscription.Events.TryRead(out _))
                    {
                        // It is in the book: that is where everybody reads it.
                    }

                    WakeAll();
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void WakeAll()
    {
        lock (_gate)
        {
            foreach (var running in _running.Values)
            {
                running.Worker.Wake();
            }
        }
    }

    private async Task BeginAsync(string id)
    {
        while (_delivers && !_stop.IsCancellationRequested)
        {
            try
            {
                if (await Book.FindAsync(id, _stop.Token) is var (hook, progress))
                {
                    Start(hook, progress);
                }

                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (BookException e)
            {
                DeliveryLog.NotRead(_logger, e.Message);
                await Task.Delay(RetryAfter, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Start(Webhook hook, WebhookProgress progress)
    {
        if (!hook.Enabled)
        {
            return;
        }

        var sender = Sender();
        var worker = new WebhookWorker(hook, progress, Book, sender, BodyAsync, Keys, _seams.IsSure, Options, _time, _logger);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        lock (_gate)
        {
            _running[hook.Id] = new Running(worker, sender, stop, Task.Run(() => worker.RunAsync(stop.Token), CancellationToken.None));
        }
    }

    private async Task StopAsync(string id)
    {
        Running? running;
        lock (_gate)
        {
            _running.Remove(id, out running);
        }

        if (running is not null)
        {
            await running.Stop.CancelAsync();
            await running.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            running.Sender.Dispose();
            running.Stop.Dispose();
        }
    }

    private IWebhookSender Sender() =>
        _seams.Sender?.Invoke() ?? new WebhookSender(GuardedHttp.Create(Policy, GuardedHttp.Resolver, Options.Timeout), Policy, Options, _time);

    private async Task<ReadOnlyMemory<byte>> BodyAsync(OutgoingEvent happened, CancellationToken cancel) =>
        WebhookBody.Of(happened, await _seams.Notify(happened, cancel), _seams.City);

    private List<byte[]> Keys(Webhook hook)
    {
        var keys = new List<byte[]> { _secrets.Key(hook.Id, hook.Generation) };
        if (hook.RotatedAt is { } at && Instant.ToMoment(at) + Options.OldSecretFor > _time.GetUtcNow())
        {
            keys.Add(_secrets.Key(hook.Id, hook.Generation - 1));
        }

        return keys;
    }

    private sealed record Running(WebhookWorker Worker, IWebhookSender Sender, CancellationTokenSource Stop, Task Task);
}
