using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace SmartCity.Ingest.Tests.History;

/// <summary>Answers writes as a test says, for the statuses real stores do not give on demand; keeps the lines it answered 204 to.</summary>
internal sealed class FakeStore : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeStore(WebApplication app) => _app = app;

    public delegate Reply Answer(Request request);

    public Answer OnWrite { get; set; } = _ => Reply.NoContent;

    public ConcurrentQueue<Request> Requests { get; } = new();

    public ConcurrentDictionary<string, int> Stored { get; } = new(StringComparer.Ordinal);

    public Uri Url { get; private set; } = null!;

    public static async Task<FakeStore> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1));
        var store = new FakeStore(builder.Build());
        store._app.Run(store.HandleAsync);
        await store._app.StartAsync();
        store.Url = new Uri(store._app.Urls.First());
        return store;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        Stream body = context.Request.Headers.ContentEncoding == "gzip"
            ? new GZipStream(context.Request.Body, CompressionMode.Decompress)
            : context.Request.Body;
        using var reader = new StreamReader(body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync();
        var request = new Request(
            context.Request.Path + context.Request.QueryString, context.Request.Headers.Authorization.ToString(), context.Request.Headers.ContentEncoding.ToString(),
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Requests.Enqueue(request);
        var reply = OnWrite(request);
        if (reply.Status is 204 || reply.Partial)
        {
            foreach (var line in request.Lines.Where(l => !reply.Partial || !l.Contains("bad", StringComparison.Ordinal)))
            {
                Stored.AddOrUpdate(line, 1, (_, n) => n + 1);
            }
        }

        context.Response.StatusCode = reply.Status;
        if (reply.RetryAfter is not null)
        {
            context.Response.Headers.RetryAfter = reply.RetryAfter;
        }

        if (reply.Status == 302)
        {
            context.Response.Headers.Location = "http://127.0.0.1:1/elsewhere";
        }

        if (reply.Body.Length > 0)
        {
            await context.Response.WriteAsync(reply.Body);
        }
    }

    internal sealed record Request(string Target, string Authorization, string Encoding, string[] Lines);

    internal sealed record Reply(int Status, string Body = "", string? RetryAfter = null, bool Partial = false)
    {
        public static Reply NoContent { get; } = new(204);
    }
}
