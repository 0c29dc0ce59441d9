using System.CommandLine;
using System.CommandLine.Invocation;

namespace SmartCity.Edge.Cli;

/// <summary>Help in the person's language. What an option is for stands in the words as <c>help.COMMAND.--option</c>, or
/// <c>help.--option</c> where every command means the same by it; else the option's own description is shown.</summary>
internal sealed class HelpPage(Screen screen) : SynchronousCommandLineAction
{
    /// <summary>The command as it is typed.</summary>
    public static string Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Path(parent)} {command.Name}" : "smartcity-edge";

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        var words = screen.Words;
        screen.Prose(About(command, words));
        screen.Gap();
        var arguments = string.Join("", command.Arguments.Where(a => !a.Hidden).Select(a => a.Arity.MinimumNumberOfValues == 0 ? $" [{Name(a)}]" : $" {Name(a)}"));
        screen.Prose($"{words["help.usage"]}: {Path(command)}{(command.Subcommands.Count > 0 ? $" {words["help.COMMAND"]}" : "")}{arguments} [{words["help.OPTIONS"]}]", Tone.Strong);
        List(words["help.commands"], command.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, About(c, words))));
        List(words["help.arguments"], command.Arguments.Where(a => !a.Hidden).Select(a => (Name(a), Of(command, a.Name, a.Description, words))));
        var options = command.Options.Concat(command.Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive))).Where(o => !o.Hidden);
        List(words["help.options"], options.DistinctBy(o => o.Name).Select(o => (
            o.HelpName is { } value ? $"{o.Name} {value}" : o.Name, Of(command, o.Name, o.Description, words))));
        if (command.Parents.Any() && words.Has($"help.{command.Name}.more"))
        {
            screen.Gap();
            screen.Prose(words[$"help.{command.Name}.more"]);
        }

        return ExitCodes.Done;
    }

    private static string Name(Argument argument) => argument.HelpName ?? argument.Name.ToUpperInvariant();

    private static string About(Command command, Words words) => words.Has($"help.{command.Name}") ? words[$"help.{command.Name}"] : command.Description ?? "";

    private static string Of(Command command, string name, string? otherwise, Words words) =>
        words.Has($"help.{command.Name}.{name}") ? words[$"help.{command.Name}.{name}"]
        : words.Has($"help.{name}") ? words[$"help.{name}"]
        : otherwise ?? "";

    private void List(string head, IEnumerable<(string Name, string About)> entries)
    {
        var all = entries.ToList();
        if (all.Count == 0)
        {
            return;
        }

        screen.Gap();
        screen.Prose(head + ":", Tone.Strong);
        var column = Math.Min(28, all.Max(e => e.Name.Length) + 4);
        foreach (var (name, about) in all)
        {
            if (name.Length + 4 > column)
            {
                screen.Raw("  " + name);
                screen.Prose(about, indent: column);
            }
            else
            {
                screen.Prose(about, indent: column, lead: ("  " + name).PadRight(column));
            }
        }
    }
}
