using Microsoft.Extensions.FileProviders;

namespace SmartCity.Ingest.Serve;

/// <summary>Serves the console's files from the program's own folder.</summary>
internal static class ConsoleFiles
{
    /// <summary>Nothing from elsewhere, but for what a style of the city's own asks for from its own origin.</summary>
    /// <param name="mapStyle">Where that style is; null for none.</param>
    /// <remarks>blob: images are what the map's library makes of its own drawings; workers are files of the console, never blobs.</remarks>
    internal static string ContentPolicy(Uri? mapStyle)
    {
        var map = mapStyle is null ? "" : " " + mapStyle.GetLeftPart(UriPartial.Authority);
        return $"default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob:{map}; connect-src 'self'{map}; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    }

    // Names in assets/ carry a hash of what is in the file: they never change.
    private const string Forever = "public, max-age=31536000, immutable";

    public static void Map(WebApplication app, Uri? mapStyle)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (!Directory.Exists(folder))
        {
            return;
        }

        var policy = ContentPolicy(mapStyle);
        var files = new PhysicalFileProvider(folder);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            OnPrepareResponse = response =>
            {
                response.Context.Response.Headers.CacheControl =
                    response.Context.Request.Path.StartsWithSegments("/assets", StringComparison.Ordinal) ? Forever : "no-cache";
                response.Context.Response.Headers.ContentSecurityPolicy = policy;
            },
        });
    }
}
