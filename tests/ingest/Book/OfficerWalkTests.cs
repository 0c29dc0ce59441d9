using System.Globalization;
using System.Text;
using SmartCity.City;
using SmartCity.Grains;
using SmartCity.Ingest.Book;
using SmartCity.Telemetry;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>The walk of one fire through zone, book and officer, with the server killed at each place where it can be.</summary>
public sealed class OfficerWalkTests
{
    private const long Second = 1_000_000_000;
    private static readonly CancellationToken Cancel = CancellationToken.None;

    [Theory]
    // whether the zone hears of the officer's act before the server dies, and how often the whole log is read again after it
    [InlineData("Reset", true, 0)]
    [InlineData("Reset", true, 2)]
    [InlineData("Reset", false, 1)]
    [InlineData("Reset", false, 3)]
    [InlineData("Resolve", true, 1)]
    [InlineData("Resolve", false, 2)]
    public async Task What_still_alarms_after_an_officers_word_is_raised_again_in_the_same_incident_once(string act, bool hears, int restarts)
    {
        await using var walk = await Walk.BeginAsync();
        await walk.AlarmAsync("smoke-1", 1);
        await walk.AlarmAsync("smoke-2", 1);
        var fire = Assert.Single(await walk.WaitingAsync());
        Assert.Equal("fire", fire.Kind);
        await walk.AlarmAsync("smoke-1", 0);
        walk.Advance(5);

        if (hears)
        {
            walk.Rig.Book.Alerts.Ended = (alert, at) => walk.Host.Reset(alert, at);
        }

        Assert.IsType<ActResult.Done>(await walk.Rig.Book.Alerts.ActAsync(fire.Id, Enum.Parse<AlertAct>(act), fire.Revision, "lan", _ => true, null, null, Cancel));
        if (hears)
        {
            await walk.Host.CommitAsync(Cancel);
        }

        for (var i = 0; i < restarts; i++)
        {
            await walk.RestartAsync();
        }

        // One detector still alarms: a pre-alarm, new, waiting, in the incident that is there.
        var again = Assert.Single(await walk.WaitingAsync());
        Assert.Equal(("fire-prealarm", fire.Incident), (again.Kind, again.Incident));
        var incident = Assert.Single((await walk.Rig.Book.Incidents.ListAsync(true, null, null, 10, Cancel)).Items);
        Assert.Equal((3, 1, 1, 2), (incident.Alerts, incident.Open, incident.Waiting, incident.Devices));
        Assert.Equal(AlertState.Resolved, (await walk.Rig.Book.Alerts.FindAsync(fire.Id, Cancel))!.State);
    }

    [Fact]
    public async Task A_fire_in_a_zone_under_test_is_a_test_and_live_when_the_test_is_over()
    {
        await using var walk = await Walk.BeginAsync();
        var now = walk.Now;
        await walk.Rig.Book.Maintenance.AddAsync(
            new MaintenanceWindow
            {
                Id = 0,
                Scope = MaintenanceScope.Zone,
                Target = "hall",
                Mode = MaintenanceMode.Test,
                From = now,
                To = now + (600 * Second),
                By = "lan",
                CreatedAt = now,
            },
            Cancel);
        await walk.AlarmAsync("smoke-1", 1);
        await walk.AlarmAsync("smoke-2", 1);
        Assert.All(await walk.WaitingAsync(), a => Assert.Equal("test", a.Occasion));
        walk.Advance(600);
        await walk.RestartAsync();
        Assert.Equal(1, await walk.Rig.Book.Maintenance.TickAsync(Cancel));
        Assert.Equal(("fire", null), Assert.Single((await walk.WaitingAsync()).Select(a => (a.Kind, a.Occasion))));
        walk.Advance(60);
        Assert.Equal(1, await walk.Rig.Book.Escalation.TickAsync(Cancel));
    }

    [Fact]
    public async Task An_incident_acknowledged_before_the_zone_heard_of_it_does_not_become_a_fire()
    {
        await using var walk = await Walk.BeginAsync();
        await walk.AlarmAsync("smoke-1", 1);
        var incident = Assert.Single((await walk.Rig.Book.Incidents.ListAsync(true, null, null, 10, Cancel)).Items);
        Assert.IsType<IncidentResult.Done>(await walk.Rig.Book.Incidents.AcknowledgeAsync(incident.Id, incident.Revision, "lan", _ => true, null, Cancel));
        await walk.RestartAsync();
        walk.Advance(600);
        await walk.Host.TickAsync(caughtUp: true, Cancel);
        Assert.DoesNotContain(await walk.Rig.Book.Alerts.ListAsync(new AlertFilter(), long.MaxValue, 10, Cancel) is var page ? page.Items : [], a => a.Kind == "fire");
    }

    [Theory]
    // seconds between what is heard of the beginning and of the end, when the clock was set back by 600 and the two are stamped 120 apart
    [InlineData(120, true)]
    [InlineData(0, false)]
    public async Task A_fire_stamped_before_its_device_s_newest_reading_rises_until_somebody_has_looked(int heard, bool rises)
    {
        await using var walk = await Walk.BeginAsync();
        await walk.AlarmAsync("smoke-1", 0);
        await walk.AlarmAsync("smoke-1", 1, stamp: walk.Now - (600 * Second));
        var waits = Assert.Single(await walk.WaitingAsync());
        Assert.Equal(("fire-prealarm", false), (waits.Kind, waits.Historical));
        Assert.Contains("clock", waits.Detail, StringComparison.OrdinalIgnoreCase);
        walk.Advance(heard);
        await walk.AlarmAsync("smoke-1", 0, stamp: walk.Now - ((480 + heard) * Second));
        walk.Advance(1);
        await walk.Host.TickAsync(caughtUp: true, Cancel);
        await walk.RestartAsync();

        // It is over by the zone's account. What happened a moment ago goes on rising all the same; what was over when it was heard of does not.
        walk.Advance(60);
        Assert.Equal(rises ? 1 : 0, await walk.Rig.Book.Escalation.TickAsync(Cancel));
        var after = (await walk.Rig.Book.Alerts.FindAsync(waits.Id, Cancel))!;
        Assert.Equal((AlertState.Raised, !rises, true), (after.State, after.Historical, after.ClearedAt is not null));
        Assert.IsType<ActResult.Done>(await walk.Rig.Book.Alerts.ActAsync(waits.Id, AlertAct.Acknowledge, after.Revision, "lan", _ => true, null, null, Cancel));
        walk.Advance(600);
        Assert.Equal(0, await walk.Rig.Book.Escalation.TickAsync(Cancel));
    }

    private sealed class Walk(BookRig rig) : IAsyncDisposable
    {
        private readonly List<(LogCursor End, long ReceivedAt, byte[] Payload)> _log = [];

        public BookRig Rig { get; } = rig;

        public EmbeddedHost Host { get; private set; } = null!;

        public long Now => Instant.From(Rig.Time.GetUtcNow());

        public static async Task<Walk> BeginAsync()
        {
            var walk = new Walk(await BookRig.OpenAsync());
            await walk.Rig.Book.Registry.PutAsync(
                new RegistryEdits
                {
                    Zones = [new() { Id = "hall" }],
                    Devices = [.. Enumerable.Range(1, 3).Select(i => new DeviceEdit { Id = $"smoke-{i}", Kind = "fire_detector", Zone = "hall" })],
                },
                "test",
                Cancel);
            await walk.RestartAsync();
            return walk;
        }

        public void Advance(int seconds) => Rig.Time.Advance(TimeSpan.FromSeconds(seconds));

        /// <summary>A detector reports its loop, one second after what was before; stamped now, or by its own clock.</summary>
        public async Task AlarmAsync(string device, int state, long? stamp = null)
        {
            Advance(1);
            var payload = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"fire_detector,device={device} loop_state={state}i {stamp ?? Now}\n"));
            _log.Add((new LogCursor(BookRig.Log, Lane.Alarm, (_log.Count == 0 ? 0 : _log[^1].End.Position) + 32 + payload.Length), Now, payload));
            Apply(_log[^1]);
            await Host.CommitAsync(Cancel);
        }

        /// <summary>A new host on the same book, as after kill -9: it is told of the officers' words, and reads the log from its beginning.</summary>
        public async Task RestartAsync()
        {
            Rig.Book.Alerts.Ended = null;
            Host = new EmbeddedHost(Lane.Alarm, KindCatalog.BuiltIn, Rig.Book.Registry, Rig.Book, Rig.Time);
            await Host.LoadAsync(Cancel);
            foreach (var (alert, _, at) in await Rig.Book.Alerts.AcknowledgedOpenAsync(Cancel))
            {
                Host.Acknowledge(alert, at);
            }

            foreach (var (alert, at) in await Rig.Book.Alerts.EndedFiresAsync(Cancel))
            {
                Host.Reset(alert, at);
            }

            _log.ForEach(Apply);
            await Host.CommitAsync(Cancel);
        }

        public async Task<List<AlertView>> WaitingAsync() =>
            [.. (await Rig.Book.Alerts.ListAsync(new AlertFilter { State = AlertState.Raised }, long.MaxValue, 100, Cancel)).Items];

        public ValueTask DisposeAsync() => Rig.DisposeAsync();

        private void Apply((LogCursor End, long ReceivedAt, byte[] Payload) frame) => Host.ApplyFrame(frame.End, FrameFlags.None, frame.ReceivedAt, frame.Payload);
    }
}
