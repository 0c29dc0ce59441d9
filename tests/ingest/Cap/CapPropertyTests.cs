using FsCheck;
using FsCheck.Fluent;
using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cap;
using static SmartCity.Ingest.Tests.Cap.CapRig;

namespace SmartCity.Ingest.Tests.Cap;

/// <summary>Whatever happens to an alert, in whatever order: what goes out is valid and holds together.</summary>
public sealed class CapPropertyTests
{
    private static readonly string[] Whats =
        ["raised", "updated", "cleared", "resolved", "closed", "reopened", "live", "reset", "note", "acknowledged", "in-progress", "escalated", "handed-over", "nobody-knows-this"];

    private static readonly string?[] Texts =
        [null, "", "stage II", "stage III; stage IV in about 1.2 h at 0.3 an hour", "VN_AQI 165, Bad (Xấu)", "<&>\"'\u0000\u0008\ud800 ]]> \u202e", "đầu báo cháy số 1", new('x', 3000)];

    private static readonly double?[] Values = [null, 0, -1.5, 1e300, double.NaN, double.PositiveInfinity, 5.61];

    private static readonly Gen<CapStep> Steps =
        from what in Gen.Elements(Whats)
        from state in Gen.Elements(Enum.GetValues<AlertState>())
        from severity in Gen.Elements(Severity.Minor, Severity.Major, Severity.Critical)
        from cause in Gen.Elements<string?>(null, null, "fire", "false-alarm:dust", "test", "drill", "real", "\u0000?")
        from occasion in Gen.Elements<string?>(null, null, null, "test", "drill", "works", "else")
        from stepCause in Gen.Elements("raised", "updated", "confirmed@5", "cleared@7", "act:3")
        from detail in Gen.Elements(Texts)
        from name in Gen.Elements(Texts)
        from value in Gen.Elements(Values)
        from lat in Gen.Elements<double?>(null, 19.8, -90, 91, double.NaN)
        from cleared in Gen.Elements(true, false)
        from historical in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        from minutes in Gen.Choose(-30, 3000)
        select Step(0, what, state, severity, "x", cause, occasion, stepCause, cleared ? Start : null, detail, historical, minute: 0) with
        {
            Location = new AlertLocation(lat, 105.7, name, name),
            Value = value,
            Incident = name,
            RecordedAt = Start.AddMinutes(minutes),
        };

    [Fact]
    public void Any_sequence_gives_valid_documents_with_names_of_their_own_and_references_to_what_was_sent()
    {
        var said = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(400), Prop.ForAll(
            Arb.From(Gen.Elements(CapKinds.All.ToArray()).SelectMany(kind => Steps.ListOf(12).Select(steps => (kind, steps)))),
            input =>
            {
                var chain = new CapChain(Options);
                var sent = new Dictionary<string, CapMessage>(StringComparer.Ordinal);
                long revision = 0;
                foreach (var one in input.steps)
                {
                    revision++;
                    var step = one with { Kind = input.kind, Revision = revision };
                    if (chain.Next(step) is not { } message)
                    {
                        continue;
                    }

                    said++;
                    Assert.Empty(Faults(CapXml.Write(message, Options, null)));
                    Assert.Equal(message.Type == CapType.Alert, message.References.Count == 0);
                    Assert.All(message.References, r => Assert.True(sent.TryGetValue(r.Identifier, out var earlier) && earlier.Sent == r.Sent && earlier.Sender == r.Sender));
                    Assert.All(message.References, r => Assert.Equal(sent[r.Identifier].Status, message.Status));
                    Assert.True(message.Sent >= sent.Values.Select(m => m.Sent).DefaultIfEmpty(DateTimeOffset.MinValue).Max());
                    Assert.True(message.Expires > message.Sent);
                    Assert.True(sent.TryAdd(message.Identifier, message));
                }
            }));
        Assert.True(said > 1000, $"the generator reaches messages: {said}");
    }

    [Fact]
    public void The_same_steps_give_the_same_bytes() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(50), Prop.ForAll(
        Arb.From(Steps.ListOf(6)),
        steps =>
        {
            byte[][] Write()
            {
                var chain = new CapChain(Options);
                return [.. steps.Select((s, i) => chain.Next(s with { Kind = "fire", Revision = i + 1 })).OfType<CapMessage>().Select(m => CapXml.Write(m, Options, null))];
            }

            Assert.Equal(Write(), Write());
        }));

    [Fact]
    public void An_alert_that_flaps_for_ever_has_messages_with_bounded_references()
    {
        var chain = new CapChain(Options);
        CapMessage? last = null;
        for (var i = 1; i <= 1000; i++)
        {
            last = chain.Next(Step(i, i % 2 == 0 ? "cleared" : "updated", cleared: i % 2 == 0 ? Start : null)) ?? last;
        }

        Assert.Equal(CapChain.MaximumReferences, last!.References.Count);
    }
}
