using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace SmartCity.Ingest.Delivery;

/// <summary>How one try ended.</summary>
/// <param name="Status">HTTP status; null when there was no whole answer.</param>
/// <param name="Error">Why it is no delivery; null when it is one.</param>
/// <param name="RetryAfter">What the receiver asked for.</param>
internal sealed record Attempt(int? Status, string? Error, TimeSpan? RetryAfter = null)
{
    /// <summary>The receiver has it.</summary>
    public bool Delivered => Error is null;

    /// <summary>The receiver sends us elsewhere: never followed, or it could send us anywhere.</summary>
    public bool Redirected => Status is >= 300 and < 400;

    /// <summary>The receiver does not want this one; asking for ever would keep the next from it.</summary>
    public bool Refused => Status is >= 400 and < 500 and not (408 or 425 or 429);
}

/// <summary>Sends one event to one receiver, once.</summary>
internal interface IWebhookSender : IDisposable
{
    /// <summary>One try. Whatever the receiver does is in the result; only <paramref name="cancel"/> throws.</summary>
    /// <param name="url">Where to.</param>
    /// <param name="id">The header <c>webhook-id</c>: the same at every try.</param>
    /// <param name="body">What is sent.</param>
    /// <param name="keys">What signs.</param>
    /// <param name="cancel">Gives the try up.</param>
    Task<Attempt> SendAsync(Uri url, string id, ReadOnlyMemory<byte> body, IReadOnlyList<byte[]> keys, CancellationToken cancel);
}

/// <inheritdoc cref="IWebhookSender"/>
internal sealed class WebhookSender(HttpMessageInvoker http, AddressPolicy policy, DeliveryOptions options, TimeProvider time) : IWebhookSender
{
    private const int MaximumWords = 200;
    private static readonly ProductInfoHeaderValue Agent = new("SmartCity.IoT", typeof(WebhookSender).Assembly.GetName().Version?.ToString(3));

    public async Task<Attempt> SendAsync(Uri url, string id, ReadOnlyMemory<byte> body, IReadOnlyList<byte[]> keys, CancellationToken cancel)
    {
        if (url.Scheme != Uri.UriSchemeHttps && !policy.IsPrivateAllowed(url.IdnHost))
        {
            return new Attempt(null, "Without TLS only hosts that the setting webhooks.private names are reached.");
        }

        using var patience = new CancellationTokenSource(options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        try
        {
            using var request = Request(url, id, body, keys);
            using var answer = await http.SendAsync(request, both.Token);
            var words = await ReadAsync(answer, both.Token);
            return Judge(answer, words);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Attempt(null, FormattableString.Invariant($"No whole answer within {options.Timeout.TotalSeconds} s."));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or AuthenticationException or InvalidOperationException)
        {
            cancel.ThrowIfCancellationRequested();
            return new Attempt(null, Words(e));
        }
    }

    public void Dispose() => http.Dispose();

    private HttpRequestMessage Request(Uri url, string id, ReadOnlyMemory<byte> body, IReadOnlyList<byte[]> keys)
    {
        // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the time is that of this try, so that
        // a receiver can refuse what somebody recorded and sends again.
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json", "utf-8") } },
        };
        request.Headers.UserAgent.Add(Agent);
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSecrets.Sign(keys, id, timestamp, body.Span));
        return request;
    }

    private Attempt Judge(HttpResponseMessage answer, string words)
    {
        var status = (int)answer.StatusCode;
        if (answer.IsSuccessStatusCode)
        {
            return new Attempt(status, null);
        }

        if (status is >= 300 and < 400)
        {
            return new Attempt(status, "The receiver sends us elsewhere; redirects are not followed. Enter the address where it really is.");
        }

        var asked = answer.Headers.RetryAfter;
        var wait = asked?.Delta ?? (asked?.Date is { } date ? date - time.GetUtcNow() : null);
        return new Attempt(
            status, FormattableString.Invariant($"The receiver answered {status}{(words.Length > 0 ? ": " + words : ".")}"), wait > TimeSpan.Zero ? wait : null);
    }

    // The answer is read to its end, or to the limit: one that breaks off is none. What it says is for a person to read, nothing else.
    private async Task<string> ReadAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[1024];
        var head = new byte[MaximumWords * 2];
        var (all, kept) = (0, 0);
        while (all < options.MaximumAnswer && await stream.ReadAsync(buffer, cancel) is > 0 and var read)
        {
            var take = Math.Min(read, head.Length - kept);
            buffer.AsSpan(0, take).CopyTo(head.AsSpan(kept));
            (all, kept) = (all + read, kept + take);
        }

        return Plain(Encoding.UTF8.GetString(head, 0, kept));
    }

    // One line of printable characters.
    private static string Plain(string text)
    {
        var words = string.Join(' ', new string([.. text.Select(c => char.IsControl(c) || char.IsSurrogate(c) || c == '\uFFFD' ? ' ' : c)]).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return words.Length <= MaximumWords ? words : words[..MaximumWords] + "…";
    }

    private static string Words(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case AddressRefusedException:
                    return inner.Message;
                case SocketException socket:
                    return $"No connection: {socket.SocketErrorCode}.";
                case AuthenticationException:
                    return "TLS failed: " + Plain(inner.Message);
            }
        }

        return ((e as HttpRequestException)?.HttpRequestError ?? (e as HttpIOException)?.HttpRequestError) switch
        {
            HttpRequestError.ResponseEnded => "The receiver broke off before its answer was whole.",
            HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded => "The answer is no HTTP of a sensible size.",
            _ => "No delivery: " + Plain(e.Message),
        };
    }
}
