using System.Globalization;
using System.Text;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Api;

/// <summary>
/// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): every transition of every alert, in the
/// book's order, numbered without a hole. Live events come from memory; whoever has missed some, or fell behind, reads them in
/// the book. So a number is neither left out nor said twice. While the book is away the stream goes on: what is missing waits, and what the rules say
/// meanwhile comes as the event <c>provisional</c>, without a number, whole each time; empty when it is over.
/// </summary>
internal static class EventApi
{
    private const int Batch = 200;

    public static async Task StreamAsync(Call call)
    {
        using var place = call.Services.Streams.Enter(call.Caller.Name, call.Services.Options)
            ?? throw new ProblemException(429, "Too many requests", "Too many streams are open; close one.") { RetryAfter = TimeSpan.FromSeconds(5) };
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(
            call.Cancel, call.Http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        var stream = new Stream(call, stopping.Token);
        try
        {
            await stream.RunAsync(LastSeen(call));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The reader or the server goes; the reader comes again with its last number.
        }
    }

    private static long? LastSeen(Call call)
    {
        var header = call.Http.Request.Headers["Last-Event-ID"].ToString();
        var text = header.Length > 0 ? header : call.Query("lastEventId");
        return text is null ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw ProblemException.Bad("Last-Event-ID is the number of an event of this stream.");
    }

    private sealed class Stream(Call call, CancellationToken cancel)
    {
        private readonly AlertBook _alerts = call.Services.Book.Alerts;
        private readonly StringBuilder _out = new();
        private long _last;
        private bool _owed;
        private bool _beat;

        public async Task RunAsync(long? lastSeen)
        {
            var end = await EndAsync();
            _last = lastSeen is { } seen && seen <= end ? seen : end;
            var response = call.Http.Response;
            response.ContentType = "text/event-stream; charset=utf-8";
            response.Headers["X-Accel-Buffering"] = "no";

            // A number from the future is one of a book that a restore has taken back: the reader must look at everything afresh.
            Say(lastSeen > end ? "reset" : "ready", "{}", _last);
            var provisional = SayProvisional(always: false);
            await FlushAsync();

            using var timer = new PeriodicTimer(call.Services.Options.Heartbeat, call.Services.Time);
            var tick = timer.WaitForNextTickAsync(cancel).AsTask();
            while (true)
            {
                using var live = _alerts.Events.Subscribe();
                if (!await CatchUpAsync())
                {
                    return;
                }

                var ready = live.Events.WaitToReadAsync(cancel).AsTask();
                while (true)
                {
                    await Task.WhenAny(ready, tick, provisional);
                    if (!await StillMayAsync())
                    {
                        return;
                    }

                    var settled = provisional.IsCompleted;
                    if (settled)
                    {
                        provisional = SayProvisional(always: true);
                    }

                    if (tick.IsCompleted)
                    {
                        await tick;
                        _out.Append(":\n\n");
                        _beat = true;
                        tick = timer.WaitForNextTickAsync(cancel).AsTask();
                    }

                    var behind = (ready.IsCompleted && (!await ready || !Drain(live))) || (_owed && (settled || _beat));
                    _beat = false;
                    await FlushAsync();
                    if (behind)
                    {
                        break;
                    }

                    if (ready.IsCompleted)
                    {
                        ready = live.Events.WaitToReadAsync(cancel).AsTask();
                    }
                }
            }
        }

        // What is in memory. False: a number is missing there, so it must be read in the book.
        private bool Drain(BookEvents.Subscription live)
        {
            while (live.Events.TryRead(out var happened))
            {
                if (happened.Sequence > _last + 1)
                {
                    return false;
                }

                Say(happened);
            }

            return true;
        }

        private async Task<bool> CatchUpAsync()
        {
            try
            {
                while (await _alerts.EventsAfterAsync(_last, Batch, cancel) is { Count: > 0 } missed)
                {
                    if (!await StillMayAsync())
                    {
                        return false;
                    }

                    missed.ForEach(Say);
                    await FlushAsync();
                }

                _owed = false;
            }
            catch (BookEngineException e) when (e.Fault == BookFault.Away)
            {
                _owed = true; // it is asked again when the book is back, and at each heartbeat
            }

            return true;
        }

        // The last number; while the book is away the last that this server knows of.
        private async Task<long> EndAsync()
        {
            try
            {
                return await _alerts.LastEventAsync(cancel);
            }
            catch (BookEngineException e) when (e.Fault == BookFault.Away)
            {
                return Math.Max(_alerts.Events.Last, LastSeen(call) ?? 0);
            }
        }

        // All that stands now; the task ends when it is another.
        private Task SayProvisional(bool always)
        {
            var (now, next) = call.Services.Provisional.Current;
            if (always || now.Away)
            {
                _out.Append(CultureInfo.InvariantCulture, $"event: provisional\ndata: {Encoding.UTF8.GetString(now.Json.Span)}\n\n");
            }

            return next;
        }

        private void Say(BookEvent happened)
        {
            if (happened.Sequence > _last)
            {
                _last = happened.Sequence;
                Say("alert", Encoding.UTF8.GetString(happened.Json.Span), _last);
            }
        }

        private void Say(string name, string data, long number) =>
            _out.Append(CultureInfo.InvariantCulture, $"id: {number}\nevent: {name}\ndata: {data}\n\n");

        private async Task FlushAsync()
        {
            if (_out.Length > 0)
            {
                await call.Http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(_out.ToString()), cancel);
                await call.Http.Response.Body.FlushAsync(cancel);
                _out.Clear();
            }
        }

        // Before anything is said: the session may have ended, the role been taken away, the key revoked.
        private async Task<bool> StillMayAsync()
        {
            var now = await CallerReader.ReadAsync(call.Http, call.Services);
            if (now.Kind == call.Caller.Kind && now.Name == call.Caller.Name && Access.See.Allows(now))
            {
                return true;
            }

            _out.Clear();
            _out.Append("event: end\ndata: {}\n\n");
            await FlushAsync();
            return false;
        }
    }
}
