using System.Globalization;
using System.Text.Json;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Peers;

/// <summary>
/// What other servers of the city ask of this one, on the HTTPS port under the name <see cref="PeerTls.Host"/>: only who proves there to be a server of the
/// city is answered, to everybody else the address does not exist.
/// </summary>
internal sealed class PeerEndpoint(OwnLive own, Func<RegistrySnapshot> registry, TimeProvider time)
{
    /// <summary>Where it is.</summary>
    public const string Path = "/cluster/v1/live";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1) - TimeSpan.FromMilliseconds(100); // who asks once a second shall not see every other frame twice

    private readonly OncePer<OwnFrame> _devices = new(time, Second, (before, _) => ValueTask.FromResult(OwnFrame.Make(own, registry(), before)));
    private readonly OncePer<OwnGateways> _looked = new(time, Second, (before, _) => ValueTask.FromResult(OwnGateways.Make(own, before, looked: true)));
    private readonly OncePer<OwnGateways> _gateways = new(time, Second, (before, _) => ValueTask.FromResult(OwnGateways.Make(own, before, looked: false)));

    /// <summary>Puts it into an application.</summary>
    public void Map(WebApplication app) => app.MapGet(Path, AnswerAsync);

    private async Task AnswerAsync(HttpContext http)
    {
        if (PeerTls.ServerOf(http) is null)
        {
            throw ProblemException.Missing("page of that name");
        }

        var query = http.Request.Query;
        var live = query["live"] == "1";
        var gateways = await (live ? _looked : _gateways).GetAsync(http.RequestAborted);
        var devices = live ? await _devices.GetAsync(http.RequestAborted) : null;
        using var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = BookJson.Options.Encoder, SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("at", time.Nanoseconds());
            var after = query["after"].FirstOrDefault();
            if (after is null)
            {
                json.WritePropertyName("status");
                JsonSerializer.Serialize(json, own.Status(), BookJson.Options);
                if (Number("gateways") != gateways.Version)
                {
                    json.WriteNumber("gatewaysVersion", gateways.Version);
                    json.WritePropertyName("gateways");
                    JsonSerializer.Serialize(json, gateways.Items, BookJson.Options);
                }
            }

            devices?.Write(json, own, Number("since"), after);
            json.WriteEndObject();
        }

        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = buffer.Length;
        await http.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), http.RequestAborted);

        long? Number(string name) => long.TryParse(query[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
