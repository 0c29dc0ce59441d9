using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.SystemTests.Support;

namespace SmartCity.SystemTests.Identity;

/// <summary>A person with every right, signed in with the one-time code that <c>serve --one-time-login</c> prints.</summary>
internal sealed class Administrator : IDisposable
{
    private readonly HttpClient _client;

    private Administrator(HttpClient client) => _client = client;

    /// <summary>Signs in at a server that was started with <c>--one-time-login</c>.</summary>
    public static async Task<Administrator> SignInAsync(ServerProcess server)
    {
        // The line comes right behind "ready".
        await Until.TrueAsync(() => server.Log.Contains("#code=", StringComparison.Ordinal), "no one-time login was printed");
        var log = server.Log;
        var start = log.LastIndexOf("#code=", StringComparison.Ordinal) + "#code=".Length;
        var end = log.IndexOf('\n', start);
        var code = (end < 0 ? log[start..] : log[start..end]).Trim();
        var client = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = server.Http, Timeout = Wire.Patience };
        using var answer = await client.PostAsJsonAsync("/api/v1/login/code", new { code });
        answer.EnsureSuccessStatusCode();
        var me = await answer.Content.ReadFromJsonAsync<JsonElement>();
        client.DefaultRequestHeaders.Add("X-CSRF-Token", me.GetProperty("csrf").GetString());
        return new Administrator(client);
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, long? seen = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (seen is { } revision)
        {
            request.Headers.Add("If-Match", $"\"{revision.ToString(System.Globalization.CultureInfo.InvariantCulture)}\"");
        }

        return _client.SendAsync(request);
    }

    /// <summary>The JSON of an answer that must be good.</summary>
    public async Task<JsonElement> DoAsync(HttpMethod method, string path, object? body = null, long? seen = null)
    {
        using var answer = await SendAsync(method, path, body, seen);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    /// <summary>A new key: its id and its secret.</summary>
    public async Task<(string Id, string Secret)> KeyAsync(string name, params string[] scopes)
    {
        var made = await DoAsync(HttpMethod.Post, "/api/v1/keys", new { name, scopes });
        return (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
    }

    public Task DeviceAsync(string id, string kind, string? gateway) => DoAsync(HttpMethod.Put, $"/api/v1/devices/{id}", new { kind, gateway });

    public void Dispose() => _client.Dispose();
}
