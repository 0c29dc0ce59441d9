using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SmartCity.SystemTests.Delivery;

/// <summary>What a receiver has taken.</summary>
/// <param name="Id">Header webhook-id.</param>
/// <param name="Event">Number of the event.</param>
/// <param name="Alert">Id of the alert.</param>
internal sealed record Taken(string Id, long Event, string Alert);

/// <summary>A real HTTP receiver that answers well, with 500, late, half and then resets, or not at all, as it is told to.</summary>
internal sealed class MoodyReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Taken> _taken = new();
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly Random _random = new(4711);
    private long _refused;

    private MoodyReceiver(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>In how many of 100 requests it does not answer well.</summary>
    public int Moodiness { get; set; }

    /// <summary>Secret of the webhook, once it is known: until then nothing is taken.</summary>
    public string? Secret { get; set; }

    /// <summary>In order of arrival, repeats too.</summary>
    public IReadOnlyCollection<Taken> All => _taken;

    /// <summary>What must never happen: a signature that is wrong.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Requests that were not answered well.</summary>
    public long Refused => Volatile.Read(ref _refused);

    public static async Task<MoodyReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var receiver = new MoodyReceiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        receiver.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return receiver;
    }

    /// <summary>Numbers of the events in order of their first arrival.</summary>
    public List<long> FirstArrivals() => [.. _taken.Select(t => t.Event).Distinct()];

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext http)
    {
        using var memory = new MemoryStream();
        await http.Request.Body.CopyToAsync(memory);
        var body = memory.ToArray();
        if (Secret is not { } secret)
        {
            http.Response.StatusCode = 503;
            return;
        }

        var (id, at, signature) = (http.Request.Headers["webhook-id"].ToString(), http.Request.Headers["webhook-timestamp"].ToString(), http.Request.Headers["webhook-signature"].ToString());
        var right = "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret[6..]), (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{at}."), .. body]));
        if (signature != right)
        {
            _faults.Enqueue($"{id}: {signature} is not {right}");
        }

        int mood;
        lock (_random)
        {
            mood = _random.Next(100) < Moodiness ? _random.Next(5) : -1;
        }

        Interlocked.Add(ref _refused, mood >= 0 ? 1 : 0);
        switch (mood)
        {
            case 0:
                http.Response.StatusCode = 500;
                return;
            case 1:
                http.Response.StatusCode = 503;
                http.Response.Headers.RetryAfter = "1";
                return;
            case 2:
                http.Abort();
                return;
            case 3:
                http.Response.ContentLength = 100;
                await http.Response.WriteAsync("half");
                await http.Response.Body.FlushAsync();
                http.Abort();
                return;
            case 4:
                await Task.Delay(300); // slow, and then well
                break;
        }

        using var json = JsonDocument.Parse(body);
        if (json.RootElement.GetProperty("type").GetString() == "alert")
        {
            _taken.Enqueue(new Taken(id, json.RootElement.GetProperty("event").GetInt64(), json.RootElement.GetProperty("alert").GetProperty("id").GetString()!));
        }

        http.Response.StatusCode = 204;
    }
}
