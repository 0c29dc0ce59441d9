using Spectre.Console;

namespace SmartCity.Edge.Cli;

/// <summary>How much a line matters.</summary>
internal enum Tone
{
    /// <summary>As any other.</summary>
    Plain,

    /// <summary>Something is well.</summary>
    Good,

    /// <summary>Something wants a look.</summary>
    Warning,

    /// <summary>Something is wrong.</summary>
    Bad,

    /// <summary>A remark beside the matter.</summary>
    Quiet,

    /// <summary>A heading.</summary>
    Strong,
}

/// <summary>
/// The technician's screen. Prose is wrapped between words at the screen's width; what other programs may read (paths, YAML) is written
/// as it is. Without a terminal there is no escape sequence in anything.
/// </summary>
internal sealed class Screen
{
    private readonly CliHost _host;

    /// <summary>A screen in a language.</summary>
    public Screen(CliHost host, Words words)
    {
        _host = host;
        Words = words;
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = host.Terminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = host.Terminal ? ColorSystemSupport.EightBit : ColorSystemSupport.NoColors,
            Interactive = host.Interactive ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(host.Out),
        });
        Console.Profile.Width = host.Width;
        Console.Profile.Capabilities.Unicode = true;
    }

    /// <summary>Words of the person's language.</summary>
    public Words Words { get; }

    /// <summary>For tables, live views and questions.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Whether somebody can answer.</summary>
    public bool Interactive => _host.Interactive;

    /// <summary>Whether the cursor can be moved.</summary>
    public bool Terminal => _host.Terminal;

    /// <summary>Columns.</summary>
    public int Width => _host.Width;

    /// <summary>Writes prose, wrapped.</summary>
    /// <param name="text">One paragraph, or several parted by new lines.</param>
    /// <param name="tone">How much it matters.</param>
    /// <param name="indent">Columns before each line after the first, and before the first unless <paramref name="lead"/> stands there.</param>
    /// <param name="lead">What stands before the first line, in the place of the indent.</param>
    public void Prose(string text, Tone tone = Tone.Plain, int indent = 0, string? lead = null) => Write(_host.Out, text, tone, indent, lead);

    /// <summary>Writes one line as it is.</summary>
    public void Raw(string line) => _host.Out.WriteLine(line);

    /// <summary>An empty line.</summary>
    public void Gap() => _host.Out.WriteLine();

    /// <summary>Writes a fault and what to do, to where faults go.</summary>
    public void Fault(string what, string? next)
    {
        Write(_host.Error, what, Tone.Bad, 2, "✘ ");
        if (next is not null)
        {
            Write(_host.Error, next, Tone.Plain, 2, "→ ");
        }
    }

    /// <summary>A remark that is no result, to where faults go.</summary>
    public void Remark(string text) => Write(_host.Error, text, Tone.Quiet, 0, null);

    /// <summary>A borderless table that fits the screen: the last column takes what is left and is wrapped.</summary>
    /// <param name="heads">Heads of the columns.</param>
    /// <param name="rows">Rows; each cell with its tone.</param>
    public void Table(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<(string Text, Tone Tone)>> rows)
    {
        var all = rows.ToList();
        var widths = heads.Select((h, i) => all.Select(r => r[i].Text.Length).Append(h.Length).Max()).ToArray();
        var last = heads.Count - 1;
        // What is too wide for the screen is taken from the widest of the others; the last has what is left.
        var least = Math.Min(widths[last], 12);
        var room = Width - (2 * last) - least;
        while (last > 0 && widths[..last].Sum() > room && widths[..last].Max() > 12)
        {
            widths[Array.IndexOf(widths, widths[..last].Max(), 0, last)]--;
        }

        widths[last] = Math.Max(least, Math.Min(widths[last], Width - widths[..last].Sum() - (2 * last)));
        TableRow([.. heads.Select(h => (h, Tone.Quiet))], widths);
        foreach (var row in all)
        {
            TableRow(row, widths);
        }
    }

    /// <summary>Asks for a line of text.</summary>
    public string Ask(string question, string? otherwise = null, Func<string, string?>? fault = null)
    {
        var prompt = new TextPrompt<string>(Markup.Escape(question));
        if (otherwise is not null)
        {
            prompt.DefaultValue(otherwise);
        }

        if (fault is not null)
        {
            prompt.Validate(text => fault(text) is { } wrong ? ValidationResult.Error(Markup.Escape(wrong)) : ValidationResult.Success());
        }

        return Console.Prompt(prompt).Trim();
    }

    /// <summary>Asks for a secret; what is typed is not shown.</summary>
    public string AskSecret(string question) => Console.Prompt(new TextPrompt<string>(Markup.Escape(question)).Secret('•')).Trim();

    /// <summary>Asks yes or no; without a person the answer is <paramref name="otherwise"/>.</summary>
    public bool Confirm(string question, bool otherwise)
    {
        if (!Interactive)
        {
            return otherwise;
        }

        var (yes, no) = Words.Language == "vi" ? ('c', 'k') : ('y', 'n');
        return Console.Prompt(new ConfirmationPrompt(Markup.Escape(question)) { DefaultValue = otherwise, Yes = yes, No = no });
    }

    /// <summary>A code of the terminal for a tone.</summary>
    private static string Code(Tone tone) => tone switch
    {
        Tone.Good => "\e[32m",
        Tone.Warning => "\e[33m",
        Tone.Bad => "\e[31m",
        Tone.Quiet => "\e[90m",
        Tone.Strong => "\e[1m",
        _ => "",
    };

    private void Write(TextWriter to, string text, Tone tone, int indent, string? lead)
    {
        var first = lead ?? new string(' ', indent);
        foreach (var paragraph in text.Split('\n'))
        {
            foreach (var line in TextWrap.Lines(paragraph, Math.Max(20, Width - indent)))
            {
                to.WriteLine(Tint(first + line, tone));
                first = new string(' ', indent);
            }
        }
    }

    private void TableRow(IReadOnlyList<(string Text, Tone Tone)> cells, int[] widths)
    {
        var columns = cells.Select((cell, i) => cell.Text.Length <= widths[i] ? [cell.Text] : TextWrap.Lines(cell.Text, widths[i]).ToList()).ToList();
        for (var line = 0; line < columns.Max(c => c.Count); line++)
        {
            var texts = columns.Select((column, i) => (line < column.Count ? column[line] : "").PadRight(i < widths.Length - 1 ? widths[i] : 0)).ToList();
            var filled = texts.FindLastIndex(t => !string.IsNullOrWhiteSpace(t));
            _host.Out.WriteLine(string.Join("  ", texts.Take(filled + 1).Select((t, i) => Tint(i == filled ? t.TrimEnd() : t, cells[i].Tone))));
        }
    }

    private string Tint(string text, Tone tone) => Terminal && Code(tone) is { Length: > 0 } code ? $"{code}{text}\e[0m" : text;
}
