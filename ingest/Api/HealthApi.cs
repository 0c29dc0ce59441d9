using System.Text;

namespace SmartCity.Ingest.Api;

/// <summary>Whether the server lives, whether it is ready, what it counts, and what it can be asked.</summary>
internal static class HealthApi
{
    internal sealed record Health(string Status);

    public static Task LiveAsync(Call call) => call.ReplyAsync(new Health("ok"));

    public static Task ReadyAsync(Call call)
    {
        var faults = call.Services.Ready();
        return faults.Count == 0
            ? call.ReplyAsync(new Health("ready"))
            : throw new ProblemException(503, "Not ready", string.Join("; ", faults.Select(f => $"{f.Part}: {f.Message}"))).With("faults", faults);
    }

    public static async Task MetricsAsync(Call call)
    {
        call.Http.Response.ContentType = MetricsText.ContentType;
        var samples = (await BookFigures.ReadAsync(call.Services, call.Cancel)).Concat(call.Services.Metrics());
        await call.Http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(MetricsText.Write(samples)), call.Cancel);
    }

    public static async Task OpenApiAsync(Call call)
    {
        call.Http.Response.ContentType = "application/json; charset=utf-8";
        await call.Http.Response.Body.WriteAsync(OpenApiDocument.Bytes, call.Cancel);
    }

    public static Task QuarantineAsync(Call call)
    {
        _ = call.Before; // a cursor that is none of ours is told so
        return call.ReplyAsync(call.Services.Quarantine(call.Limit, call.Query("cursor"), call.Query("reason"), call.Query("source")));
    }
}
