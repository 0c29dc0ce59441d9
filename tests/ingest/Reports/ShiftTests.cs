using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.City;
using SmartCity.Ingest.Tests.Api;
using SmartCity.Ingest.Tests.Book;

namespace SmartCity.Ingest.Tests.Reports;

public sealed class ShiftTests
{
    [Fact]
    public async Task Who_takes_over_has_the_duty_and_every_open_alert_says_so()
    {
        await using var rig = await ApiRig.StartAsync();
        var (an, binh) = (await rig.SignInAsync("operator", "an"), await rig.SignInAsync("operator", "binh"));
        Assert.Equal("an", (await TakeAsync(an)).GetProperty("officer").GetString());
        await rig.RaiseAsync([.. Enumerable.Range(0, 250).Select(i => BookRig.Change($"alert{i:000}", kind: "lamp", severity: Severity.Minor)), BookRig.Change("fire1")]);
        await rig.RaiseAsync(BookRig.Change("alert000", "cleared", AlertChangeKind.Cleared, "lamp", Severity.Minor, autoResolve: true));
        rig.Store.Time.Advance(TimeSpan.FromHours(8));
        var shift = await TakeAsync(binh, "Chợ Vườn Hoa: đang theo dõi");
        Assert.Equal((2, "binh", 250, JsonValueKind.Null), (shift.GetProperty("id").GetInt64(), shift.GetProperty("officer").GetString(), shift.GetProperty("tookOver").GetInt64(), shift.GetProperty("to").ValueKind));

        var shifts = (await an.ReadAsync("/api/v1/shifts")).GetProperty("items");
        Assert.Equal(["binh", "an"], shifts.EnumerateArray().Select(s => s.GetProperty("officer").GetString()));
        Assert.Equal(shift.GetProperty("from").GetString(), shifts[1].GetProperty("to").GetString());
        foreach (var (alert, told) in new[] { ("fire1", true), ("alert249", true), ("alert001", true), ("alert000", false) })
        {
            var last = (await an.ReadAsync("/api/v1/alerts/" + alert)).GetProperty("history").EnumerateArray().Last();
            Assert.Equal(told, last.GetProperty("what").GetString() == "handed-over");
            Assert.True(!told || last.GetProperty("who").GetString() == "binh");
        }

        Assert.Equal("raised", (await an.ReadAsync("/api/v1/alerts/fire1")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Of_two_who_take_over_at_once_the_second_hears_of_the_first()
    {
        await using var rig = await ApiRig.StartAsync();
        var (an, binh) = (await rig.SignInAsync("operator", "an"), await rig.SignInAsync("operator", "binh"));
        using var first = await an.PostAsync("/api/v1/shifts/handover", revision: 0);
        Assert.Equal(201, (int)first.StatusCode);
        using var second = await binh.PostAsync("/api/v1/shifts/handover", revision: 0);
        Assert.Equal(409, (int)second.StatusCode);
        Assert.Equal("an", (await second.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("by").GetString());
        using var again = await an.PostAsync("/api/v1/shifts/handover");
        Assert.Equal(409, (int)again.StatusCode);
    }

    [Fact]
    public async Task What_a_crash_cut_short_is_finished_at_the_next_start_and_told_once()
    {
        await using var rig = await ApiRig.StartAsync();
        var an = await rig.SignInAsync("operator", "an");
        await rig.RaiseAsync(BookRig.Change("fire1"), BookRig.Change("fire2"));
        await TakeAsync(an);
        await rig.Book.Store.WriteAsync(
            t =>
            {
                t.Sql.Execute("DELETE FROM transitions WHERE alert = 'fire2' AND what = 'handed-over'");
                t.Sql.Execute("UPDATE shifts SET told = 0");
            },
            CancellationToken.None);
        await rig.RaiseAsync(BookRig.Change("later"));
        await rig.Book.Shifts.TellAsync(CancellationToken.None);
        await rig.Book.Shifts.TellAsync(CancellationToken.None);
        var told = await rig.Book.Store.ReadAsync(
            sql => sql.Query("SELECT alert FROM transitions WHERE what = 'handed-over' ORDER BY alert", r => r.GetString(0)), CancellationToken.None);
        Assert.Equal(["fire1", "fire2", "later"], told);
    }

    [Theory]
    [InlineData("""{"note": 5}""", 400)]
    [InlineData("""{"nota": "x"}""", 400)]
    public async Task A_handover_that_is_none_is_refused(string body, int status)
    {
        await using var rig = await ApiRig.StartAsync();
        using var answer = await (await rig.SignInAsync("operator")).PostAsync("/api/v1/shifts/handover", body);
        Assert.Equal(status, (int)answer.StatusCode);
        using var longer = await (await rig.SignInAsync("operator")).PostAsync("/api/v1/shifts/handover", JsonSerializer.Serialize(new { note = new string('x', 2001) }));
        Assert.Equal(400, (int)longer.StatusCode);
        Assert.Equal(0, (await (await rig.SignInAsync("viewer")).ReadAsync("/api/v1/shifts")).GetProperty("items").GetArrayLength());
    }

    private static async Task<JsonElement> TakeAsync(Person person, string? note = null)
    {
        using var answer = await person.PostAsync("/api/v1/shifts/handover", JsonSerializer.Serialize(new { note }));
        Assert.Equal(201, (int)answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
