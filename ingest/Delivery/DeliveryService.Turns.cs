using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Delivery;

/// <content>Beginning and ending to deliver, where there are several servers.</content>
internal sealed partial class DeliveryService
{
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(1);

    private readonly Signal _look = new();
    private volatile bool _changed;

    /// <summary>It leads now, or no longer; or another server has changed a webhook.</summary>
    /// <param name="changed">The latter.</param>
    public void Look(bool changed)
    {
        _changed |= changed;
        _look.Raise();
    }

    private async Task TurnsAsync(Func<bool> leads, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await SettleAsync(leads(), cancel);
                await _look.WaitAsync(LookAfter, _time, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (BookException e)
            {
                DeliveryLog.NotRead(_logger, e.Message);
                await Task.Delay(RetryAfter, _time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Each begins where the book says: what the server before delivered and could not note comes again under its id, and nothing is left out.
    private async Task SettleAsync(bool leads, CancellationToken cancel)
    {
        if (leads == _delivers && !(leads && _changed))
        {
            return;
        }

        await _changing.WaitAsync(cancel);
        try
        {
            _changed = false;
            if (!leads)
            {
                _delivers = false;
                await Task.WhenAll(Workers.Select(w => StopAsync(w.Hook.Id)));
                return;
            }

            try
            {
                var all = await Book.ListAsync(cancel);
                var (wanted, began) = (all.ToDictionary(a => a.Hook.Id, StringComparer.Ordinal), !_delivers);
                _delivers = true;
                foreach (var worker in Workers.Where(w => !wanted.TryGetValue(w.Hook.Id, out var now) || now.Hook.Revision != w.Hook.Revision).ToList())
                {
                    await StopAsync(worker.Hook.Id);
                }

                var running = Workers.Select(w => w.Hook.Id).ToHashSet(StringComparer.Ordinal);
                all.FindAll(a => !running.Contains(a.Hook.Id)).ForEach(a => Start(a.Hook, a.Progress));
                foreach (var worker in began ? [] : Workers)
                {
                    worker.TryNow(again: true); // dead letters may have been asked for
                }
            }
            catch
            {
                _changed = true;
                throw;
            }
        }
        finally
        {
            _changing.Release();
        }
    }
}
