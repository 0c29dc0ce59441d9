using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using SmartCity.SystemTests.Identity;
using SmartCity.SystemTests.Support;
using SmartCity.TestSupport;
using Until = SmartCity.SystemTests.Support.Until;

namespace SmartCity.SystemTests.Delivery;

/// <summary><c>kill -9</c> of the server while alerts are raised and a moody receiver takes them: no event is left out, first arrivals are in order, repeats have their id.</summary>
[Collection(Alone.Name)]
public sealed class WebhookKillTests(ITestOutputHelper output)
{
    private const int Ringing = 10;

    private static readonly int _kills = Repository.Long ? 40 : 6;

    [Fact]
    public async Task Killing_the_server_at_any_moment_leaves_no_event_out()
    {
        await using var server = await ServerProcess.StartAsync("--open", "--one-time-login", "--set", "webhooks.private=127.0.0.1");
        using var admin = await Administrator.SignInAsync(server);
        await using var receiver = await MoodyReceiver.StartAsync();
        await using var well = await MoodyReceiver.StartAsync();
        var hook = await HookAsync(admin, receiver, "moody");
        await HookAsync(admin, well, "well");
        var dead = await admin.DoAsync(HttpMethod.Post, "/api/v1/webhooks", new { name = "dead", url = $"http://127.0.0.1:{Ports.Free()}/" });

        // What is raised is all there is: nothing is added while it is counted. Fires always rise, but not before the trial is over.
        await admin.DoAsync(HttpMethod.Put, "/api/v1/escalation", new { rules = new { fire = new { afterSeconds = 600, everySeconds = 600 } } });
        receiver.Moodiness = 40;

        using var stop = new CancellationTokenSource();
        var raising = Task.Run(() => RaiseAsync(server, stop.Token));
        var random = new Random(17);
        var watch = Stopwatch.StartNew();
        for (var kill = 0; kill < _kills; kill++)
        {
            // A moment is as good as another when something is under way: wait for arrivals, then some more.
            var before = receiver.All.Count;
            await Until.TrueAsync(() => Task.FromResult(receiver.All.Count > before), () => "something arrives\n" + server.Log);
            await Task.Delay(random.Next(0, 800));
            server.KillHard();
            await server.RestartAsync();
        }

        await stop.CancelAsync();
        var raised = await raising;
        await server.CaughtUpAsync();
        receiver.Moodiness = 0;
        var expected = await EventsAsync(server, raised);
        await admin.DoAsync(HttpMethod.Post, $"/api/v1/webhooks/{hook}/test"); // it answers: what waits is tried at once
        await Until.TrueAsync(
            () => Task.FromResult(receiver.All.Select(t => t.Event).Distinct().Count() >= expected.Count && well.All.Select(t => t.Event).Distinct().Count() >= expected.Count),
            () => FormattableString.Invariant($"{expected.Count} events arrive; {receiver.All.Count} and {well.All.Count} did\n{server.Log}"));

        foreach (var one in (MoodyReceiver[])[receiver, well])
        {
            Assert.Equal(expected, one.FirstArrivals());
            Assert.Empty(one.Faults);
            Assert.All(one.All.GroupBy(t => t.Event), g => Assert.Single(g.Select(t => (t.Id, t.Alert)).Distinct()));
        }

        var view = await admin.DoAsync(HttpMethod.Get, "/api/v1/webhooks/" + dead.GetProperty("id").GetString());
        Assert.Equal(("failing", "No connection: ConnectionRefused.", Math.Min(expected.Count, 10_000)), (view.GetProperty("state").GetString(), view.GetProperty("lastError").GetString(), view.GetProperty("behind").GetInt32()));
        Assert.DoesNotContain("whsec_", server.Log, StringComparison.Ordinal);
        output.WriteLine($"kills                 {_kills} in {watch.Elapsed.TotalSeconds:0} s");
        output.WriteLine($"events                {expected.Count} of {raised} alerts");
        output.WriteLine($"moody receiver        {receiver.All.Count} taken, {receiver.All.Count - expected.Count} of them repeats, {receiver.Refused} not answered well");
        output.WriteLine($"receiver beside it    {well.All.Count} taken, {well.All.Count - expected.Count} of them repeats");
    }

    private static async Task<string> HookAsync(Administrator admin, MoodyReceiver receiver, string name)
    {
        var made = await admin.DoAsync(HttpMethod.Post, "/api/v1/webhooks", new { name, url = receiver.Url.ToString() + name });
        receiver.Secret = made.GetProperty("secret").GetString();
        return made.GetProperty("id").GetString()!;
    }

    // Each call point rings once, several at a time; what was not taken is sent again as it was.
    private static async Task<int> RaiseAsync(ServerProcess server, CancellationToken stop)
    {
        var n = 0;
        while (!stop.IsCancellationRequested)
        {
            var now = Stamps.Now();
            var lines = string.Join('\n', Enumerable.Range(n, Ringing).Select(
                i => string.Create(CultureInfo.InvariantCulture, $"manual_call_point,device=cp-{i} pressed=true,loop_state=0i {now}")));
            while (!await WrittenAsync(server, lines))
            {
                await Task.Delay(50, CancellationToken.None);
            }

            n += Ringing;
            await Task.Delay(100, CancellationToken.None);
        }

        return n;
    }

    private static async Task<bool> WrittenAsync(ServerProcess server, string line)
    {
        try
        {
            using var answer = await server.Client.PostAsync("/api/v2/write", new StringContent(line, Encoding.UTF8));
            return (int)answer.StatusCode == 204;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    // What the book holds, by its own stream.
    private static async Task<List<long>> EventsAsync(ServerProcess server, int alerts)
    {
        await using var events = new EventStream(server.Http);
        await Until.TrueAsync(() => Task.FromResult(events.Seen.Select(e => e.Alert).Distinct().Count() >= alerts), () => $"{alerts} alerts in the book");
        return [.. events.Seen.Select(e => e.Id)];
    }
}
