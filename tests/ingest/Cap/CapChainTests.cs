using SmartCity.City;
using SmartCity.Ingest.Book;
using SmartCity.Ingest.Cap;
using static SmartCity.Ingest.Tests.Cap.CapRig;

namespace SmartCity.Ingest.Tests.Cap;

/// <summary>Which transitions become which messages.</summary>
public sealed class CapChainTests
{
    private static readonly DateTimeOffset Cleared = Start.AddMinutes(5);

    /// <summary>Steps of one alert, and the messages that they give ("-" for none), in the words type:phase.</summary>
    public static TheoryData<string, string> Cases => new()
    {
        { "raised", "Alert:Active" },
        { "raised acknowledged note escalated assigned handed-over", "Alert:Active - - - - -" },
        { "raised start", "Alert:Active Update:Handled" },
        { "raised cleared", "Alert:Active Update:Quiet" },
        { "raised cleared updated", "Alert:Active Update:Quiet Update:Active" },
        { "raised resolved", "Alert:Active Update:Ended" },
        { "raised resolved closed:fire", "Alert:Active Update:Ended -" },
        { "raised resolved closed:false-alarm:dust", "Alert:Active Update:Ended Cancel:False" },
        { "raised closed:false-alarm:steam", "Alert:Active Cancel:False" },
        { "raised closed:test", "Alert:Active Cancel:False" },
        { "raised closed:drill", "Alert:Active Cancel:False" },
        { "raised reset closed:fire", "Alert:Active Update:Quiet Update:Ended" },
        { "raised reset filed resolved", "Alert:Active Update:Quiet - Update:Ended" },
        { "raised reset reopened reset", "Alert:Active Update:Quiet Update:Active Update:Quiet" },
        { "raised reset closed:false-alarm:dust", "Alert:Active Update:Quiet Cancel:False" },
        { "raised resolved reopened", "Alert:Active Update:Ended Update:Active" },
        { "raised closed:false-alarm:steam reopened", "Alert:Active Cancel:False Alert:Active" },
        { "raised closed:false-alarm:steam note", "Alert:Active Cancel:False -" },
        { "raised@drill resolved@drill", "Alert:Active Update:Ended" },
        { "raised@test closed:test@test", "Alert:Active Update:Ended" },
        { "raised@test live", "Alert:Active Alert:Active" },
        { "raised@test live resolved", "Alert:Active Alert:Active Update:Ended" },
        { "raised updated@test", "Alert:Active Cancel:False" },
        { "raised@works resolved", "Alert:Active Update:Ended" },
        { "resolved", "-" },
        { "raised^ cleared^ closed:fire^", "- - -" },
        { "raised^ cleared^ reopened^", "- - Alert:Active" },
        { "raised~minor updated~minor updated~major updated~minor resolved~minor", "- - Alert:Active Update:Active Update:Ended" },
        { "raised updated updated", "Alert:Active - -" },
        { "raised confirmed closed:fire", "Alert:Active Update:Grown -" },
        { "raised confirmed closed:false-alarm:unknown", "Alert:Active Update:Grown Cancel:False" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Steps_become_messages(string steps, string expected)
    {
        var messages = Run([.. steps.Split(' ').Select((word, i) => Parse(word, i + 1))]);
        Assert.Equal(expected, string.Join(' ', messages.Select(m => m is null ? "-" : $"{m.Type}:{m.Phase}")));
        foreach (var message in messages.OfType<CapMessage>())
        {
            Document(message);
            Assert.Equal(message.Type == CapType.Alert, message.References.Count == 0);
        }
    }

    [Fact]
    public void An_update_names_every_earlier_message_that_is_still_valid_and_the_last_in_any_case()
    {
        var messages = Run(
            Step(1, minute: 0), Step(2, "in-progress", AlertState.InProgress, minute: 60), Step(3, "cleared", cleared: Cleared, minute: 26 * 60),
            Step(4, "resolved", AlertState.Resolved, minute: 90 * 60)).OfType<CapMessage>().ToList();
        Assert.Equal([[], [1], [2], [3]], messages.Select(m => m.References.Select(r => int.Parse(r.Identifier.Split('.')[1], null)).ToArray()));
        Assert.Equal("ioc.example.gov.vn,abcdefghijklmnopqrstuvwxyz.1,2026-09-01T08:30:15+07:00", Document(messages[1]).Text("references"));
    }

    [Fact]
    public void What_was_a_test_and_becomes_real_is_a_warning_of_its_own()
    {
        var messages = Run(Step(1, occasion: "test"), Step(2, "live"), Step(3, "in-progress", AlertState.InProgress));
        Assert.Equal([CapStatus.Test, CapStatus.Actual, CapStatus.Actual], messages.Select(m => m!.Status));
        Assert.Equal(["abcdefghijklmnopqrstuvwxyz.2"], messages[2]!.References.Select(r => r.Identifier));
    }

    [Fact]
    public void A_cancellation_of_what_turned_out_a_test_has_the_status_of_what_it_cancels()
    {
        var messages = Run(Step(1), Step(2, "updated", occasion: "drill"), Step(3, "updated", occasion: "drill"));
        Assert.Equal([(CapType.Alert, CapStatus.Actual), (CapType.Cancel, CapStatus.Actual), (CapType.Alert, CapStatus.Exercise)], messages.Select(m => (m!.Type, m.Status)));
    }

    [Theory]
    [InlineData("battery")]
    [InlineData("silence")]
    [InlineData("fire-fault")]
    [InlineData("manhole")]
    [InlineData("lamp")]
    [InlineData("door")]
    [InlineData("power")]
    public void What_is_no_danger_to_people_is_not_told_to_the_world(string kind) => Assert.Null(Run(Step(1, kind: kind))[0]);

    [Fact]
    public void The_index_of_dangers_has_the_kinds_that_messages_are_made_of() =>
        Assert.Equal(Schema.DangerKinds, "('" + string.Join("', '", CapKinds.All) + "')");

    [Fact]
    public void A_message_is_never_sent_before_the_one_it_follows()
    {
        var messages = Run(Step(1, minute: 10), Step(2, "resolved", AlertState.Resolved, minute: 3)).OfType<CapMessage>().ToList();
        Assert.Equal(messages[0].Sent, messages[1].Sent);
    }

    private static CapStep Parse(string word, long revision)
    {
        var historical = word.EndsWith('^');
        word = word.TrimEnd('^');
        var occasion = word.Split('@') is [_, var o] ? o : null;
        word = word.Split('@')[0];
        var severity = word.Split('~') is [_, var s] ? Enum.Parse<Severity>(s, ignoreCase: true) : Severity.Critical;
        word = word.Split('~')[0];
        var cause = word.IndexOf(':') is >= 0 and var colon ? word[(colon + 1)..] : null;
        var what = word.Split(':')[0];
        return what switch
        {
            "confirmed" => Step(revision, "resolved", AlertState.Resolved, severity, stepCause: "confirmed@7", cleared: Cleared, kind: "fire-prealarm"),
            "start" => Step(revision, "in-progress", AlertState.InProgress, severity, occasion: occasion),
            "cleared" => Step(revision, what, AlertState.Raised, severity, cleared: Cleared, occasion: occasion, historical: historical),
            "reset" => Step(revision, what, AlertState.Resolved, severity),
            "filed" => Step(revision, "cleared", AlertState.Resolved, severity, cleared: Cleared),
            "resolved" => Step(revision, what, AlertState.Resolved, severity, occasion: occasion, historical: historical),
            "closed" => Step(revision, what, AlertState.Closed, severity, cause: cause, occasion: occasion, historical: historical),
            "note" when revision == 3 => Step(revision, what, AlertState.Closed, severity),
            _ => Step(revision, what, AlertState.Raised, severity, occasion: occasion, historical: historical),
        };
    }
}
