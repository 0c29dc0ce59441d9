using System.Text;
using SmartCity.Edge.Commands;
using SmartCity.TestSupport;

namespace SmartCity.Edge.Tests;

public sealed class CommandDeskTests : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("edge-commands");
    private readonly FakeTime _time = new();
    private readonly List<string> _acts = [];
    private bool _clockKnown = true;

    private string LogFile => Path.Combine(_home.FullName, CommandJournal.FileName);

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public async Task A_command_is_judged_by_the_clock_it_is_given()
    {
        using var journal = Journal();
        var desk = Desk(journal);
        Assert.Equal("done", (await desk.TakeAsync(Command("1", "self-test", 10), default))!.Status);
        Assert.Equal("refused", (await desk.TakeAsync(Command("2", "format-disk", 10), default))!.Status);
        var late = Command("3", "reload", 10);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("expired", (await desk.TakeAsync(late, default))!.Status);
        Assert.Equal("refused", (await desk.TakeAsync("""{"id":"4","command":"identify"}"""u8.ToArray(), default))!.Status);
        Assert.Null(await desk.TakeAsync("{}"u8.ToArray(), default));
        Assert.Null(await desk.TakeAsync(new byte[64 * 1024], default));
        Assert.Equal(2, desk.Unreadable);
        Assert.Equal(["1"], _acts);
    }

    [Fact]
    public async Task While_nobody_knows_the_time_a_command_is_refused_in_words()
    {
        using var journal = Journal();
        _clockKnown = false;
        var answer = (await Desk(journal).TakeAsync(Command("1", "identify", 10), default))!;
        Assert.Equal("refused", answer.Status);
        Assert.Contains("does not know the time", answer.Detail, StringComparison.Ordinal);
        Assert.Empty(_acts);
    }

    [Fact]
    public async Task The_same_command_is_answered_again_and_not_done_again_also_after_a_restart()
    {
        CommandResult first;
        using (var journal = Journal())
        {
            first = (await Desk(journal).TakeAsync(Command("1", "identify", 10), default))!;
            Assert.Equal(first, await Desk(journal).TakeAsync(Command("1", "identify", 10), default));
        }

        using (var journal = Journal())
        {
            Assert.Equal(first, await Desk(journal).TakeAsync(Command("1", "identify", 10), default));
            _time.Advance(TimeSpan.FromHours(1));
            Assert.Equal(first, await Desk(journal).TakeAsync(Command("1", "identify", -10), default));
        }

        Assert.Equal(["1"], _acts);
    }

    [Fact]
    public async Task A_command_that_was_under_way_at_a_kill_is_answered_as_interrupted()
    {
        var copy = "";
        using (var journal = Journal())
        {
            var desk = new CommandDesk(
                (_, _) =>
                {
                    copy = File.ReadAllText(LogFile); // what a kill would leave
                    return new((true, "done after all"));
                },
                journal, () => true, _time);
            await desk.TakeAsync(Command("1", "identify", 10), default);
        }

        Assert.NotEmpty(copy);
        File.WriteAllText(LogFile, copy);
        using (var journal = Journal())
        {
            var answer = (await Desk(journal).TakeAsync(Command("1", "identify", 10), default))!;
            Assert.Equal("failed", answer.Status);
            Assert.StartsWith("interrupted", answer.Detail, StringComparison.Ordinal);
        }

        Assert.Empty(_acts);
    }

    [Fact]
    public async Task Cut_at_any_byte_the_journal_never_forgets_a_command_that_was_carried_out()
    {
        byte[] whole;
        var lengths = new List<long>(); // of the file when an act began
        using (var journal = Journal())
        {
            var desk = new CommandDesk(
                (_, _) =>
                {
                    lengths.Add(new FileInfo(LogFile).Length);
                    return new((true, "ok"));
                },
                journal, () => true, _time);
            for (var i = 0; i < 5; i++)
            {
                await desk.TakeAsync(Command($"c{i}", "identify", 10), default);
            }

            whole = await File.ReadAllBytesAsync(LogFile);
        }

        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(LogFile, whole[..length]);
            _acts.Clear();
            using var journal = Journal();
            for (var i = 0; i < 5; i++)
            {
                await Desk(journal).TakeAsync(Command($"c{i}", "identify", 10), default);
            }

            // Noted but for its line's end is noted.
            Assert.Equal(Enumerable.Range(0, 5).Where(i => lengths[i] - 1 > length).Select(i => $"c{i}"), _acts);
        }
    }

    [Fact]
    public async Task The_journal_is_bounded_in_entries_and_lines()
    {
        using (var journal = Journal())
        {
            var desk = Desk(journal);
            for (var i = 0; i < 1_100; i++)
            {
                await desk.TakeAsync(Command($"c{i}", "no-such-act", 10), default);
            }

            for (var i = 0; i < 3_000; i++)
            {
                journal.End(new CommandResult("c1099", "done", new string('x', 10_000)));
            }

            Assert.Equal(CommandJournal.Kept, journal.Count);
            Assert.Null(journal.Find("c99"));
            Assert.NotNull(journal.Find("c100"));
        }

        Assert.InRange(new FileInfo(LogFile).Length, 1, 4_000 * 700);
        using var again = Journal();
        Assert.Equal(CommandJournal.Kept, again.Count);
        Assert.Equal(500, again.Find("c1099")!.Detail.Length);
    }

    [Fact]
    public async Task A_command_that_cannot_be_noted_is_not_carried_out()
    {
        using var journal = Journal();
        Directory.CreateDirectory(LogFile);
        var answer = (await Desk(journal).TakeAsync(Command("1", "identify", 10), default))!;
        Assert.Equal("failed", answer.Status);
        Assert.Contains("could not be noted", answer.Detail, StringComparison.Ordinal);
        Assert.Empty(_acts);
        Directory.Delete(LogFile);
        Assert.Equal("done", (await Desk(journal).TakeAsync(Command("1", "identify", 10), default))!.Status);
    }

    [Fact]
    public async Task An_act_that_throws_has_failed()
    {
        using var journal = Journal();
        var desk = new CommandDesk((_, _) => throw new InvalidOperationException("the relay is gone"), journal, () => true, _time);
        Assert.Equal(new CommandResult("1", "failed", "the relay is gone"), await desk.TakeAsync(Command("1", "identify", 10), default));
    }

    private CommandJournal Journal() => new(_home.FullName, notice: null);

    private CommandDesk Desk(CommandJournal journal) => new(
        (command, _) =>
        {
            _acts.Add(command.Id);
            return new((true, $"act {_acts.Count}"));
        },
        journal, () => _clockKnown, _time);

    private byte[] Command(string id, string act, int seconds) => Encoding.UTF8.GetBytes(
        $$"""{"id":"{{id}}","device":"d","command":{"act":"{{act}}"},"expires":"{{_time.GetUtcNow().AddSeconds(seconds):O}}"}""");
}
