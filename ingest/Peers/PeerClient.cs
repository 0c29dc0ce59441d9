using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Ingest.Peers;

/// <summary>Asks one other server, over one connection that is kept.</summary>
internal sealed class PeerClient : IDisposable
{
    /// <summary>Longest answer that is read: three times a page of <see cref="OwnFrame.MostRows"/> devices and the status beside it.</summary>
    private const long MostBytes = 16L << 20;

    private readonly HttpClient _http;

    /// <summary>A client.</summary>
    /// <param name="tls">Who we are.</param>
    /// <param name="name">Which server it must be.</param>
    public PeerClient(PeerTls tls, string name) => _http = new HttpClient(
        new SocketsHttpHandler
        {
            SslOptions = tls.Client(name),
            ConnectTimeout = TimeSpan.FromSeconds(1),
            MaxConnectionsPerServer = 2,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            PooledConnectionLifetime = TimeSpan.FromHours(1), // a new certificate is shown then
        },
        disposeHandler: true)
    {
        MaxResponseContentBufferSize = MostBytes,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>What it has to say.</summary>
    /// <param name="url">Where it is.</param>
    /// <param name="since">The version of its devices that we have.</param>
    /// <param name="gateways">The version of its gateways that we have.</param>
    /// <param name="after">The last device of the page before.</param>
    /// <param name="live">With devices.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="HttpRequestException">It cannot be reached, is not who it should be, or refuses.</exception>
    /// <exception cref="JsonException">It does not answer in JSON.</exception>
    public async Task<JsonDocument> AskAsync(Uri url, long? since, long? gateways, string? after, bool live, CancellationToken cancel)
    {
        var query = new StringBuilder(PeerEndpoint.Path).Append(live ? "?live=1" : "?live=0");
        Add("since", since?.ToString(CultureInfo.InvariantCulture));
        Add("gateways", gateways?.ToString(CultureInfo.InvariantCulture));
        Add("after", after);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, query.ToString()));
        request.Headers.Host = PeerTls.Host; // the name in the handshake as well
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancel);
        answer.EnsureSuccessStatusCode();
        return await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(cancel), new JsonDocumentOptions { MaxDepth = 16 }, cancel);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                query.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
