using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.City;
using SmartCity.Ingest.Api;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Delivery;
using SmartCity.Ingest.History;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Quarantine;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Api;

/// <summary>The API on a real Kestrel, port 0, with a real book; time stands still until a test moves it.</summary>
internal sealed class ApiRig : IAsyncDisposable
{
    public const string Password = "correct-horse-battery";

    private WebApplication _app = null!;
    private CityCa _ca = null!;

    public BookRig Store { get; private set; } = null!;

    public CityBook Book => Store.Book;

    public IdentityService Identity { get; private set; } = null!;

    public ApiServices Services { get; private set; } = null!;

    public LogCapture Log { get; } = new();

    public Lines Written { get; } = new();

    public DeliveryService Delivery { get; private set; } = null!;

    /// <summary>Where webhooks go; the default reaches nobody.</summary>
    internal DeliverySeams Seams { get; init; } = new();

    public ConcurrentQueue<CommandRow> Sent { get; } = new();

    public Uri Url { get; private set; } = null!;

    /// <summary>A client that keeps no cookies: every test says what it sends.</summary>
    public HttpClient Client { get; private set; } = null!;

    public static string Kind => KindCatalog.BuiltIn.All[0].Name;

    public static async Task<ApiRig> StartAsync(
        Func<ApiOptions, ApiOptions>? options = null, Func<IdentityOptions, IdentityOptions>? identity = null, bool tls = false, DeliverySeams? seams = null,
        Func<ApiServices, ApiServices>? services = null)
    {
        var rig = new ApiRig { Store = await BookRig.OpenAsync(), Seams = seams ?? new DeliverySeams() };
        var time = rig.Store.Time;
        rig._ca = CityCa.OpenOrCreate(Path.Combine(rig.Store.Folder, "ca"), time);
        rig.Identity = new IdentityService(rig.Book, rig._ca, time, (identity ?? (o => o))(new IdentityOptions { HashRounds = 1000 }));
        await rig.Identity.LoadAsync(CancellationToken.None);
        rig.Services = new ApiServices
        {
            Book = rig.Book,
            Identity = rig.Identity,
            Kinds = KindCatalog.BuiltIn,
            Time = time,
            Intake = rig.Written,
            History = (query, _) => Task.FromResult(
                query.Step is null
                    ? new HistoryPage([new(query.From, new HistoryValue(20.5)), new(query.From + 1000, new HistoryValue(21))], [], query.From + 2000)
                    : new HistoryPage([], [new(query.From, 1, 2, 3, 4)], null)),
            Quarantine = (limit, cursor, reason, source) => new QuarantinePage([], null),
            SendCommand = (command, _) =>
            {
                rig.Sent.Enqueue(command);
                return ValueTask.FromResult(true);
            },
            Metrics = () => [new("smartcity_test_total", "A \"test\".", MetricKind.Counter, 3, ("lane", "a\"b")), new("smartcity_test_total", "A \"test\".", MetricKind.Counter, 4, ("lane", "c"))],
            Delivery = rig.Delivery = new DeliveryService(
                rig.Book, WebhookSecrets.OpenOrCreate(Path.Combine(rig.Store.Folder, "webhooks.key")), rig.Seams, new DeliveryOptions(), time, new LoggerFactory([rig.Log]).CreateLogger<DeliveryService>()),
            Options = (options ?? (o => o))(new ApiOptions()),
        };
        await rig.Delivery.StartAsync(CancellationToken.None);
        rig.Services = services?.Invoke(rig.Services) ?? rig.Services;

        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(
            System.Net.IPAddress.Loopback,
            0,
            listen =>
            {
                if (tls)
                {
                    listen.UseHttps(rig._ca.ServerCertificate(["localhost", "127.0.0.1"]));
                }
            }));
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(rig.Log);
        rig._app = builder.Build();
        rig._app.MapCityApi(rig.Services);
        await rig._app.StartAsync();
        rig.Url = new Uri(rig._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        rig.Client = new HttpClient(new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => GatewayNames.IsSignedBy((X509Certificate2)certificate!, rig._ca.Certificate) },
        })
        { BaseAddress = rig.Url, Timeout = TimeSpan.FromSeconds(30) };
        return rig;
    }

    /// <summary>Signs a person of that role in; the person is made if there is none.</summary>
    public async Task<Person> SignInAsync(string role, string? name = null)
    {
        name ??= role;
        if ((await Identity.Users.ListAsync(CancellationToken.None)).TrueForAll(u => u.Name != name))
        {
            await Identity.Users.PutAsync(name, RoleWords.Parse([role])!.Value, Password, false, "test", CancellationToken.None);
        }

        using var answer = await Client.PostAsJsonAsync("/api/v1/login", new { user = name, password = Password });
        Assert.True(answer.IsSuccessStatusCode, string.Join('\n', Log.Lines.Where(l => l.StartsWith("Error", StringComparison.Ordinal))));
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        var me = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return new Person(this, name, cookie.Split(';')[0], me.GetProperty("csrf").GetString()!);
    }

    public async Task<string> KeyAsync(params string[] scopes) =>
        (await Identity.Keys.CreateAsync("test " + string.Join(' ', scopes), scopes, null, "test", CancellationToken.None)).Secret;

    /// <summary>A request by whoever holds a key.</summary>
    public Task<HttpResponseMessage> WithKeyAsync(string key, HttpMethod method, string path, HttpContent? body = null, string scheme = "Bearer")
    {
        var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, key);

        // A refusal comes before a large body is sent; without this the client may still be sending when the server hangs up.
        request.Headers.ExpectContinue = body?.Headers.ContentLength > 32_768;
        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    public async Task RaiseAsync(params AlertChange[] changes) => await Book.CommitAsync(BookRig.Commit(changes), CancellationToken.None);

    public async Task PutDeviceAsync(string id, string? gateway = null) => await Book.Registry.PutAsync(
        new RegistryEdits { Gateways = gateway is null ? [] : [new() { Id = gateway }], Devices = [new() { Id = id, Kind = Kind, Gateway = gateway }] }, "test", CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Delivery.DisposeAsync();
        Identity.Dispose();
        await Store.DisposeAsync();
        _ca.Dispose();
    }

    /// <summary>Takes every line but those of the device <c>bad</c>, and asks the principal about each device.</summary>
    internal sealed class Lines : ILineIntake
    {
        public ConcurrentQueue<string> Taken { get; } = new();

        public string? Paused { get; set; }

        public ValueTask<WriteOutcome> SubmitAsync(WritePrincipal who, ReadOnlyMemory<byte> lines, Precision precision, CancellationToken cancel)
        {
            if (Paused is not null)
            {
                return ValueTask.FromResult(new WriteOutcome(0, 0, []) { Paused = Paused });
            }

            var faults = new List<LineFault>();
            var taken = 0;
            var number = 0;
            foreach (var line in Encoding.UTF8.GetString(lines.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                number++;
                var device = line.Split("device=")[^1].Split(' ')[0];
                if (device == "bad" || !who.May(Encoding.UTF8.GetBytes(device)))
                {
                    faults.Add(new LineFault(number, 5, device == "bad" ? "syntax" : "forbidden", "words"));
                }
                else
                {
                    taken++;
                    Taken.Enqueue($"{precision} {line}");
                }
            }

            return ValueTask.FromResult(new WriteOutcome(taken, faults.Count, faults));
        }
    }
}

/// <summary>Somebody who has signed in.</summary>
internal sealed record Person(ApiRig Rig, string Name, string Cookie, string Csrf)
{
    public HttpRequestMessage Request(HttpMethod method, string path, string? json = null, long? revision = null, bool withToken = true)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Cookie", Cookie);
        if (withToken)
        {
            request.Headers.Add("X-CSRF-Token", Csrf);
        }

        if (revision is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{revision}\"");
        }

        if (json is not null)
        {
            request.Content = ApiRig.Json(json);
            request.Headers.ExpectContinue = json.Length > 32_768;
        }

        return request;
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null, long? revision = null, bool withToken = true) =>
        Rig.Client.SendAsync(Request(method, path, json, revision, withToken), HttpCompletionOption.ResponseHeadersRead);

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async Task<JsonElement> ReadAsync(string path)
    {
        using var answer = await GetAsync(path);
        Assert.Equal(200, (int)answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public Task<HttpResponseMessage> PostAsync(string path, string json = "{}", long? revision = null) => SendAsync(HttpMethod.Post, path, json, revision);
}
