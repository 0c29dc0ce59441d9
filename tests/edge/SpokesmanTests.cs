using SmartCity.Edge.Cli;

namespace SmartCity.Edge.Tests;

/// <summary>What is said must not hold up who says it.</summary>
public sealed class SpokesmanTests
{
    [Fact]
    public async Task A_journal_that_takes_nothing_holds_nobody_up_and_what_was_lost_is_counted()
    {
        using var output = new Stuck();
        var spokesman = new Spokesman(output);
        for (var i = 0; i < 3 * Spokesman.Capacity; i++)
        {
            spokesman.Say($"sentence {i}");
        }

        output.Gate.Set();
        await spokesman.DisposeAsync();
        Assert.Equal("sentence 0", output.Lines[0]);
        Assert.Contains(output.Lines, l => l.EndsWith("sentences were not written: nobody took them in time", StringComparison.Ordinal));
        Assert.InRange(output.Lines.Count, Spokesman.Capacity, Spokesman.Capacity + 3);
    }

    [Fact]
    public async Task A_full_disk_under_the_journal_fails_nobody_and_later_words_are_written()
    {
        using var output = new Stuck { Failures = 2 };
        output.Gate.Set();
        await using (var spokesman = new Spokesman(output))
        {
            spokesman.Say("one");
            spokesman.Say("two");
            spokesman.Say("three");
        }

        Assert.Equal(["three"], output.Lines);
    }

    private sealed class Stuck : StringWriter
    {
        public ManualResetEventSlim Gate { get; } = new();

        public int Failures { get; set; }

        public List<string> Lines { get; } = [];

        public override void WriteLine(string? value)
        {
            Assert.True(Gate.Wait(TimeSpan.FromSeconds(30)), "nobody opened the gate");
            if (Failures-- > 0)
            {
                throw new IOException("No space left on device");
            }

            Lines.Add(value!);
        }

        protected override void Dispose(bool disposing)
        {
            Gate.Dispose();
            base.Dispose(disposing);
        }
    }
}
