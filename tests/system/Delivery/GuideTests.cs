using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using SmartCity.SystemTests.Identity;
using SmartCity.SystemTests.Support;
using SmartCity.TestSupport;
using Until = SmartCity.SystemTests.Support.Until;

namespace SmartCity.SystemTests.Delivery;

/// <summary>The receiver of docs/operations/webhooks.md, run by Python as it stands there: another hand than ours checks the signature.</summary>
public sealed partial class GuideTests
{
    [Fact]
    public async Task The_receiver_of_the_guide_takes_events_refuses_forgeries_and_acknowledges()
    {
        using var folder = new TemporaryFolder();
        var guide = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "operations", "webhooks.md"));
        var script = Path.Combine(folder.Path, "receiver.py");
        await File.WriteAllTextAsync(script, Block().Match(guide).Groups["code"].Value);

        await using var server = await ServerProcess.StartAsync("--open", "--one-time-login", "--set", "webhooks.private=127.0.0.1");
        using var admin = await Administrator.SignInAsync(server);
        var port = Ports.Free();
        var made = await admin.DoAsync(HttpMethod.Post, "/api/v1/webhooks", new { name = "sms", url = $"http://127.0.0.1:{port}/in", kinds = (string[])["fire"] });
        var path = "/api/v1/webhooks/" + made.GetProperty("id").GetString();
        var (_, key) = await admin.KeyAsync("sms gateway", "read", "alerts");
        await admin.DoAsync(HttpMethod.Put, "/api/v1/rotas/ioc", new
        {
            name = "Trực IOC",
            members = (object[])[new { name = "An", phone = "+84 912 000 001", channel = "zalo" }],
            start = "2026-01-01T00:00:00Z",
            turnHours = 12,
        });
        await admin.DoAsync(HttpMethod.Put, "/api/v1/escalation", new { rules = new { fire = new { afterSeconds = 10, everySeconds = 600, rota = "ioc" } } });
        var said = new OutputLines();
        using var python = Python(script, folder.Path, port, ("WEBHOOK_SECRET", made.GetProperty("secret").GetString()!), ("CITY_URL", server.Http.ToString().TrimEnd('/')), ("CITY_API_KEY", key));
        try
        {
            python.OutputDataReceived += (_, e) => said.Add(e.Data);
            python.ErrorDataReceived += (_, e) => said.Add(e.Data);
            python.BeginOutputReadLine();
            python.BeginErrorReadLine();
            await Until.TrueAsync(
                async () => (await admin.DoAsync(HttpMethod.Post, path + "/test")).GetProperty("delivered").GetBoolean(), () => "the trial arrives\n" + said.Text);
            await Until.TrueAsync(() => Task.FromResult(said.Text.Contains("event test", StringComparison.Ordinal)), () => "the receiver says so\n" + said.Text);

            using (var taken = await server.Client.PostAsync("/api/v2/write", new StringContent("manual_call_point,device=cp-1 pressed=true,loop_state=0i", Encoding.UTF8)))
            {
                Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
            }

            await Until.TrueAsync(() => Task.FromResult(said.Text.Contains("event alert", StringComparison.Ordinal)), () => "the alert arrives\n" + said.Text);

            // Somebody who does not know the secret; and somebody who changes what it signed.
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            using var forged = new HttpRequestMessage(HttpMethod.Post, "/in") { Content = new StringContent("{\"type\":\"forged\"}") };
            forged.Headers.Add("webhook-id", "evt_1_0");
            forged.Headers.Add("webhook-timestamp", DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
            forged.Headers.Add("webhook-signature", "v1," + Convert.ToBase64String(new byte[32]));
            using var refused = await client.SendAsync(forged);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.DoesNotContain("forged", said.Text, StringComparison.Ordinal);

            // Nobody acknowledges: ten seconds later the officer on duty is told.
            await Until.TrueAsync(() => Task.FromResult(said.Text.Contains("send zalo +84 912 000 001 fire", StringComparison.Ordinal)), () => "the officer is told\n" + said.Text);

            // The officer answers the message: the gateway acknowledges with its key, and the city knows by whom.
            var alert = (await admin.DoAsync(HttpMethod.Get, "/api/v1/alerts?kind=fire")).GetProperty("items")[0].GetProperty("id").GetString();
            using var reply = await client.GetAsync($"/reply?alert={alert}&from=0912000001");
            Assert.True(reply.StatusCode == HttpStatusCode.NoContent, said.Text);
            var now = await admin.DoAsync(HttpMethod.Get, "/api/v1/alerts/" + alert);
            Assert.Equal(("acknowledged", "key:sms gateway"), (now.GetProperty("state").GetString(), now.GetProperty("acknowledgedBy").GetString()));
            await Until.TrueAsync(() => Task.FromResult(said.Text.Split("event alert").Length == 4), () => "that step arrives, too\n" + said.Text);
        }
        finally
        {
            python.Kill();
        }
    }

    private static Process Python(string script, string folder, int port, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("python3", [script, port.ToString(CultureInfo.InvariantCulture)])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException("python3 did not start.");
    }

    [GeneratedRegex("```python\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Block();
}
