using System.Collections.Frozen;
using System.Globalization;

namespace SmartCity.Ingest.Words;

/// <summary>What the server itself says to people (CAP messages, printed reports), in one language. The texts are in <c>ingest/Words/*.txt</c>,
/// both languages of a text together, in the same form as the gateway's.</summary>
internal sealed class ServerWords
{
    private static readonly Lazy<(ServerWords Vi, ServerWords En)> Loaded = new(Load);

    private readonly FrozenDictionary<string, string> _texts;

    private ServerWords(string language, Dictionary<string, string> texts)
    {
        Language = language;
        _texts = texts.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>Vietnamese.</summary>
    public static ServerWords Vi => Loaded.Value.Vi;

    /// <summary>English.</summary>
    public static ServerWords En => Loaded.Value.En;

    /// <summary><c>vi</c> or <c>en</c>.</summary>
    public string Language { get; }

    /// <summary>Every key.</summary>
    public IEnumerable<string> Keys => _texts.Keys;

    /// <summary>A text as it stands in the file.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that key.</exception>
    public string this[string key] => _texts.TryGetValue(key, out var text) ? text : throw new KeyNotFoundException($"no text '{key}'");

    /// <summary>A text with its places filled.</summary>
    public string Say(string key, params ReadOnlySpan<object?> values) => string.Format(CultureInfo.InvariantCulture, this[key], values);

    /// <summary>A text, or null where there is none of that key.</summary>
    public string? Find(string key) => _texts.GetValueOrDefault(key);

    /// <summary>Whole numbers and figures as this language writes them: 1.234,5 or 1,234.5.</summary>
    public string Number(double value, int decimals = 0)
    {
        var text = value.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Language == "vi" ? text.Replace(',', '\0').Replace('.', ',').Replace('\0', '.') : text;
    }

    /// <summary>Reads one file: <c>[key]</c>, then a line <c>vi …</c> and a line <c>en …</c>; <c>#</c> begins a comment.</summary>
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
            if (key is null || into is null || !into.TryAdd(key, line[3..]))
            {
                throw new FormatException($"{name}:{number}: neither [key] nor its one vi and one en line");
            }
        }
    }

    private static (ServerWords Vi, ServerWords En) Load()
    {
        var vi = new Dictionary<string, string>(StringComparer.Ordinal);
        var en = new Dictionary<string, string>(StringComparer.Ordinal);
        var assembly = typeof(ServerWords).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith("words/", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            Read(reader.ReadToEnd(), name, vi, en);
        }

        return (new ServerWords("vi", vi), new ServerWords("en", en));
    }
}
