using System.Text.Json;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.OnCall;
using SmartCity.Ingest.Tests.Book;
using SmartCity.Ingest.Tests.Delivery;

namespace SmartCity.Ingest.Tests.OnCall;

/// <summary>From an alert that nobody acknowledges to the phone numbers in what a receiver gets, and nowhere else.</summary>
public sealed class AddresseesTests
{
    [Fact]
    public async Task Each_level_tells_more_people_and_only_the_receiver_learns_their_numbers()
    {
        Addressees? addressees = null;
        await using var rig = await DeliveryRig.StartAsync(notify: e => addressees!.OfAsync(e, CancellationToken.None).GetAwaiter().GetResult());
        var book = rig.Store.Book;
        addressees = new Addressees(book.Rotas, book.Escalation.RotaOf);
        var rota = new Rota
        {
            Id = "ioc",
            Name = "IOC",
            Members = [new("An", "0912000001", "sms"), new("Binh", "0912000002", "call"), new("Chi", "0912000003", "zalo")],
            Start = rig.Time.GetUtcNow().AddHours(-6),
            TurnHours = 8,
        };
        Assert.Null(await book.Rotas.PutAsync(rota, null, "test", CancellationToken.None));
        Assert.IsType<EscalationResult.Done>(await book.Escalation.PutAsync(
            new Dictionary<string, EscalationRule?>(StringComparer.Ordinal) { ["fire"] = new(60, 60, "ioc") }, null, "test", CancellationToken.None));
        await rig.HookAsync("sms");
        await rig.RaiseAsync(0, 1);
        for (var level = 0; level < 3; level++)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(61));
            Assert.Equal(1, await book.Escalation.TickAsync(CancellationToken.None));
        }

        await rig.UntilAsync(() => rig.Post.Taken.Count == 4);
        string Names(JsonElement body) => body.TryGetProperty("notify", out var people) ? string.Join(' ', people.EnumerateArray().Select(p => $"{p.GetProperty("name")}/{p.GetProperty("phone")}/{p.GetProperty("channel")}")) : "-";
        Assert.Equal(
            ["-", "An/0912000001/sms", "An/0912000001/sms Binh/0912000002/call", "An/0912000001/sms Binh/0912000002/call Chi/0912000003/zalo"],
            rig.Post.Taken.Select(l => Names(l.Body)));
        foreach (var happened in await book.Alerts.EventsAfterAsync(0, 100, CancellationToken.None))
        {
            Assert.DoesNotContain("0912", System.Text.Encoding.UTF8.GetString(happened.Json.Span), StringComparison.Ordinal);
        }
    }

    /// <summary>Delivered two hours late, when another is on duty: it names who was on duty then, and the next level who is now.</summary>
    [Fact]
    public async Task The_rota_counts_as_it_stood_at_the_step()
    {
        await using var rig = await BookRig.OpenAsync();
        var start = rig.Time.GetUtcNow();
        var rota = new Rota { Id = "ioc", Name = "IOC", Members = [new("An", "0912", "sms"), new("Binh", "0913", "sms")], Start = start, TurnHours = 1 };
        Assert.Null(await rig.Book.Rotas.PutAsync(rota, null, "test", CancellationToken.None));
        var json = JsonSerializer.SerializeToUtf8Bytes(
            new AlertView
            {
                Id = "a",
                Kind = "fire",
                Severity = SmartCity.City.Severity.Critical,
                State = SmartCity.City.AlertState.Raised,
                Rule = "smoke",
                MeasuredAt = start,
                ReceivedAt = start,
                RaisedAt = start,
                Escalation = 1,
                Transition = new AlertStep("escalated", start.AddMinutes(61), null, null, 2),
            },
            BookJson.Options);
        rig.Time.Advance(TimeSpan.FromHours(3));
        var people = await new Addressees(rig.Book.Rotas, (_, _) => "ioc").OfAsync(new(1, "fire", "escalated", "a", 0, json), CancellationToken.None);
        Assert.Equal(["Binh"], people!.Select(p => p.Name));
        Assert.Null(await new Addressees(rig.Book.Rotas, (_, _) => "gone").OfAsync(new(1, "fire", "escalated", "a", 0, json), CancellationToken.None));
        Assert.Null(await new Addressees(rig.Book.Rotas, (_, _) => "ioc").OfAsync(new(1, "fire", "raised", "a", 0, json), CancellationToken.None));
    }
}
