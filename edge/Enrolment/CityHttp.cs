using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SmartCity.Edge.Tls;

namespace SmartCity.Edge.Enrolment;

/// <summary>The few HTTP requests that a gateway makes, and what is believed of their answers.</summary>
internal static class CityHttp
{
    /// <summary>Longest answer read: two certificates and a little.</summary>
    private const int LongestAnswer = 64 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks for a text over a connection that trusts nobody: only for what a fingerprint vouches for.</summary>
    /// <exception cref="EnrolException">There is no answer.</exception>
    public static Task<string> TextAsync(Uri server, string route, CancellationToken cancel) =>
        SendAsync(server, null, (http, c) => http.GetStringAsync(route, c), cancel);

    /// <summary>Posts JSON over a connection that trusts these authorities only, and reads the certificate that comes back.</summary>
    /// <exception cref="EnrolException">The server is not the city's, refuses, or does not answer.</exception>
    public static Task<EnrolReply> AskAsync<T>(
        Uri server, string route, T body, JsonTypeInfo<T> type, X509Certificate2Collection? authorities, CancellationToken cancel) => SendAsync(
        server,
        authorities,
        async (http, c) =>
        {
            using var answer = await http.PostAsJsonAsync(route, body, type, c);
            if (!answer.IsSuccessStatusCode)
            {
                throw new EnrolException($"the server refused ({(int)answer.StatusCode}): {await ReadProblemAsync(answer, c)}")
                {
                    Fault = answer.StatusCode switch
                    {
                        HttpStatusCode.Forbidden => EnrolFault.Code,
                        HttpStatusCode.TooManyRequests => EnrolFault.TooMany,
                        _ => EnrolFault.Other,
                    },
                };
            }

            return await answer.Content.ReadFromJsonAsync(EnrolJson.Default.EnrolReply, c) ?? throw new EnrolException("the server's answer is empty");
        },
        cancel);

    /// <summary>Does something over a connection that trusts <paramref name="authorities"/> only. Without any nothing is trusted, and
    /// nothing secret may be sent.</summary>
    private static async Task<T> SendAsync<T>(
        Uri server, X509Certificate2Collection? authorities, Func<HttpClient, CancellationToken, Task<T>> act, CancellationToken cancel)
    {
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            SslOptions = authorities is null
                ? new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true }
                : CertificateFiles.ClientOptions(server.Host, authorities, null),
        };
        using var http = new HttpClient(handler) { BaseAddress = server, Timeout = Patience, MaxResponseContentBufferSize = LongestAnswer };
        try
        {
            return await act(http, cancel);
        }
        catch (HttpRequestException e)
        {
            throw new EnrolException($"{server}: {e.InnerException?.Message ?? e.Message}", e) { Fault = Why(e) };
        }
        catch (JsonException e)
        {
            throw new EnrolException($"{server} answered something that is no certificate", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new EnrolException($"{server} did not answer within {Patience.TotalSeconds:0} s", e) { Fault = EnrolFault.NoAnswer };
        }
    }

    /// <summary>The chain's own word for what is wrong with the server's certificate stands in the message only.</summary>
    private static EnrolFault Why(HttpRequestException fault) => fault.InnerException is not AuthenticationException tls ? EnrolFault.NoAnswer
        : tls.Message.Contains("NotTimeValid", StringComparison.Ordinal) ? EnrolFault.Clock
        : tls.Message.Contains("NameMismatch", StringComparison.Ordinal) ? EnrolFault.OtherHost
        : tls.Message.Contains("corrupted frame", StringComparison.Ordinal) ? EnrolFault.NoTls
        : EnrolFault.OtherCity;

    private static async Task<string> ReadProblemAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        try
        {
            var problem = await answer.Content.ReadFromJsonAsync(EnrolJson.Default.Problem, cancel);
            return problem?.Detail ?? problem?.Title ?? "no reason given";
        }
        catch (JsonException)
        {
            return "no reason given";
        }
    }
}

/// <summary>Body of <c>POST /api/v1/enrol</c>.</summary>
internal sealed record EnrolRequest(string Code, string Csr, string Gateway);

/// <summary>Body of <c>POST /api/v1/renew</c>.</summary>
internal sealed record RenewRequest(string Gateway, string Csr, string Certificate, string At, string Signature);

/// <summary>The answer of both.</summary>
internal sealed record EnrolReply(string Gateway, string Certificate, string Ca);

/// <summary>What is read of a problem (RFC 9457).</summary>
internal sealed record Problem(string? Title, string? Detail);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EnrolRequest))]
[JsonSerializable(typeof(RenewRequest))]
[JsonSerializable(typeof(EnrolReply))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class EnrolJson : JsonSerializerContext;
