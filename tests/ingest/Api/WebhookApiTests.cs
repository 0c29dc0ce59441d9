using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using SmartCity.Ingest.Delivery;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Ingest.Tests.Delivery;

namespace SmartCity.Ingest.Tests.Api;

/// <summary>Webhooks over HTTP, as an administrator uses them.</summary>
public sealed class WebhookApiTests
{
    [Fact]
    public async Task A_secret_is_shown_once_and_is_nowhere_else()
    {
        var post = new Post();
        await using var rig = await StartAsync(post);
        var admin = await rig.SignInAsync("admin");
        var made = await DoAsync(admin, HttpMethod.Post, "/api/v1/webhooks", """{"name":"SMS","url":"https://sms.example.vn/in"}""", 201);
        var id = made.GetProperty("id").GetString()!;
        var first = made.GetProperty("secret").GetString()!;
        var second = (await DoAsync(admin, HttpMethod.Post, $"/api/v1/webhooks/{id}/secret")).GetProperty("secret").GetString()!;
        Assert.NotEqual(first, second);
        Assert.All((string[])[first, second], s => Assert.Matches("^whsec_[A-Za-z0-9+/]{43}=$", s));
        await DoAsync(admin, HttpMethod.Post, $"/api/v1/webhooks/{id}/test");
        await rig.RaiseAsync(BookRig.Change("a"));
        await UntilAsync(() => post.Taken.Count == 2);

        var said = new StringBuilder();
        foreach (var path in (string[])["/api/v1/webhooks", $"/api/v1/webhooks/{id}", $"/api/v1/webhooks/{id}/deliveries"])
        {
            said.Append((await admin.ReadAsync(path)).GetRawText());
        }

        said.AppendJoin('\n', rig.Log.Lines);
        foreach (var file in Directory.EnumerateFiles(rig.Store.Folder, "city.db*"))
        {
            using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(open, Encoding.Latin1);
            said.Append(await reader.ReadToEndAsync());
        }

        var all = said.ToString();
        foreach (var secret in (string[])[first, second, await File.ReadAllTextAsync(Path.Combine(rig.Store.Folder, "webhooks.key"))])
        {
            Assert.DoesNotContain(secret.Replace("whsec_", "", StringComparison.Ordinal).Trim(), all, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("secret\":", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_is_made_seen_changed_tried_and_removed()
    {
        var post = new Post();
        await using var rig = await StartAsync(post);
        var admin = await rig.SignInAsync("admin");
        var made = await DoAsync(admin, HttpMethod.Post, "/api/v1/webhooks", """{"name":"SMS","url":"https://sms.example.vn/in","kinds":["fire"],"minimumSeverity":"major","steps":["raised","escalated"]}""", 201);
        var path = "/api/v1/webhooks/" + made.GetProperty("id").GetString();
        post.Answer = (_, _) => Task.FromResult(new Attempt(500, "The receiver answered 500."));
        Assert.Equal((false, 500), await TestAsync(admin, path));
        await rig.RaiseAsync(BookRig.Change("a"));
        await UntilAsync(() => rig.Services.Delivery!.Progress(path[17..])?.FailingSince is not null);
        var view = await admin.ReadAsync(path);
        Assert.Equal(("failing", 1, 0, 500), (view.GetProperty("state").GetString(), view.GetProperty("behind").GetInt32(), view.GetProperty("dead").GetInt32(), view.GetProperty("lastStatus").GetInt32()));
        Assert.Equal("The receiver answered 500.", view.GetProperty("lastError").GetString());
        var waiting = (await admin.ReadAsync(path + "/deliveries?state=waiting")).GetProperty("items");
        Assert.Equal((1, "waiting", "fire", "raised"), (waiting.GetArrayLength(), waiting[0].GetProperty("state").GetString(), waiting[0].GetProperty("kind").GetString(), waiting[0].GetProperty("what").GetString()));

        // It answers again: a test that succeeds has the rest sent at once.
        post.Answer = (_, _) => Task.FromResult(new Attempt(204, null));
        Assert.Equal((true, 204), await TestAsync(admin, path));
        await UntilAsync(() => post.Taken.Count == 2);
        var letter = post.Taken.Last().Body;
        Assert.Equal(("alert", 1, "Thanh Hóa", "raised"), (letter.GetProperty("type").GetString(), letter.GetProperty("event").GetInt32(), letter.GetProperty("city").GetString(), letter.GetProperty("alert").GetProperty("transition").GetProperty("what").GetString()));
        Assert.False(letter.TryGetProperty("notify", out _));

        using (var stale = await admin.SendAsync(HttpMethod.Put, path, """{"name":"SMS 2","url":"https://sms.example.vn/in"}""", revision: 9))
        {
            Assert.Equal(409, (int)stale.StatusCode);
            Assert.Equal("admin", (await stale.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("by").GetString());
        }

        var changed = await DoAsync(admin, HttpMethod.Put, path, """{"name":"SMS 2","url":"https://sms.example.vn/in","enabled":false}""");
        Assert.Equal(("SMS 2", "off", 2), (changed.GetProperty("name").GetString(), changed.GetProperty("state").GetString(), changed.GetProperty("revision").GetInt32()));
        await DoAsync(admin, HttpMethod.Delete, path, null, 204);
        using var gone = await admin.GetAsync(path);
        Assert.Equal(404, (int)gone.StatusCode);
    }

    [Fact]
    public async Task A_dead_letter_is_seen_and_tried_again()
    {
        var post = new Post { Answer = (_, _) => Task.FromResult(new Attempt(302, "elsewhere")) };
        await using var rig = await StartAsync(post);
        var admin = await rig.SignInAsync("admin");
        var path = "/api/v1/webhooks/" + (await DoAsync(admin, HttpMethod.Post, "/api/v1/webhooks", """{"name":"SMS","url":"https://sms.example.vn/in"}""", 201)).GetProperty("id").GetString();
        await rig.RaiseAsync(BookRig.Change("a"));
        await rig.RaiseAsync(BookRig.Change("b"));
        await UntilAsync(() => admin.ReadAsync(path).GetAwaiter().GetResult().GetProperty("dead").GetInt32() == 2);
        var page = await admin.ReadAsync(path + "/deliveries?state=dead&limit=1");
        Assert.Equal(("1", 1, "a"), (page.GetProperty("next").GetString(), page.GetProperty("items")[0].GetProperty("event").GetInt32(), page.GetProperty("items")[0].GetProperty("alert").GetString()));
        Assert.Equal("b", (await admin.ReadAsync(path + "/deliveries?state=dead&limit=1&cursor=1")).GetProperty("items")[0].GetProperty("alert").GetString());
        foreach (var (n, status) in ((string, int)[])[("9", 404), ("x", 400), ("-1", 400)])
        {
            using var wrong = await admin.PostAsync($"{path}/deliveries/{n}/retry");
            Assert.Equal(status, (int)wrong.StatusCode);
        }

        post.Answer = (_, _) => Task.FromResult(new Attempt(200, null));
        Assert.Equal(2, (await DoAsync(admin, HttpMethod.Post, path + "/deliveries/all/retry", "{}", 202)).GetProperty("retrying").GetInt32());
        await UntilAsync(() => post.Taken.Count == 2);
        Assert.Equal([1L, 2], post.Taken.Select(l => l.Event));
        await UntilAsync(() => admin.ReadAsync(path).GetAwaiter().GetResult().GetProperty("dead").GetInt32() == 0);
    }

    [Theory]
    [InlineData("""{"name":"","url":"https://sms.example.vn/"}""", "\"name\"")]
    [InlineData("""{"name":"a","url":"https://user:hunter2@sms.example.vn/"}""", "no user and no password")]
    [InlineData("""{"name":"a","url":"https://127.0.0.1/"}""", "webhooks.private")]
    [InlineData("""{"name":"a","url":"http://sms.example.vn/"}""", "https")]
    [InlineData("""{"name":"a","url":"https://sms.example.vn/","steps":["rised"]}""", "raised, updated")]
    [InlineData("""{"name":"a","url":"https://sms.example.vn/","steps":[]}""", "\"steps\"")]
    [InlineData("""{"name":"a","url":"https://sms.example.vn/","kinds":["Fire!"]}""", "\"kinds\"")]
    [InlineData("""{"name":"a","url":"https://sms.example.vn/","minimumSeverity":"loud"}""", "minimumSeverity")]
    [InlineData("""{"name":"a","url":"https://sms.example.vn/","headers":{"X-A":"b"}}""", "headers")]
    [InlineData("""{"name":"a"}""", "\"url\"")]
    [InlineData("""{"url":null}""", "$")]
    public async Task A_body_that_is_none_is_refused_with_words(string body, string words)
    {
        await using var rig = await ApiRig.StartAsync();
        var admin = await rig.SignInAsync("admin");
        using var answer = await admin.PostAsync("/api/v1/webhooks", body);
        var problem = await answer.Content.ReadAsStringAsync();
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(words, JsonElement.Parse(problem).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_are_fifty_webhooks_at_the_most()
    {
        await using var rig = await StartAsync(new Post());
        var admin = await rig.SignInAsync("admin");
        for (var n = 0; n < 51; n++)
        {
            using var answer = await admin.PostAsync("/api/v1/webhooks", """{"name":"a","url":"https://sms.example.vn/","enabled":false}""");
            Assert.Equal(n < 50 ? 201 : 409, (int)answer.StatusCode);
        }

        Assert.Equal(50, (await admin.ReadAsync("/api/v1/webhooks")).GetProperty("items").GetArrayLength());
    }

    private static Task<ApiRig> StartAsync(Post post) => ApiRig.StartAsync(seams: new DeliverySeams { City = "Thanh Hóa", Sender = () => new Postman(post) });

    private static async Task<(bool, int)> TestAsync(Person admin, string path)
    {
        var result = await DoAsync(admin, HttpMethod.Post, path + "/test");
        return (result.GetProperty("delivered").GetBoolean(), result.GetProperty("status").GetInt32());
    }

    private static async Task<JsonElement> DoAsync(Person admin, HttpMethod method, string path, string? json = null, int status = 200)
    {
        using var answer = await admin.SendAsync(method, path, json);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "it did not happen");
            await Task.Delay(1);
        }
    }
}
