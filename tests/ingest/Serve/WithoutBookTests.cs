using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using SmartCity.Ingest.Serve;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Mqtt;
using SmartCity.Telemetry;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Serve;

/// <summary>A whole server while its PostgreSQL is behind a cut wire: what goes on, what is said, and what there is when it is back.</summary>
public sealed class WithoutBookTests(PostgresBookTests.Server postgres) : IDisposable
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-away-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Readings_go_on_a_fire_is_seen_and_nobody_is_told_what_the_book_has_not_got()
    {
        var started = await postgres.StartedAsync();
        await using var wire = new Wire(started.Port);
        var address = started.Address.Replace(FormattableString.Invariant($"Port={started.Port}"), FormattableString.Invariant($"Port={wire.Port}"), StringComparison.Ordinal);
        var (http, mqtt) = (Ports.Free(), Ports.Free());
        await using var server = await CityServer.StartAsync(Options(address + ";Search Path=" + PostgresBookTests.Schema(), http, mqtt), TimeProvider.System, Cancel);
        using var officer = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(FormattableString.Invariant($"http://127.0.0.1:{http}")) };
        var code = (await server.OneTimeLoginAsync(Cancel)).Split("#code=")[1];
        using var login = await officer.PostAsync(Path("/api/v1/login/code"), Json($"{{\"code\":\"{code}\"}}"), Cancel);
        using var me = JsonDocument.Parse(await login.Content.ReadAsStringAsync(Cancel));
        officer.DefaultRequestHeaders.Add("X-CSRF-Token", me.RootElement.GetProperty("csrf").GetString());
        using var stream = await Stream.OpenAsync(officer);
        Assert.Equal("ready", (await stream.NextAsync()).Name);
        await using var telemetry = Client("gw-1", mqtt);
        await telemetry.ConnectAsync(Cancel);
        await SayAsync(telemetry, "gw-1", "weather_station,device=w-1 temperature_celsius=21.5");
        var alarm = Client("gw-1.alarm", mqtt);
        await alarm.ConnectAsync(Cancel);
        ReasonCode? sentAway = null;
        alarm.Disconnected += why => sentAway = why.Reason;
        await SayAsync(alarm, "gw-1", "fire_detector,device=f-1 smoke_density_percent=0");
        Assert.Equal(200, (int)(await officer.GetAsync(Path("/readyz"), Cancel)).StatusCode);

        wire.Cut();
        await UntilAsync(async () => (await officer.GetAsync(Path("/readyz"), Cancel)).StatusCode == HttpStatusCode.ServiceUnavailable);
        Assert.Contains("\"part\":\"book\"", await officer.GetStringAsyncOf("/readyz"), StringComparison.Ordinal);
        var since = await stream.UntilAsync("provisional");
        Assert.Equal(-1, since.Id);
        Assert.True(since.Data.GetProperty("away").GetBoolean());

        // Whoever reads the figures reads for how long, and no number of open alerts that nobody knows.
        var figures = await officer.GetStringAsync(Path("/metrics"), Cancel);
        Assert.Matches(@"(?m)^smartcity_book_away_seconds (?!0$)", figures);
        Assert.DoesNotContain("smartcity_alerts_open{", figures, StringComparison.Ordinal);

        // The alarm connection is sent away, and refused: the other servers' turn.
        await UntilAsync(() => Task.FromResult(sentAway is not null));
        Assert.Equal(ReasonCode.UseAnotherServer, sentAway); // a gateway that is told so asks here no second time
        await alarm.DisposeAsync();
        await using (var again = Client("gw-1.alarm", mqtt))
        {
            Assert.Equal(ReasonCode.ServerUnavailable, (await Assert.ThrowsAsync<MqttConnectException>(() => again.ConnectAsync(Cancel))).Reason);
        }

        // Readings go on.
        await SayAsync(telemetry, "gw-1", "weather_station,device=w-1 temperature_celsius=22.5");
        await using var newcomer = Client("gw-3", mqtt);
        await newcomer.ConnectAsync(Cancel);

        // One that no server takes is heard all the same: seen here, not acknowledged.
        await using var second = Client("gw-1.alarm", mqtt);
        await UntilAsync(async () =>
        {
            try
            {
                await second.ConnectAsync(Cancel);
                return true;
            }
            catch (MqttConnectException)
            {
                return false;
            }
        });
        var fire = SayAsync(second, "gw-1", "fire_detector,device=f-1 smoke_density_percent=40,loop_state=1i");
        var seen = await stream.UntilAsync("provisional", data => data.GetProperty("count").GetInt32() > 0);
        var item = seen.Data.GetProperty("items")[0];
        Assert.True(item.GetProperty("provisional").GetBoolean());
        Assert.Equal(("raised", "f-1"), (item.GetProperty("state").GetString(), item.GetProperty("device").GetString()));
        Assert.False(fire.IsCompletedSuccessfully);

        // People who were signed in see; what needs the book says so at once; nothing is half done.
        Assert.Equal(200, (int)(await officer.GetAsync(Path("/api/v1/me"), Cancel)).StatusCode);
        Assert.Contains(item.GetProperty("id").GetString()!, await officer.GetStringAsync(Path("/api/v1/alerts/provisional"), Cancel), StringComparison.Ordinal);
        Assert.Contains(item.GetProperty("id").GetString()!, await officer.GetStringAsync(Path("/api/v1/servers"), Cancel), StringComparison.Ordinal); // what other servers hear of it
        var watch = Stopwatch.StartNew();
        using var list = await officer.GetAsync(Path("/api/v1/alerts?state=open"), Cancel);
        using var wish = new HttpRequestMessage(HttpMethod.Post, Path($"/api/v1/alerts/{item.GetProperty("id").GetString()}/acknowledge")) { Content = Json("{}"), Headers = { { "If-Match", "\"1\"" } } };
        using var act = await officer.SendAsync(wish, Cancel);
        Assert.Equal((503, 503), ((int)list.StatusCode, (int)act.StatusCode));
        var words = await act.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("Nothing was changed", words, StringComparison.Ordinal);
        Assert.Contains("\"bookAway\":\"unchanged\"", words, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        using (var late = await Stream.OpenAsync(officer))
        {
            Assert.Equal("ready", (await late.NextAsync()).Name);
            Assert.True((await late.NextAsync()).Data.GetProperty("count").GetInt32() > 0);
        }

        wire.Mend();
        var raised = await stream.UntilAsync("alert", data => data.GetProperty("id").GetString() == item.GetProperty("id").GetString());
        Assert.True(raised.Id > 0);
        Assert.False(raised.Data.TryGetProperty("provisional", out _));
        Assert.Equal(0, (await stream.UntilAsync("provisional", data => !data.GetProperty("away").GetBoolean() && data.GetProperty("count").GetInt32() == 0)).Data.GetProperty("items").GetArrayLength());
        await UntilAsync(async () => (await officer.GetAsync(Path("/readyz"), Cancel)).StatusCode == HttpStatusCode.OK);
        await fire.WaitAsync(Patience, Cancel);

        // Whoever came while nobody could note it comes again.
        await UntilAsync(() => Task.FromResult(newcomer.IsConnected && server.Engine.Node.Holds("gw-3", Lane.Telemetry) && server.Engine.Node.HolderOf("gw-3", Lane.Telemetry) is not null));
    }

    private static Uri Path(string path) => new(path, UriKind.Relative);

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static MqttClient Client(string id, int port) => new(new MqttClientOptions { Host = "127.0.0.1", Port = port, ClientId = id, Version = ProtocolVersion.V500 });

    private static async Task SayAsync(MqttClient client, string gateway, string line) => Assert.Equal(
        ReasonCode.Success,
        await client.PublishAsync(
            CityTopic.Of(gateway, line.StartsWith("fire", StringComparison.Ordinal) ? CityTopicKind.Alarm : CityTopicKind.Telemetry), Encoding.UTF8.GetBytes(line + "\n"), QualityOfService.AtLeastOnce,
            retain: false, null, Cancel));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var watch = Stopwatch.StartNew(); !await condition();)
        {
            Assert.True(watch.Elapsed < Patience, "it did not happen");
            await Task.Delay(100, Cancel);
        }
    }

    private ServeOptions Options(string address, int http, int mqtt)
    {
        var settings = Settings.Load(null, name => name == "SMARTCITY_BOOK_POSTGRES" ? address : null, [
            ("data", _folder), ("http.port", FormattableString.Invariant($"{http}")), ("mqtt.port", FormattableString.Invariant($"{mqtt}")), ("open", "true"), ("cluster.name", "one")]);
        var options = ServeOptions.From(settings);
        Assert.Empty(settings.Errors);
        return options;
    }

    private sealed record Happened(long Id, string Name, JsonElement Data);

    private sealed class Stream(StreamReader lines) : IDisposable
    {
        public static async Task<Stream> OpenAsync(HttpClient who) => new(new StreamReader(await who.GetStreamAsync(Path("/api/v1/events"), Cancel)));

        public async Task<Happened> NextAsync()
        {
            using var patience = new CancellationTokenSource(Patience);
            var (id, name, data) = (-1L, "", "{}");
            while (await lines.ReadLineAsync(patience.Token) is { } line)
            {
                if (line.Length == 0 && name.Length > 0)
                {
                    return new Happened(id, name, JsonDocument.Parse(data).RootElement);
                }

                var at = line.IndexOf(':', StringComparison.Ordinal);
                var value = line.Length > at + 1 ? line[(at + 1)..].TrimStart() : "";
                switch (at > 0 ? line[..at] : "")
                {
                    case "id":
                        id = long.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
                        break;
                    case "event":
                        name = value;
                        break;
                    case "data":
                        data = value;
                        break;
                }
            }

            throw new InvalidOperationException("the stream has ended");
        }

        public async Task<Happened> UntilAsync(string name, Func<JsonElement, bool>? what = null)
        {
            while (true)
            {
                if (await NextAsync() is var happened && happened.Name == name && what?.Invoke(happened.Data) != false)
                {
                    return happened;
                }
            }
        }

        public void Dispose() => lines.Dispose();
    }
}

internal static class AnswerText
{
    public static async Task<string> GetStringAsyncOf(this HttpClient client, string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), CancellationToken.None);
        return await answer.Content.ReadAsStringAsync(CancellationToken.None);
    }
}
