using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Api;

/// <summary>Import and export of the registry.</summary>
internal static class ImportApi
{
    private const string Lines = "application/x-ndjson";

    /// <summary>Words of progress that may wait for a slow reader; older ones are dropped.</summary>
    private const int Words = 16;

    /// <summary>
    /// All rows or none. Who accepts <c>application/x-ndjson</c> is told how far it is, line by line; the last line is the result or
    /// the problem.
    /// </summary>
    public static async Task ImportAsync(Call call)
    {
        var format = FormatOf(call.Http.Request);

        // Read whole before it is judged: a slow sender must not hold the registry.
        using var body = new MemoryStream();
        await call.Http.Request.Body.CopyToAsync(body, call.Cancel);
        body.Position = 0;
        var (registry, dryRun, who) = (call.Services.Book.Registry, call.Flag("dry-run"), call.Caller.Name);
        if (!call.Http.Request.Headers.Accept.ToString().Contains(Lines, StringComparison.OrdinalIgnoreCase))
        {
            await call.ReplyAsync(await RegistryImport.RunAsync(registry, body, format, dryRun, who, null, call.Cancel));
            return;
        }

        call.Http.Response.ContentType = Lines;
        var progress = new Told();
        var run = Task.Run(
            async () =>
            {
                try
                {
                    return await RegistryImport.RunAsync(registry, body, format, dryRun, who, progress, call.Cancel);
                }
                finally
                {
                    progress.End();
                }
            },
            call.Cancel);
        await foreach (var far in progress.Words.ReadAllAsync(call.Cancel))
        {
            await LineAsync(call, far);
        }

        try
        {
            await LineAsync(call, await run);
        }
        catch (RegistryException e)
        {
            await LineAsync(call, new { status = 400, title = "Bad request", detail = $"Nothing was changed: {e.Errors.Count} errors.", errors = e.Errors });
        }
    }

    public static async Task ExportAsync(Call call)
    {
        var edits = RegistryImport.Export(call.Services.Book.Registry.Current);
        if (!Access.Phones.Allows(call.Caller))
        {
            edits = edits with { Zones = [.. edits.Zones.Select(z => z.WithoutPhones())] };
        }

        switch (call.Query("format"))
        {
            case null or "json":
                call.Http.Response.Headers.ContentDisposition = "attachment; filename=\"registry.json\"";
                await call.ReplyAsync(edits);
                return;
            case "csv":
                using (var text = new StringWriter())
                {
                    RegistryCsv.Write(text, edits);

                    // The mark tells Excel that it is UTF-8; without it every Vietnamese letter is broken there.
                    await FileAsync(call, "registry.csv", "text/csv; charset=utf-8", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text.ToString())]);
                }

                return;
            case "geojson":
                using (var buffer = new MemoryStream())
                {
                    GeoJsonWriter.Write(buffer, edits);
                    await FileAsync(call, "registry.geojson", "application/geo+json", buffer.ToArray());
                }

                return;
            default:
                throw ProblemException.Bad("\"format\" is json, csv or geojson.");
        }
    }

    private static RegistryFormat FormatOf(HttpRequest request) => request.ContentType?.Split(';')[0].Trim().ToLowerInvariant() switch
    {
        "text/csv" => RegistryFormat.Csv,
        "application/geo+json" => RegistryFormat.GeoJson,
        _ when request.HasJsonContentType() => RegistryFormat.Json,
        _ => throw new ProblemException(415, "Unsupported media type", "Send JSON (application/json), CSV (text/csv) or GeoJSON (application/geo+json)."),
    };

    private static async Task FileAsync(Call call, string name, string type, byte[] content)
    {
        call.Http.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        call.Http.Response.ContentType = type;
        await call.Http.Response.Body.WriteAsync(content, call.Cancel);
    }

    private static async Task LineAsync<T>(Call call, T value)
    {
        await call.Http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, BookJson.Options), call.Cancel);
        await call.Http.Response.Body.WriteAsync("\n"u8.ToArray(), call.Cancel);
        await call.Http.Response.Body.FlushAsync(call.Cancel);
    }

    private sealed class Told : IProgress<ImportProgress>
    {
        private readonly Channel<ImportProgress> _words = Channel.CreateBounded<ImportProgress>(
            new BoundedChannelOptions(ImportApi.Words) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

        public ChannelReader<ImportProgress> Words => _words.Reader;

        public void Report(ImportProgress value) => _words.Writer.TryWrite(value);

        public void End() => _words.Writer.TryComplete();
    }
}
