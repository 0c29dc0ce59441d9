using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SmartCity.Simulators.Lights;

/// <summary>A person at the console, as the server sees one: signed in with a one-time code, and with nothing but the HTTP API.</summary>
internal sealed class CityOperator : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _client;

    private CityOperator(HttpClient client) => _client = client;

    /// <summary>Signs in.</summary>
    /// <param name="server">The server's HTTP address.</param>
    /// <param name="code">What stands behind <c>#code=</c> in a link of <c>user link</c>.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="HttpRequestException">The server refused, or is not there.</exception>
    public static async Task<CityOperator> SignInAsync(Uri server, string code, CancellationToken cancel)
    {
        var client = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = server, Timeout = Patience };
        try
        {
            var person = new CityOperator(client);
            var me = await person.DoAsync(HttpMethod.Post, "/api/v1/login/code", new JsonObject { ["code"] = code }, cancel);
            client.DefaultRequestHeaders.Add("X-CSRF-Token", me.GetProperty("csrf").GetString());
            return person;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>The code in a sign-in link.</summary>
    public static string CodeOf(string link) => link.Trim().Split("#code=") is [_, var code] ? code : link.Trim();

    /// <summary>Asks.</summary>
    public Task<JsonElement> GetAsync(string path, CancellationToken cancel) => DoAsync(HttpMethod.Get, path, null, cancel);

    /// <summary>Does something; gives the answer's JSON, or an undefined element when there is none.</summary>
    /// <exception cref="HttpRequestException">The server refused: its words are in the message.</exception>
    public async Task<JsonElement> DoAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        using var answer = await _client.SendAsync(request, cancel);
        var bytes = await answer.Content.ReadAsByteArrayAsync(cancel);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException(
                string.Create(CultureInfo.InvariantCulture, $"{method} {path}: {(int)answer.StatusCode} {Encoding.UTF8.GetString(bytes)}"), null, answer.StatusCode);
        }

        return bytes.Length == 0 ? default : JsonElement.Parse(bytes);
    }

    /// <summary>A figure of the server's own, without labels.</summary>
    public async Task<double> FigureAsync(string name, CancellationToken cancel)
    {
        var text = await _client.GetStringAsync("/metrics", cancel);
        var line = text.Split('\n').FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
    }

    /// <summary>Everything of a list, page by page.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(string path, CancellationToken cancel)
    {
        var all = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var next = cursor is null ? path : $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}cursor={Uri.EscapeDataString(cursor)}";
            var page = await GetAsync(next, cancel);
            all.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.TryGetProperty("next", out var more) ? more.GetString() : null;
        }
        while (cursor is not null);
        return all;
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
