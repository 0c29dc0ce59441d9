using System.Collections.Frozen;
using System.Globalization;

namespace SmartCity.Edge;

/// <summary>What the program says to people, in one language. The texts are in <c>edge/Words/*.txt</c>, both languages of a text together.</summary>
internal sealed class Words
{
    private static readonly Lazy<(Words Vi, Words En)> Loaded = new(Load);

    private readonly FrozenDictionary<string, string> _texts;

    private Words(string language, IReadOnlyDictionary<string, string> texts)
    {
        Language = language;
        _texts = texts.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary><c>vi</c> or <c>en</c>.</summary>
    public string Language { get; }

    /// <summary>Every key.</summary>
    public IEnumerable<string> Keys => _texts.Keys;

    /// <summary>A text as it stands in the file.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that key.</exception>
    public string this[string key] => _texts.TryGetValue(key, out var text) ? text : throw new KeyNotFoundException($"no text '{key}'");

    /// <summary>The words of a language; anything but <c>vi</c> is English.</summary>
    public static Words Of(string? language) => language == "vi" ? Loaded.Value.Vi : Loaded.Value.En;

    /// <summary>Which language a person reads: what was asked for on the command line; else Vietnamese when the locale is (a Raspberry Pi
    /// comes with an English locale, so an English one says nothing); else what the configuration says; else English.</summary>
    /// <param name="asked">From the command line, or null.</param>
    /// <param name="variable">Environment variables.</param>
    /// <param name="configured">From the configuration, or null.</param>
    public static string Choose(string? asked, Func<string, string?> variable, string? configured)
    {
        if (asked is "vi" or "en")
        {
            return asked;
        }

        // POSIX: the first of these that is set and not empty is the one that counts for messages.
        var locale = new[] { "LC_ALL", "LC_MESSAGES", "LANG" }.Select(variable).FirstOrDefault(v => !string.IsNullOrEmpty(v));
        var vietnamese = locale is not null && (locale == "vi" || locale.StartsWith("vi_", StringComparison.Ordinal) || locale.StartsWith("vi.", StringComparison.Ordinal));
        return vietnamese || configured == "vi" ? "vi" : "en";
    }

    /// <summary>A text with its places filled.</summary>
    public string Say(string key, params ReadOnlySpan<object?> values) => string.Format(CultureInfo.InvariantCulture, this[key], values);

    /// <summary>Whether there is such a text.</summary>
    public bool Has(string key) => _texts.ContainsKey(key);

    /// <summary>Reads one file: <c>[key]</c>, then a line <c>vi …</c> and a line <c>en …</c>; <c>\n</c> is a new line, <c>#</c> begins a comment.</summary>
    /// <exception cref="FormatException">A line is none of these, or a key stands twice.</exception>
    internal static void Read(string text, string name, Dictionary<string, string> vi, Dictionary<string, string> en)
    {
        string? key = null;
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] == '[' && line[^1] == ']')
            {
                key = line[1..^1];
                continue;
            }

            var into = line.StartsWith("vi ", StringComparison.Ordinal) ? vi : line.StartsWith("en ", StringComparison.Ordinal) ? en : null;
            if (key is null || into is null || !into.TryAdd(key, line[3..].Replace("\\n", "\n", StringComparison.Ordinal)))
            {
                throw new FormatException($"{name}:{number}: neither [key] nor its one vi and one en line");
            }
        }
    }

    private static (Words Vi, Words En) Load()
    {
        var vi = new Dictionary<string, string>(StringComparer.Ordinal);
        var en = new Dictionary<string, string>(StringComparer.Ordinal);
        var assembly = typeof(Words).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith("words/", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            Read(reader.ReadToEnd(), name, vi, en);
        }

        return (new Words("vi", vi), new Words("en", en));
    }
}
