using System.Text;
using System.Text.Json;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Api;

/// <summary>Import and export of the registry.</summary>
internal static class ImportApi
{
    private const string Lines = "application/x-ndjson";

    /// <summary>
    /// All rows or none. Who accepts <c>application/x-ndjson</c> is told how far it is, line by line; the last line is the result or
    /// the problem.
    /// </summary>
    public static async Task ImportAsync(Call call)
    {
        var csv = call.Http.Request.ContentType?.StartsWith("text/csv", StringComparison.OrdinalIgnoreCase) == true;
        if (!csv && !call.Http.Request.HasJsonContentType())
        {
            throw new ProblemException(415, "Unsupported media type", "Send JSON (application/json) or CSV (text/csv).");
        }

        // Read whole before it is judged: a slow sender must not hold the registry.
        using var body = new MemoryStream();
        await call.Http.Request.Body.CopyToAsync(body, call.Cancel);
        body.Position = 0;
        var (registry, dryRun, who) = (call.Services.Book.Registry, call.Flag("dry-run"), call.Caller.Name);
        if (!call.Http.Request.Headers.Accept.ToString().Contains(Lines, StringComparison.OrdinalIgnoreCase))
        {
            await call.ReplyAsync(await RegistryImport.RunAsync(registry, body, csv, dryRun, who, null, call.Cancel));
            return;
        }

        call.Http.Response.ContentType = Lines;
        var progress = new Latest();
        var run = RegistryImport.RunAsync(registry, body, csv, dryRun, who, progress, call.Cancel);
        while (await Task.WhenAny(run, Task.Delay(TimeSpan.FromMilliseconds(200), call.Services.Time, call.Cancel)) != run)
        {
            await LineAsync(call, progress.Value);
        }

        try
        {
            await LineAsync(call, await run);
        }
        catch (RegistryException e)
        {
            await LineAsync(call, new { status = 400, title = "Bad request", detail = "Nothing was changed.", errors = e.Errors });
        }
    }

    public static async Task ExportAsync(Call call)
    {
        var edits = RegistryImport.Export(call.Services.Book.Registry.Current);
        switch (call.Query("format"))
        {
            case null or "json":
                call.Http.Response.Headers.ContentDisposition = "attachment; filename=\"registry.json\"";
                await call.ReplyAsync(edits);
                return;
            case "csv":
                call.Http.Response.Headers.ContentDisposition = "attachment; filename=\"registry.csv\"";
                call.Http.Response.ContentType = "text/csv; charset=utf-8";
                using (var text = new StringWriter())
                {
                    RegistryCsv.Write(text, edits);
                    await call.Http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), call.Cancel);
                }

                return;
            default:
                throw ProblemException.Bad("\"format\" is json or csv.");
        }
    }

    private static async Task LineAsync<T>(Call call, T value)
    {
        await call.Http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, BookJson.Options), call.Cancel);
        await call.Http.Response.Body.WriteAsync("\n"u8.ToArray(), call.Cancel);
        await call.Http.Response.Body.FlushAsync(call.Cancel);
    }

    private sealed class Latest : IProgress<ImportProgress>
    {
        public ImportProgress Value { get; private set; }

        public void Report(ImportProgress value) => Value = value;
    }
}
