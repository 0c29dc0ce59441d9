using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace SmartCity.SystemTests.Cluster;

/// <summary>A person signed in to the city: one session, good at every server, since it is in the book.</summary>
internal sealed class Officer : IDisposable
{
    private readonly HttpClient[] _clients;

    private Officer(HttpClient[] clients) => _clients = clients;

    public static async Task<Officer> SignInAsync(IReadOnlyList<Uri> servers, string user, string password)
    {
        var cookies = new CookieContainer();
        var clients = servers.Select(at => new HttpClient(new SocketsHttpHandler { CookieContainer = cookies, ConnectTimeout = TimeSpan.FromSeconds(2) })
        {
            BaseAddress = at,
            Timeout = TimeSpan.FromSeconds(10),
        }).ToArray();
        using var answer = await clients[0].PostAsJsonAsync("/api/v1/login", new { user, password });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var me = await answer.Content.ReadFromJsonAsync<JsonElement>();
        foreach (var (at, client) in servers.Zip(clients))
        {
            client.DefaultRequestHeaders.Add("X-CSRF-Token", me.GetProperty("csrf").GetString());
            foreach (var cookie in cookies.GetCookies(servers[0]).ToList())
            {
                cookies.Add(at, new Cookie(cookie.Name, cookie.Value, "/"));
            }
        }

        return new Officer(clients);
    }

    /// <summary>Says something to a server; null when it did not answer, and so may or may not have done it.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)?> TryAsync(int server, HttpMethod method, string path, object? body = null, long? seen = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (seen is { } revision)
        {
            request.Headers.Add("If-Match", $"\"{revision.ToString(System.Globalization.CultureInfo.InvariantCulture)}\"");
        }

        try
        {
            using var answer = await _clients[server].SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            return (answer.StatusCode, text is ['{' or '[', ..] ? JsonElement.Parse(text) : default);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }
    }
}
