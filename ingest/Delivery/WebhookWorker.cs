using SmartCity.Ingest.Book;
using SmartCity.Ingest.History;

namespace SmartCity.Ingest.Delivery;

/// <summary>
/// Delivers to one receiver: event by event in the book's order, each until the receiver has it or it is given up. It stands on its
/// cursor in the book alone, so whatever ends the process, nothing is left out; what was delivered since the cursor was written comes
/// again under the same id. Nobody waits for it, and it waits for nobody but its receiver.
/// </summary>
internal sealed class WebhookWorker(
    Webhook hook, WebhookProgress progress, WebhookBook book, IWebhookSender sender, Func<OutgoingEvent, CancellationToken, Task<ReadOnlyMemory<byte>>> body,
    Func<Webhook, IReadOnlyList<byte[]>> keys, Func<bool> isSure, DeliveryOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Unsure = TimeSpan.FromMilliseconds(250);

    private readonly Backoff _backoff = new(options.Backoff);
    private readonly Signal _news = new();
    private readonly Signal _now = new();
    private WebhookProgress _progress = progress;
    private int _unsaved;
    private volatile bool _again = true;
    private volatile bool _answered;
    private long _last = progress.Position;
    private long _failures;

    /// <summary>How far it is.</summary>
    public WebhookProgress Progress => Volatile.Read(ref _progress);

    /// <summary>The webhook as it was when this began.</summary>
    public Webhook Hook => hook;

    /// <summary>Events of the book that it has not looked at.</summary>
    public long Lag => Math.Max(0, Volatile.Read(ref _last) - Progress.Position);

    /// <summary>Tries that failed since the process began.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Something has been committed.</summary>
    public void Wake() => _news.Raise();

    /// <summary>Tries at once: an administrator has changed something, or the receiver has just answered a test.</summary>
    /// <param name="again">Dead letters are asked for.</param>
    public void TryNow(bool again)
    {
        _again |= again;
        _now.Raise();
        _news.Raise();
    }

    /// <summary>The receiver has taken a trial: it is tried at once, and with nothing to send it counts as well.</summary>
    public void Answered()
    {
        _answered = true;
        TryNow(again: false);
    }

    /// <summary>Runs until cancelled; then the cursor is in the book, if the book can be written.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await StepAsync(cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is BookException or ObjectDisposedException)
            {
                DeliveryLog.BookFailed(logger, hook.Name, e.Message);
                await PauseAsync(cancel);
            }
            catch (Exception e)
            {
                DeliveryLog.Unexpected(logger, hook.Name, e);
                await PauseAsync(cancel);
            }
        }

        await SaveAsync(force: true, CancellationToken.None);
    }

    private async Task StepAsync(CancellationToken cancel)
    {
        if (_answered)
        {
            _answered = false;
            _unsaved++;
            Note(_progress with { FailingSince = null, LastError = null });
        }

        await AskedAgainAsync(cancel);
        var page = await book.PageAsync(hook, _progress.Position, options.Window, options.Page, cancel);
        Volatile.Write(ref _last, page.Last);
        foreach (var happened in page.Events)
        {
            await DeliverAsync(happened, cancel);
        }

        Note(_progress with { Position = page.End });
        if (page.End >= page.Last)
        {
            await SaveAsync(force: _unsaved > 0, cancel);
            await _news.WaitAsync(options.LookAgain, time, cancel);
        }
    }

    private async Task DeliverAsync(OutgoingEvent happened, CancellationToken cancel)
    {
        var (attempts, refusals) = (0, 0);
        while (true)
        {
            var attempt = await TryAsync(happened, cancel);
            if (attempt.Delivered)
            {
                Delivered(happened.Sequence, attempt);
                await SaveAsync(force: _unsaved >= options.CursorEvery, cancel);
                return;
            }

            attempts++;
            refusals += attempt.Refused ? 1 : 0;
            Failed(attempt);
            var tooOld = Instant.ToMoment(happened.RecordedAt) + options.GiveUpAfter <= time.GetUtcNow() && attempts >= options.Refusals;
            if (attempt.Redirected || refusals >= options.Refusals || tooOld)
            {
                DeliveryLog.Dead(logger, hook.Name, hook.Url.IdnHost, happened.Sequence);
                await BuryAsync(happened.Sequence, attempts, _progress with { Position = happened.Sequence }, cancel);
                if (!tooOld)
                {
                    _backoff.Reset(); // it answers: what comes next is not to pay for this one
                }

                return;
            }

            await SaveAsync(force: true, cancel);
            if (await _now.WaitAsync(_backoff.Next(attempt.RetryAfter), time, cancel))
            {
                _backoff.Reset();
                await AskedAgainAsync(cancel);
            }
        }
    }

    // Dead letters that a person wants to be tried again: one try each, beside the order, and the answer for that person to see.
    private async Task AskedAgainAsync(CancellationToken cancel)
    {
        while (_again)
        {
            _again = false;
            var asked = await book.AskedAgainAsync(hook.Id, options.Page, cancel);
            foreach (var happened in asked)
            {
                var attempt = await TryAsync(happened, cancel);
                if (attempt.Delivered)
                {
                    var position = _progress.Position;
                    Delivered(position, attempt);
                    await book.RaiseDeadAsync(hook.Id, happened.Sequence, _progress, cancel);
                }
                else
                {
                    Failed(attempt);
                    await BuryAsync(happened.Sequence, 1, _progress, cancel);
                }
            }

            _again |= asked.Count == options.Page;
        }
    }

    private async Task<Attempt> TryAsync(OutgoingEvent happened, CancellationToken cancel)
    {
        while (!isSure())
        {
            await Task.Delay(Unsure, time, cancel);
        }

        return await sender.SendAsync(hook.Url, WebhookBody.IdOf(happened), await body(happened, cancel), keys(hook), cancel);
    }

    private void Delivered(long position, Attempt attempt)
    {
        if (_progress.FailingSince is not null)
        {
            DeliveryLog.Again(logger, hook.Name, hook.Url.IdnHost);
        }

        _backoff.Reset();
        _unsaved++;
        Note(_progress with
        {
            Position = position,
            Delivered = _progress.Delivered + 1,
            LastDeliveredAt = time.Nanoseconds(),
            LastStatus = attempt.Status,
            LastError = null,
            FailingSince = null,
        });
    }

    private void Failed(Attempt attempt)
    {
        Interlocked.Increment(ref _failures);
        if (_progress.FailingSince is null)
        {
            DeliveryLog.Failing(logger, hook.Name, hook.Url.IdnHost, attempt.Status is { } status ? FormattableString.Invariant($"HTTP {status}") : attempt.Error!);
        }

        Note(_progress with { LastStatus = attempt.Status, LastError = attempt.Error, FailingSince = _progress.FailingSince ?? time.Nanoseconds() });
    }

    // Past an event only together with its dead letter: while the book cannot be written, it is tried again.
    private async Task BuryAsync(long sequence, long attempts, WebhookProgress after, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                var evicted = await book.BuryAsync(hook.Id, sequence, attempts, after, options.MaximumDead, cancel);
                Note(after with { Evicted = after.Evicted + evicted });
                _unsaved = 0;
                return;
            }
            catch (BookException e)
            {
                DeliveryLog.BookFailed(logger, hook.Name, e.Message);
                await PauseAsync(cancel);
            }
        }
    }

    // A cursor that cannot be written costs repeats after a kill, nothing else: delivery goes on.
    private async Task SaveAsync(bool force, CancellationToken cancel)
    {
        if (!force)
        {
            return;
        }

        try
        {
            await book.SaveAsync(hook.Id, _progress, cancel);
            _unsaved = 0;
        }
        catch (Exception e) when (e is BookException or ObjectDisposedException)
        {
            DeliveryLog.BookFailed(logger, hook.Name, e.Message);
        }
    }

    private async Task PauseAsync(CancellationToken cancel) =>
        await Task.Delay(TimeSpan.FromSeconds(1), time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void Note(WebhookProgress now) => Volatile.Write(ref _progress, now);
}
