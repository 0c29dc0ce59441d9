using System.Globalization;
using System.Text.Json;

namespace SmartCity.SystemTests.Support;

/// <summary>One event of <c>/api/v1/events</c>: a transition of an alert.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Alert">The alert's id.</param>
/// <param name="Kind">The alert's kind.</param>
/// <param name="Subject">The zone, else the device.</param>
/// <param name="What">What happened.</param>
/// <param name="When">When, ns since 1970.</param>
/// <param name="Revision">The alert's revision after it.</param>
/// <param name="Note">The rule's words.</param>
internal sealed record AlertEvent(long Id, string Alert, string Kind, string Subject, string What, long When, long Revision, string? Note)
{
    public static AlertEvent Read(long id, string json)
    {
        using var document = JsonDocument.Parse(json);
        var alert = document.RootElement;
        var step = alert.GetProperty("transition");
        Assert.Equal(id, alert.GetProperty("event").GetInt64());
        return new AlertEvent(
            id, alert.GetProperty("id").GetString()!, alert.GetProperty("kind").GetString()!, Text(alert, "zone") ?? Text(alert, "device") ?? "",
            step.GetProperty("what").GetString()!, Nanoseconds(step.GetProperty("when")), step.GetProperty("revision").GetInt64(), Text(step, "note"));
    }

    /// <summary>A moment as ns since 1970.</summary>
    public static long Nanoseconds(JsonElement moment) => (moment.GetDateTimeOffset() - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>Reads server-sent events from the first on, and goes on after the last one it has seen whenever the server comes back.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Uri _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<AlertEvent> _seen = [];
    private readonly Task _running;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _fault;

    public EventStream(Uri http)
    {
        _http = http;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Streams the server opened for it.</summary>
    public int Streams { get; private set; }

    /// <summary>All events so far, in the order in which they came.</summary>
    public IReadOnlyList<AlertEvent> Seen
    {
        get
        {
            lock (_seen)
            {
                return [.. _seen];
            }
        }
    }

    /// <summary>Waits for an event.</summary>
    public async Task<AlertEvent> FirstAsync(Func<AlertEvent, bool> wanted, string what, TimeSpan? limit = null)
    {
        using var patience = new CancellationTokenSource(limit ?? Until.Patience);
        var from = 0;
        while (true)
        {
            Task news;
            lock (_seen)
            {
                for (; from < _seen.Count; from++)
                {
                    if (wanted(_seen[from]))
                    {
                        return _seen[from];
                    }
                }

                Assert.True(_fault is null, _fault);
                news = _news.Task;
            }

            try
            {
                await news.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"No event within {limit ?? Until.Patience}: {what}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(client);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // the server is dead, or has just died
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Tell(null, e.ToString());
                return;
            }

            await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(HttpClient client)
    {
        long last;
        lock (_seen)
        {
            last = _seen.Count == 0 ? 0 : _seen[^1].Id;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_http, "/api/v1/events"));
        request.Headers.Add("Last-Event-ID", last.ToString(CultureInfo.InvariantCulture));
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
        answer.EnsureSuccessStatusCode();
        Streams++;
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(_stop.Token));
        string? id = null, name = null, data = null;
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            switch (line.Split(": ", 2))
            {
                case ["id", var value]:
                    id = value;
                    break;
                case ["event", var value]:
                    name = value;
                    break;
                case ["data", var value]:
                    data = value;
                    break;
                case [""] when name is not null:
                    Hear(name, long.Parse(id!, CultureInfo.InvariantCulture), data!);
                    (id, name, data) = (null, null, null);
                    break;
            }
        }
    }

    private void Hear(string name, long id, string data)
    {
        if (name == "alert")
        {
            var happened = AlertEvent.Read(id, data);
            var before = Seen is [.., var newest] ? newest.Id : 0;
            Tell(happened, id == before + 1 ? null : $"Event {id} followed {before}.");
        }
        else if (name != "ready")
        {
            Tell(null, $"The stream said \"{name}\" {id}.");
        }
    }

    private void Tell(AlertEvent? happened, string? fault)
    {
        TaskCompletionSource told;
        lock (_seen)
        {
            if (happened is not null)
            {
                _seen.Add(happened);
            }

            _fault ??= fault;
            told = _news;
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        told.SetResult();
    }
}
