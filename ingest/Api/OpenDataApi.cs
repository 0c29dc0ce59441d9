using SmartCity.Ingest.Reports;

namespace SmartCity.Ingest.Api;

/// <summary>Data for everybody, where the city has switched it on.</summary>
internal static class OpenDataApi
{
    public static async Task StationsAsync(Call call)
    {
        if (call.Services.OpenStations is not { } stations)
        {
            throw ProblemException.Missing("open data");
        }

        if (!stations.MayAsk(call.Remote, out var wait))
        {
            throw new ProblemException(429, "Too many requests", FormattableString.Invariant($"At most {OpenStations.PerMinute} requests a minute; the data changes once a minute."))
            {
                RetryAfter = wait,
            };
        }

        var answer = await stations.GetAsync(call.Services, call.Cancel);
        var response = call.Http.Response;
        response.Headers.AccessControlAllowOrigin = "*";
        response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        response.Headers.CacheControl = FormattableString.Invariant($"public, max-age={OpenStations.HoldsFor.TotalSeconds:0}");
        response.Headers.ETag = answer.Tag;
        if (call.Http.Request.Headers.IfNoneMatch.Any(h => h is not null && (h.Trim() == "*" || h.Contains(answer.Tag, StringComparison.Ordinal))))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = "application/geo+json; charset=utf-8";
        response.ContentLength = answer.Json.Length;
        await response.Body.WriteAsync(answer.Json, call.Cancel);
    }
}
