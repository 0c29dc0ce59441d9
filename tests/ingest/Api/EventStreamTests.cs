using System.Globalization;
using SmartCity.Ingest.Identity;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Api;

public sealed class EventStreamTests
{
    [Fact]
    public async Task An_alert_arrives_with_its_number_and_its_transition()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.RaiseAsync(BookRig.Change("before"));
        using var events = await EventReader.OpenAsync(await rig.SignInAsync("viewer"));
        Assert.Equal((1L, "ready"), await events.NextAsync() is { } ready ? (ready.Id, ready.Name) : default);
        await rig.RaiseAsync(BookRig.Change("a1"));
        var raised = await events.NextAsync();
        Assert.Equal((2L, "alert"), (raised!.Id, raised.Name));
        Assert.Equal("a1", raised.Json.GetProperty("id").GetString());
        Assert.Equal("raised", raised.Json.GetProperty("state").GetString());
        Assert.Equal("raised", raised.Json.GetProperty("transition").GetProperty("what").GetString());
        Assert.Equal(2, raised.Json.GetProperty("event").GetInt64());
    }

    [Fact]
    public async Task A_reader_that_breaks_off_again_and_again_misses_nothing_and_hears_nothing_twice()
    {
        const int Total = 2000;
        await using var rig = await ApiRig.StartAsync();
        var viewer = await rig.SignInAsync("viewer");
        var writers = Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            for (var i = w; i < Total; i += 4)
            {
                await rig.RaiseAsync(BookRig.Change("a" + i.ToString(CultureInfo.InvariantCulture)));
            }
        })).ToList();

        var heard = new List<EventReader.Event>();
        var chance = new Random(7);
        long last = 0;
        while (heard.Count < Total)
        {
            using var events = await EventReader.OpenAsync(viewer, last);
            Assert.Equal("ready", (await events.NextAsync())?.Name);
            for (var take = chance.Next(1, 400); take > 0 && heard.Count < Total; take--)
            {
                var next = (await events.NextAsync())!;
                heard.Add(next);
                last = next.Id;
            }
        }

        await Task.WhenAll(writers);
        Assert.Equal(Enumerable.Range(1, Total).Select(n => (long)n), heard.Select(e => e.Id));
        Assert.Equal(Total, heard.Select(e => e.Json.GetProperty("id").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task A_reader_that_falls_behind_goes_on_from_the_book()
    {
        await using var rig = await ApiRig.StartAsync();
        using var events = await EventReader.OpenAsync(await rig.SignInAsync("viewer"));
        await events.NextAsync();
        await rig.RaiseAsync([.. Enumerable.Range(0, 3000).Select(i => BookRig.Change("a" + i.ToString(CultureInfo.InvariantCulture)))]);
        for (var n = 1; n <= 3000; n++)
        {
            Assert.Equal(n, (await events.NextAsync())?.Id);
        }
    }

    [Fact]
    public async Task A_quiet_stream_has_a_heartbeat()
    {
        await using var rig = await ApiRig.StartAsync();
        using var events = await EventReader.OpenAsync(await rig.SignInAsync("viewer"));
        await events.NextAsync();
        for (var i = 0; i < 3; i++)
        {
            await BeatAsync(rig, events);
        }
    }

    [Fact]
    public async Task Whoever_loses_the_right_to_see_hears_nothing_more()
    {
        await using var rig = await ApiRig.StartAsync();
        var viewer = await rig.SignInAsync("viewer");
        using var events = await EventReader.OpenAsync(viewer);
        await events.NextAsync();
        await rig.Identity.Users.PutAsync("viewer", Roles.Viewer, null, disabled: true, "test", CancellationToken.None);
        await rig.RaiseAsync(BookRig.Change("a1"));
        Assert.Equal("end", (await events.NextAsync())?.Name);
        Assert.Null(await events.NextAsync());
        Assert.Equal(0, rig.Services.Streams.Count);
    }

    [Fact]
    public async Task A_session_that_ends_is_noticed_at_the_heartbeat()
    {
        await using var rig = await ApiRig.StartAsync();
        var viewer = await rig.SignInAsync("viewer");
        using var events = await EventReader.OpenAsync(viewer);
        await events.NextAsync();
        (await viewer.PostAsync("/api/v1/logout")).Dispose();
        await BeatAsync(rig, events, "end");
    }

    [Fact]
    public async Task A_number_from_the_future_starts_afresh_and_a_number_that_is_none_is_refused()
    {
        await using var rig = await ApiRig.StartAsync();
        var viewer = await rig.SignInAsync("viewer");
        using var events = await EventReader.OpenAsync(viewer, 99);
        Assert.Equal((0L, "reset"), await events.NextAsync() is { } reset ? (reset.Id, reset.Name) : default);
        Assert.Equal(400, (int)(await viewer.GetAsync("/api/v1/events?lastEventId=x")).StatusCode);
    }

    [Fact]
    public async Task Streams_are_bounded()
    {
        await using var rig = await ApiRig.StartAsync(o => o with { StreamsPerCaller = 2 });
        var viewer = await rig.SignInAsync("viewer");
        using var one = await EventReader.OpenAsync(viewer);
        using var two = await EventReader.OpenAsync(viewer);
        using (var three = await viewer.GetAsync("/api/v1/events"))
        {
            Assert.Equal(429, (int)three.StatusCode);
        }

        using var another = await EventReader.OpenAsync(await rig.SignInAsync("operator"));
    }

    // The clock is moved until the beat is heard: the stream may not have set its timer yet when the clock first moves.
    private static async Task BeatAsync(ApiRig rig, EventReader events, string name = ":")
    {
        var next = events.NextAsync();
        for (var i = 0; i < 1000 && !next.IsCompleted; i++)
        {
            rig.Store.Time.Advance(rig.Services.Options.Heartbeat / 4);
            await Task.WhenAny(next, Task.Delay(20));
        }

        Assert.Equal(name, (await next)?.Name);
    }
}
