using Microsoft.Extensions.FileProviders;

namespace SmartCity.Ingest.Serve;

/// <summary>Serves the console's files from the program's own folder.</summary>
internal static class ConsoleFiles
{
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void Map(WebApplication app)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (!Directory.Exists(folder))
        {
            return;
        }

        var files = new PhysicalFileProvider(folder);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            OnPrepareResponse = response =>
            {
                response.Context.Response.Headers.CacheControl = "no-cache";
                response.Context.Response.Headers.ContentSecurityPolicy = ContentPolicy;
            },
        });
    }
}
