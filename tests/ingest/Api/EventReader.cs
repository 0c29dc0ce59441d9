using System.Globalization;
using System.Text.Json;

namespace SmartCity.Ingest.Tests.Api;

/// <summary>Reads server-sent events as a browser does.</summary>
internal sealed class EventReader(HttpResponseMessage answer, StreamReader lines) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task<EventReader> OpenAsync(Person who, long? lastSeen = null)
    {
        using var request = who.Request(HttpMethod.Get, "/api/v1/events");
        if (lastSeen is not null)
        {
            request.Headers.Add("Last-Event-ID", lastSeen.Value.ToString(CultureInfo.InvariantCulture));
        }

        var answer = await who.Rig.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        return new EventReader(answer, new StreamReader(await answer.Content.ReadAsStreamAsync()));
    }

    /// <summary>The next event; a heartbeat is one named ":"; null at the end.</summary>
    public async Task<Event?> NextAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var (id, name, data) = (-1L, "message", "");
        while (await lines.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.Length == 0)
            {
                return new Event(id, name, data);
            }

            var at = line.IndexOf(':', StringComparison.Ordinal);
            var value = line[(at + 1)..].TrimStart();
            switch (line[..at])
            {
                case "":
                    name = ":";
                    break;
                case "id":
                    id = long.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "event":
                    name = value;
                    break;
                case "data":
                    data += value;
                    break;
                default:
                    Assert.Fail(line);
                    break;
            }
        }

        return null;
    }

    public void Dispose()
    {
        lines.Dispose();
        answer.Dispose();
    }

    internal sealed record Event(long Id, string Name, string Data)
    {
        public JsonElement Json => JsonElement.Parse(Data);
    }
}
