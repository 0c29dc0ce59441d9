using System.Diagnostics;

namespace SmartCity.Edge.Tests;

/// <summary>Commands of a real process that is killed without warning, again and again, while it carries them out.</summary>
public sealed class CommandKillTests
{
    private const int Kills = 40;

    [Fact]
    public async Task Each_command_is_carried_out_at_most_once_and_answered_the_same_ever_after()
    {
        var home = Directory.CreateTempSubdirectory("edge-command-kill");
        try
        {
            var answers = new Dictionary<string, string>(StringComparer.Ordinal);
            var random = new Random(11);
            var next = 0;
            for (var kill = 0; kill < Kills; kill++)
            {
                using var child = Start(home.FullName);
                for (var left = random.Next(0, 25); left > 0; left--)
                {
                    // Mostly a new one; sometimes one of before, answered or not.
                    await AskAsync(child, random.Next(3) > 0 ? next++ : random.Next(next + 1), answers);
                }

                // One is under way, or about to be, when the end comes.
                await Wait.ForAsync(child.StandardInput.WriteLineAsync(Command(next++)), "the child took a command");
                await Wait.ForAsync(child.StandardInput.FlushAsync(), "the child took a command");
                for (var spin = random.Next(300); spin > 0; spin--)
                {
                    Thread.SpinWait(1_000);
                }

                child.Kill();
                await Wait.GoneAsync(child);
            }

            // However fast the machine is: one is killed in the middle of its act.
            var actsFile = Path.Combine(home.FullName, CommandChild.ActsFile);
            using (var child = Start(home.FullName))
            {
                await Wait.ForAsync(child.StandardInput.WriteLineAsync(Command(-1)), "the child took a command");
                await Wait.ForAsync(child.StandardInput.FlushAsync(), "the child took a command");
                await Wait.UntilAsync(() => Acts(actsFile).Contains(CommandChild.Endless, StringComparer.Ordinal), "the act began");
                child.Kill();
                await Wait.GoneAsync(child);
            }

            using var last = Start(home.FullName);
            for (var id = -1; id < next; id++)
            {
                await AskAsync(last, id, answers);
            }

            last.Kill();
            await Wait.GoneAsync(last);

            var acts = Acts(actsFile);
            Assert.Equal(acts.Distinct(StringComparer.Ordinal).Count(), acts.Length);
            foreach (var (id, answer) in answers)
            {
                Assert.True(
                    answer == "done acted" ? acts.Contains(id, StringComparer.Ordinal) : answer.StartsWith("failed interrupted", StringComparison.Ordinal),
                    $"{id}: {answer}");
            }

            // The test reached what it is about: some were interrupted after, or before, the act.
            var interrupted = answers.Where(a => a.Value.StartsWith("failed", StringComparison.Ordinal)).Select(a => a.Key).ToList();
            Assert.Contains(CommandChild.Endless, interrupted);
            TestContext.Current.SendDiagnosticMessage(
                $"{Kills} kills, {next} commands, {acts.Length} acts, {interrupted.Count} interrupted, {interrupted.Count(i => acts.Contains(i, StringComparer.Ordinal))} of them in or after the act");
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    // Beside the process that writes it.
    private static string[] Acts(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task AskAsync(Process child, int id, Dictionary<string, string> answers)
    {
        await Wait.ForAsync(child.StandardInput.WriteLineAsync(Command(id)), "the child took a command");
        await Wait.ForAsync(child.StandardInput.FlushAsync(), "the child took a command");
        var line = (await Wait.ForAsync(child.StandardOutput.ReadLineAsync(), "the child answered", seconds: 60))!.Split(' ', 2);
        Assert.Equal($"c{id}", line[0]);
        if (!answers.TryAdd(line[0], line[1]))
        {
            Assert.Equal(answers[line[0]], line[1]);
        }
    }

    private static string Command(int id) => $$"""{"id":"c{{id}}","command":"identify","expires":"2099-01-01T00:00:00Z"}""";

    private static Process Start(string home) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        Environment = { [CommandChild.Variable] = home },
    })!;
}
