using System.Net;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SmartCity.Ingest.Api;

namespace SmartCity.Ingest.Serve;

/// <summary>
/// The plain HTTP port while the book does not answer at start: the process lives, is not ready, and says why. No port for gateways is open
/// then, so that they turn to another server. A port that is chosen freely (0) stays closed: nobody could know it.
/// </summary>
internal sealed class WaitingRoom : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;

    private WaitingRoom(WebApplication app) => _app = app;

    /// <summary>What is wrong, in words.</summary>
    public string Why { get; set; } = "";

    /// <summary>Opens the port.</summary>
    /// <param name="address">On which address.</param>
    /// <param name="port">Which; null or 0: none.</param>
    /// <param name="cancel">Stops the opening.</param>
    /// <exception cref="IOException">The port is somebody else's.</exception>
    public static async Task<WaitingRoom> OpenAsync(IPAddress address, int? port, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 256;
            if (port is > 0)
            {
                kestrel.Listen(address, port.Value, listen => listen.Protocols = HttpProtocols.Http1);
            }
        });
        var app = builder.Build();
        var room = new WaitingRoom(app);
        app.Run(room.AnswerAsync);
        if (port is > 0)
        {
            await app.StartAsync(cancel);
        }

        return room;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var words = "The server waits for the city's book and takes nothing until it answers: " + Why;
        if (http.Request.Path == "/healthz")
        {
            http.Response.ContentType = "application/json; charset=utf-8";
            await http.Response.WriteAsync("""{"status":"ok"}""", http.RequestAborted);
        }
        else if (http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal))
        {
            http.Response.StatusCode = 503;
            http.Response.ContentType = "text/html; charset=utf-8";
            http.Response.Headers.RetryAfter = FormattableString.Invariant($"{RetryAfter.TotalSeconds}");
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Page(WebUtility.HtmlEncode(Why))), http.RequestAborted);
        }
        else
        {
            var problem = new ProblemException(503, "Not ready", words) { RetryAfter = RetryAfter };
            await Problem.WriteAsync(http, problem.With("faults", new[] { new ReadyFault(ReadyFault.Book, Why) }));
        }
    }

    private static string Page(string why) =>
        $"""
        <!DOCTYPE html><html lang="vi"><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>SmartCity.IoT</title>
        <h1>Máy chủ đang chờ sổ của thành phố</h1><p>Chưa nhận gì cho đến khi cơ sở dữ liệu trả lời. Còi báo cháy tại chỗ vẫn hoạt động.</p>
        <h2 lang="en">The server waits for the city's book</h2><p lang="en">Nothing is taken until the database answers. Sirens go on by their gateways' own rules.</p><p lang="en"><code>{why}</code></p></html>
        """;
}
