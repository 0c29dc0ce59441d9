using System.Collections.Concurrent;
using System.Text.Json;
using SmartCity.Simulators.Load;

namespace SmartCity.Simulators.Sweep;

/// <summary>Reads the event stream of one server on a thread of its own, and how long after its schedule each alarm is heard there.</summary>
internal sealed class AlarmEar : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ConcurrentDictionary<string, long> _sent = new(StringComparer.Ordinal);
    private readonly ManualResetEventSlim _listening = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _http;
    private readonly Thread _reader;
    private Exception? _fault;

    /// <summary>Begins to listen.</summary>
    public AlarmEar(Uri http)
    {
        _http = http;
        _reader = new Thread(Listen) { IsBackground = true, Name = "events" };
        _reader.Start();
    }

    /// <summary>From the moment the schedule wanted an alarm sent to its event here, µs.</summary>
    public Histogram Heard { get; } = new();

    /// <summary>Alarms whose event has not come.</summary>
    public int Missing => _sent.Count;

    /// <summary>Waits until the stream is there.</summary>
    /// <exception cref="InvalidOperationException">It is not, in 20 s.</exception>
    public void Wait()
    {
        if (!_listening.Wait(Patience))
        {
            throw new InvalidOperationException($"no event stream within {Patience.TotalSeconds:0} s: {_fault?.Message}");
        }
    }

    /// <summary>An alarm is about to be sent.</summary>
    /// <param name="point">Its call point.</param>
    /// <param name="due">When the schedule wanted it, as a stamp.</param>
    public void Expect(string point, long due) => _sent[point] = due;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _reader.Join(TimeSpan.FromSeconds(5));
        _stop.Dispose();
        _listening.Dispose();
    }

    private void Listen()
    {
        try
        {
            using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_http, "/api/v1/events"));
            using var answer = client.Send(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
            answer.EnsureSuccessStatusCode();
            var stream = answer.Content.ReadAsStream(_stop.Token);
            using var close = _stop.Token.Register(stream.Dispose);
            using var reader = new StreamReader(stream);
            _listening.Set();
            while (reader.ReadLine() is { } line)
            {
                if (line.StartsWith("data: {", StringComparison.Ordinal))
                {
                    Hear(line.AsMemory(6), _time.GetTimestamp());
                }
            }
        }
        catch (Exception e)
        {
            _fault = e;
        }
    }

    private void Hear(ReadOnlyMemory<char> json, long at)
    {
        using var document = JsonDocument.Parse(json);
        var alert = document.RootElement;
        if (alert.TryGetProperty("device", out var device) && device.ValueKind == JsonValueKind.String && _sent.TryRemove(device.GetString()!, out var due))
        {
            Heard.Add((long)_time.GetElapsedTime(due, at).TotalMicroseconds);
        }
    }
}
