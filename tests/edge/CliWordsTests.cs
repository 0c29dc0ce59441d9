using System.Text.RegularExpressions;
using SmartCity.Edge.Buses;
using SmartCity.Edge.Cli;
using SmartCity.Edge.Doctor;
using SmartCity.Edge.Drivers;
using SmartCity.Edge.Enrolment;

namespace SmartCity.Edge.Tests;

public sealed partial class CliWordsTests
{
    private static readonly Words Vi = Words.Of("vi");
    private static readonly Words En = Words.Of("en");

    [Fact]
    public void Both_languages_have_every_key_with_the_same_places()
    {
        Assert.Equal(En.Keys.Order(StringComparer.Ordinal), Vi.Keys.Order(StringComparer.Ordinal));
        foreach (var key in En.Keys)
        {
            Assert.Equal((key, Places(En[key])), (key, Places(Vi[key])));
        }
    }

    [Fact]
    public void No_text_stands_in_the_wrong_language_or_decomposed()
    {
        foreach (var key in En.Keys)
        {
            Assert.DoesNotMatch("[ăâđêôơưáàảãạéèẻẽẹíìỉĩịóòỏõọúùủũụýỳỷỹỵ]", En[key]);

            // One letter, one column: tables count on it.
            Assert.DoesNotMatch(@"\p{M}", Vi[key]);
        }
    }

    [Fact]
    public void Every_key_that_the_program_names_is_there()
    {
        var missing = Sources().SelectMany(text => Named().Matches(text)).Select(m => m.Groups["key"].Value).Where(key => !En.Has(key)).Distinct();
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_fault_that_can_be_told_has_its_advice()
    {
        Assert.All(Enum.GetNames<BusFault>(), fault => Assert.True(En.Has($"bus.{fault}"), fault));
        Assert.All(Enum.GetNames<EnrolFault>(), fault => Assert.True(En.Has($"enrol.next.{fault}"), fault));
        Assert.All(Enum.GetNames<DeviceFault>(), fault => Assert.True(En.Has($"fault.{fault}") && En.Has($"fault.{fault}.fix"), fault));
        Assert.All(Enum.GetNames<ClockBelief>(), belief => Assert.True(En.Has($"clock.{belief}"), belief));
        Assert.All(Examination.All, check => Assert.True(En.Has($"doctor.{check.Name}"), check.Name));
        Assert.All(Failing().Matches(string.Join('\n', Sources())).Select(m => m.Groups["key"].Value), key => Assert.True(En.Has(key) && En.Has(key + ".fix"), key));
    }

    [Fact]
    public void Every_command_and_option_is_explained()
    {
        var host = CliRun.Host(TextWriter.Null, TextWriter.Null);
        var root = CommandLine.Root(host, new Screen(host, En));
        foreach (var command in root.Subcommands.SelectMany(c => c.Subcommands.Append(c)))
        {
            Assert.True(En.Has($"help.{command.Name}"), command.Name);
            foreach (var option in command.Options.Where(o => !o.Hidden))
            {
                Assert.True(En.Has($"help.{command.Name}.{option.Name}") || En.Has($"help.{option.Name}"), $"{command.Name} {option.Name}");
            }
        }
    }

    [Theory]
    [InlineData(null, "", "", null, "en")]
    [InlineData(null, "", "vi_VN.UTF-8", null, "vi")]
    [InlineData(null, "en_GB.UTF-8", "vi_VN.UTF-8", null, "en")]
    [InlineData(null, "vi", "en_GB.UTF-8", null, "vi")]
    [InlineData(null, "", "en_GB.UTF-8", "vi", "vi")]
    [InlineData(null, "", "vilnius", null, "en")]
    [InlineData("en", "", "vi_VN.UTF-8", "vi", "en")]
    [InlineData("vi", "", "C", "en", "vi")]
    [InlineData("fr", "", "C", "vi", "vi")]
    public void The_language_is_asked_for_or_the_locale_s_or_the_configuration_s(string? asked, string all, string lang, string? configured, string expected) =>
        Assert.Equal(expected, Words.Choose(asked, CliRun.Variables(("LC_ALL", all), ("LANG", lang)), configured));

    [Fact]
    public async Task A_configuration_in_Vietnamese_makes_a_program_in_Vietnamese()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("cli").FullName, "gateway.yaml");
        await File.WriteAllTextAsync(path, "language: vi\n");
        Assert.Contains("Tùy chọn", (await CliRun.RunAsync("enrol", "--help", "--config", path)).Out, StringComparison.Ordinal);
        Assert.Contains("Options", (await CliRun.RunAsync("enrol", "--help", "--config", path, "--lang", "en")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("enrol", "--serve")]
    [InlineData("frob")]
    [InlineData("enrol", "--server")]
    [InlineData]
    public async Task Wrong_usage_is_2_and_says_where_help_is(params string[] args)
    {
        var run = await CliRun.RunAsync(["--lang", "vi", .. args]);
        Assert.Equal((ExitCodes.Usage, ""), (run.Exit, run.Out));
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Required", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unrecognized", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_fits_80_columns_without_a_terminal_and_has_no_escapes()
    {
        foreach (var command in new[] { "", "enrol", "run", "doctor", "scan", "init", "watch", "test", "replace", "set-time", "handover" })
        {
            foreach (var language in new[] { "vi", "en" })
            {
                string[] args = command.Length > 0 ? [command, "--help", "--lang", language] : ["--help", "--lang", language];
                var run = await CliRun.RunAsync(args);
                Assert.Equal((ExitCodes.Done, ""), (run.Exit, run.Error));
                Assert.All(run.Out.Split('\n'), line => Assert.True(line.Length <= 80, line));
                Assert.DoesNotContain('\e', run.Out);
            }
        }
    }

    [Theory]
    [InlineData("a bb ccc", 4, "a bb|ccc")]
    [InlineData("run `a b` now", 8, "run|`a b`|now")]
    [InlineData("run `a b` now", 9, "run `a b`|now")]
    [InlineData("x `aaa bbb ccc` y", 6, "x `aaa|bbb|ccc` y")]
    [InlineData("averyverylongword x", 5, "averyverylongword|x")]
    [InlineData("", 5, "")]
    [InlineData("an ` alone", 6, "an `|alone")]
    public void Prose_breaks_between_words_and_not_in_commands(string text, int width, string lines) =>
        Assert.Equal(lines, string.Join('|', TextWrap.Lines(text, width)));

    private static string Places(string text) => string.Join(',', PlacePattern().Matches(text).Select(m => m.Value).Distinct().Order(StringComparer.Ordinal));

    private static IEnumerable<string> Sources()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "SmartCity.IoT.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("not within the repository");
        }

        return Directory.EnumerateFiles(Path.Combine(root, "edge"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)).Select(File.ReadAllText);
    }

    [GeneratedRegex(@"\{\d+", RegexOptions.None, 1000)]
    private static partial Regex PlacePattern();

    // p.Fail("key", …) and p.Warn need KEY.fix, too.
    [GeneratedRegex("""p\.(?:Fail|Warn)\(\s*"(?<key>[a-z][^"]*)["]""", RegexOptions.None, 1000)]
    private static partial Regex Failing();

    // Words["key"], words.Say("key", …): keys put together at run time are the enumerations' above.
    [GeneratedRegex("""(?:[Ww]ords\[|\bSay\(|p\.(?:Pass|Skip)\()\s*"(?<key>[a-z][^"{]*)"(?=[\],)])""", RegexOptions.None, 1000)]
    private static partial Regex Named();
}
