using System.Net.Security;

namespace SmartCity.Edge.Doctor;

/// <summary>
/// The time by a server's HTTP answer (<c>Date</c>, RFC 9110 §6.6.1). Its certificate is not judged here: by a wrong clock none is valid,
/// and the answer is only compared with our clock, never set.
/// </summary>
internal static class ServerTime
{
    // The server's own default port (CONTRACTS, HTTP).
    private const int HttpsPort = 8443;

    /// <summary>Asks the first server that answers; null when none does in time.</summary>
    public static async Task<DateTimeOffset?> AskAsync(Patient p, TimeSpan patience, CancellationToken cancel)
    {
        var addresses = p.Peek?.Https is { Count: > 0 } https
            ? https
            : [.. (p.Peek?.Servers ?? []).Select(s => Uri.TryCreate(s, UriKind.Absolute, out var u) && u.Scheme == "mqtts" ? $"https://{u.Host}:{HttpsPort}" : "")];
        var answers = await Task.WhenAll(addresses.Where(a => a.Length > 0).Select(a => AskAsync(a, patience, cancel)));
        return answers.FirstOrDefault(a => a is not null);
    }

    private static async Task<DateTimeOffset?> AskAsync(string address, TimeSpan patience, CancellationToken cancel)
    {
        try
        {
            using var handler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
                ConnectTimeout = patience,
                AllowAutoRedirect = false,
            };
            using var http = new HttpClient(handler) { Timeout = patience };
            using var request = new HttpRequestMessage(HttpMethod.Head, address);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            return answer.Headers.Date;
        }
        catch (Exception e) when (e is HttpRequestException or UriFormatException or InvalidOperationException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }
}
