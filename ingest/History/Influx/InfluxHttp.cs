using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.History.Influx;

/// <summary>Speaks HTTP with one InfluxDB: authentication, compression, time-outs, and what an answer means. Thread-safe.</summary>
internal sealed class InfluxHttp : IDisposable
{
    private const int MessageBytes = 4096;
    private const int LongLine = 16 * 1024;

    private readonly InfluxOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _writer;
    private readonly HttpClient _asker;
    private readonly Uri _write;
    private readonly Uri _query;

    public InfluxHttp(InfluxOptions options, TimeProvider time)
    {
        var faults = string.Join("; ", options.Validate());
        if (faults.Length > 0)
        {
            throw new ArgumentException(faults, nameof(options));
        }

        _options = options;
        _time = time;
        _writer = Client(options);
        _asker = Client(options); // connections of their own: a slow question never stands before a write
        var root = options.Url.GetLeftPart(UriPartial.Path).TrimEnd('/');
        _write = new Uri(root + WritePath(options));
        _query = new Uri(root + "/query");
    }

    /// <summary>Sends lines.</summary>
    /// <param name="lines">The body's text.</param>
    /// <param name="compressed">A buffer to compress into, reused from call to call.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="HistoryStoppedException">No answer, or one that is not about the lines.</exception>
    public async ValueTask<WriteAnswer> WriteAsync(ReadOnlyMemory<byte> lines, MemoryStream compressed, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _write) { Content = Body(lines, compressed) };
        using var response = await SendAsync(_writer, request, cancel);
        var status = (int)response.StatusCode;
        if (status is >= 200 and < 300)
        {
            return new WriteAnswer(WriteOutcome.Written);
        }

        var message = await MessageAsync(response, cancel);
        if (status == 413)
        {
            // A small body that is too large says something about the store or a proxy, not about the line in it.
            return new WriteAnswer(WriteOutcome.TooLarge, message, AboutLines: lines.Length > LongLine);
        }

        if (status is 400 or 422 && !WriteAnswer.IsStoreLimit(message))
        {
            return WriteAnswer.Refused(message);
        }

        throw Stopped(response, message);
    }

    /// <summary>Runs an InfluxQL statement with bound parameters; the caller disposes the document.</summary>
    /// <exception cref="HistoryStoppedException">No answer, or one that is not about the statement.</exception>
    /// <exception cref="HistoryQueryException">The store refuses the statement.</exception>
    public async Task<JsonDocument> QueryAsync(string statement, string parameters, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _query)
        {
            Content = new FormUrlEncodedContent(
            [
                new("db", _options.Database),
                new("epoch", "ns"),
                new("q", statement),
                new("params", parameters),
            ]),
        };
        using var response = await SendAsync(_asker, request, cancel);
        if (response.StatusCode == HttpStatusCode.BadRequest)
        {
            throw new HistoryQueryException("The history store refuses the query: " + await MessageAsync(response, cancel));
        }

        if (!response.IsSuccessStatusCode)
        {
            throw Stopped(response, await MessageAsync(response, cancel));
        }

        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancel);
            return await JsonDocument.ParseAsync(body, default, cancel);
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            throw new HistoryStoppedException("The history store's answer cannot be read.", "Check that the address is InfluxDB's own.", null, e);
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        _asker.Dispose();
    }

    private static HttpClient Client(InfluxOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // a redirect would carry the credentials elsewhere
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // notice a moved DNS name
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            MaxConnectionsPerServer = 4,
            UseCookies = false,
            UseProxy = false,
        };
        // Time is limited for each request, on the program's clock.
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 16 * 1024 * 1024 };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("SmartCity.IoT");
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        client.DefaultRequestHeaders.Authorization = Credentials(options);
        return client;
    }

    private static AuthenticationHeaderValue? Credentials(InfluxOptions options) => options switch
    {
        { Api: InfluxApi.V2, Token.Length: > 0 } => new("Token", options.Token),
        { Username.Length: > 0 } => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.Username}:{options.Password}"))),
        _ => null,
    };

    private static string WritePath(InfluxOptions options)
    {
        var database = Uri.EscapeDataString(options.Database);
        var precision = (options.Precision, options.Api) switch
        {
            (Precision.Nanosecond, _) => "ns",
            (Precision.Microsecond, InfluxApi.V1) => "u",
            (Precision.Microsecond, _) => "us",
            (Precision.Millisecond, _) => "ms",
            _ => "s",
        };
        if (options.Api == InfluxApi.V2)
        {
            return $"/api/v2/write?org={Uri.EscapeDataString(options.Organisation ?? "")}&bucket={database}&precision={precision}";
        }

        var policy = options.RetentionPolicy is { Length: > 0 } rp ? "&rp=" + Uri.EscapeDataString(rp) : "";
        return $"/write?db={database}{policy}&precision={precision}";
    }

    private HttpContent Body(ReadOnlyMemory<byte> lines, MemoryStream compressed)
    {
        HttpContent content;
        if (_options.Gzip)
        {
            compressed.SetLength(0);
            using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(lines.Span);
            }

            content = new ByteArrayContent(compressed.GetBuffer(), 0, (int)compressed.Length);
            content.Headers.ContentEncoding.Add("gzip");
        }
        else
        {
            content = new ReadOnlyMemoryContent(lines);
        }

        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain", "utf-8");
        return content;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            // The whole answer is read under the time-out; the handler's buffer limit bounds it.
            return await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new HistoryStoppedException(
                string.Create(CultureInfo.InvariantCulture, $"{_options.Name}: no answer within {_options.Timeout.TotalSeconds:0.#} s."),
                "Check the store's load and disk, and the network between.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new HistoryStoppedException($"{_options.Name}: {e.Message}", "Start the store, or correct influx.url.", null, e);
        }
    }

    private HistoryStoppedException Stopped(HttpResponseMessage response, string message)
    {
        var status = (int)response.StatusCode;
        var fix = status switch
        {
            400 or 422 => "Raise the store's limit it names, or correct influx settings.",
            401 => "Give the right user and password (v1) or token (v2).",
            403 => "Give this user or token the right to write to and read from the database or bucket.",
            404 when _options.Api == InfluxApi.V1 => $"Create the database: CREATE DATABASE \"{_options.Database}\".",
            404 => "Create the bucket, or correct influx.bucket and influx.org.",
            429 => "The store limits how much it takes; wait, or raise its limit.",
            >= 300 and < 400 => "Set influx.url to where the store really is; redirects are not followed.",
            >= 500 => "See the store's own log: disk full, overload or restart are usual.",
            _ => "Check that the address is InfluxDB's own.",
        };
        var after = response.Headers.RetryAfter;
        var wait = after?.Delta ?? (after?.Date is { } date ? date - _time.GetUtcNow() : null);
        return new HistoryStoppedException($"{_options.Name}: HTTP {status.ToString(CultureInfo.InvariantCulture)}: {message}", fix, wait);
    }

    /// <summary>The store's words: the JSON member <c>error</c> (v1) or <c>message</c> (v2), else the text; cut, and never with our secrets in it.</summary>
    private async Task<string> MessageAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync(cancel);
        var text = Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, MessageBytes)));
        try
        {
            using var json = JsonDocument.Parse(bytes.AsMemory());
            if (json.RootElement.ValueKind == JsonValueKind.Object
                && (json.RootElement.TryGetProperty("error", out var said) || json.RootElement.TryGetProperty("message", out said)))
            {
                text = said.ToString();
            }
        }
        catch (JsonException)
        {
            // not JSON: a proxy's page or plain text, which is then the message itself
        }

        return Redact(Redact(Shorten(text), _options.Password), _options.Token);
    }

    /// <summary>Keeps both ends: v1 puts the reason in front of or behind the line it quotes.</summary>
    private static string Shorten(string text) => text.Length <= 512 ? text : string.Concat(text.AsSpan(0, 350), " … ", text.AsSpan(text.Length - 159));

    private static string Redact(string text, string? secret) => string.IsNullOrEmpty(secret) ? text : text.Replace(secret, "***", StringComparison.Ordinal);
}
