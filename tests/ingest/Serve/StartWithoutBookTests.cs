using System.Net;
using System.Net.Sockets;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Serve;
using SmartCity.Ingest.Tests.Book;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Serve;

/// <summary>A server whose PostgreSQL is not there when it starts.</summary>
public sealed class StartWithoutBookTests : IDisposable
{
    private static readonly CancellationToken Cancel = CancellationToken.None;

    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-start-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_waits_lives_says_why_and_begins_when_the_book_answers()
    {
        Assert.SkipWhen(PostgresServer.Bin is null, "PostgreSQL is not installed: apt-get install postgresql-15");
        await using var postgres = await PostgresServer.StartAsync();
        await postgres.KillAsync();
        var (http, mqtt) = (Ports.Free(), Ports.Free());
        var starting = CityServer.StartAsync(Options(postgres.Address, http, mqtt), TimeProvider.System, Cancel);
        using var client = new HttpClient { BaseAddress = new Uri(FormattableString.Invariant($"http://127.0.0.1:{http}")) };
        Assert.Equal("""{"status":"ok"}""", await (await AnswerAsync(client, "/healthz", starting)).Content.ReadAsStringAsync(Cancel));

        using var ready = await client.GetAsync(new Uri("/readyz", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.NotNull(ready.Headers.RetryAfter);
        var words = await ready.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("postgres on PostgreSQL at 127.0.0.1", words, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", words, StringComparison.Ordinal);
        using var page = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Accept", "text/html" } } };
        using var shown = await client.SendAsync(page, Cancel);
        Assert.Contains("Máy chủ đang chờ", await shown.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        // Gateways are not let in: they turn to another server.
        using (var socket = new TcpClient())
        {
            await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(IPAddress.Loopback, mqtt, Cancel).AsTask());
        }

        Assert.False(starting.IsCompleted);
        await postgres.BeginAsync();
        await using var server = await starting.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        using var taken = new TcpClient();
        await taken.ConnectAsync(IPAddress.Loopback, mqtt, Cancel);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/healthz", UriKind.Relative), Cancel)).StatusCode);
        Assert.Equal(0, await server.Engine.Book.Alerts.LastEventAsync(Cancel));
    }

    [Fact]
    public async Task A_password_that_is_wrong_is_told_instead_of_waited_for()
    {
        Assert.SkipWhen(PostgresServer.Bin is null, "PostgreSQL is not installed: apt-get install postgresql-15");
        await using var postgres = await PostgresServer.StartAsync();
        var address = postgres.Address.Replace("hunter2", "other", StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<BookEngineException>(() => CityServer.StartAsync(Options(address, Ports.Free(), Ports.Free()), TimeProvider.System, Cancel));
        Assert.Contains("user or the password", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> AnswerAsync(HttpClient client, string path, Task<CityServer> starting)
    {
        for (var left = 400; ; left--)
        {
            try
            {
                return await client.GetAsync(new Uri(path, UriKind.Relative), Cancel);
            }
            catch (HttpRequestException) when (left > 0 && !starting.IsFaulted)
            {
                await Task.Delay(50, Cancel);
            }
        }
    }

    private ServeOptions Options(string postgres, int http, int mqtt)
    {
        var settings = Settings.Load(null, name => name == "SMARTCITY_BOOK_POSTGRES" ? postgres : null, [
            ("data", _folder), ("http.port", FormattableString.Invariant($"{http}")), ("mqtt.port", FormattableString.Invariant($"{mqtt}"))]);
        var options = ServeOptions.From(settings);
        Assert.Empty(settings.Errors);
        return options;
    }
}
