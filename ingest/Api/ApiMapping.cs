namespace SmartCity.Ingest.Api;

/// <summary>Puts the API into an application.</summary>
internal static class ApiMapping
{
    /// <summary>
    /// Maps every route of <see cref="Routes"/> behind one gate. Call it once, before anything else is mapped: its middleware turns
    /// every error of the application, other people's 404s included, into problem details.
    /// </summary>
    public static void MapCityApi(this WebApplication app, ApiServices services)
    {
        var gate = new ApiGate(services, app.Services.GetRequiredService<ILogger<ApiGate>>());
        app.Use(next => http => gate.InvokeAsync(http, next));
        foreach (var route in Routes.All)
        {
            app.MapMethods(route.Pattern, [route.Method], http => gate.RunAsync(http, route)).WithMetadata(route);
        }
    }
}
