using System.Net;
using Microsoft.Extensions.Primitives;

namespace SmartCity.Ingest.Api;

/// <summary>
/// Whether a request comes from this machine and from no web page of somebody else's: the address is loopback, so is the Host
/// header (a rebound DNS name is not), no proxy stands between, and no browser says that another site sent it.
/// </summary>
internal static class OpenDoor
{
    private static readonly string[] ProxyHeaders =
        ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Original-Host", "X-Real-IP", "Via"];

    public static bool IsNeighbour(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote) &&
        IsLoopbackHost(http.Request.Host.Host) &&
        !ProxyHeaders.Any(http.Request.Headers.ContainsKey) &&
        IsSameSite(http.Request);

    private static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ||
        (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool IsSameSite(HttpRequest request)
    {
        if (request.Headers.TryGetValue("Sec-Fetch-Site", out var site) && site is not ["same-origin"] and not ["none"])
        {
            return false;
        }

        StringValues origin = request.Headers.Origin;
        return StringValues.IsNullOrEmpty(origin) ||
            (Uri.TryCreate(origin.ToString(), UriKind.Absolute, out var from) && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
