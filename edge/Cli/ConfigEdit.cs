using System.Text;
using System.Text.RegularExpressions;

namespace SmartCity.Edge.Cli;

/// <summary>Changes single keys of a configuration file and leaves everything else, comments above all, as people wrote it.</summary>
internal static class ConfigEdit
{
    /// <summary>The text with a top-level key set: its line is replaced (a comment after the value stays), or the line is added at the
    /// end. Values of several lines are not for this.</summary>
    public static string Set(string text, string key, string value)
    {
        var newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var line = new Regex($"^{Regex.Escape(key)}[ \t]*:[ \t]*(\"[^\"\r\n]*\"|'[^'\r\n]*'|[^#\r\n]*?)(?<rest>[ \t]+#[^\r\n]*)?(?=\r?$)", RegexOptions.Multiline, TimeSpan.FromSeconds(1));
        if (line.IsMatch(text))
        {
            return line.Replace(text, match => $"{key}: {Scalar(value)}{match.Groups["rest"].Value}", 1);
        }

        var begin = text.Length == 0 || text.EndsWith('\n') ? text : text + newLine;
        return $"{begin}{key}: {Scalar(value)}{newLine}";
    }

    /// <summary>The text with one value more, in front, in a top-level list that stands on one line; null where it stands otherwise, for
    /// that is a person's to change.</summary>
    public static string? SetList(string text, string key, string value)
    {
        var line = new Regex($@"^{Regex.Escape(key)}[ \t]*:[ \t]*\[(?<all>[^\]#\r\n]*)\]", RegexOptions.Multiline, TimeSpan.FromSeconds(1));
        var match = line.Match(text);
        return !match.Success ? null
            : string.Concat(text.AsSpan(0, match.Index), $"{key}: [ {string.Join(", ", new[] { value, match.Groups["all"].Value.Trim() }.Where(v => v.Length > 0))} ]", text.AsSpan(match.Index + match.Length));
    }

    /// <summary>Writes a file beside its place and moves it there, with the mode it had.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Save(string path, string text)
    {
        var beside = path + ".part";
        File.WriteAllText(beside, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        if (!OperatingSystem.IsWindows() && File.Exists(path))
        {
            File.SetUnixFileMode(beside, File.GetUnixFileMode(path));
        }

        FileOwner.LikeFile(beside, path);
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>A text as a YAML scalar: plain where YAML reads it back as the same text, else in double quotes.</summary>
    public static string Scalar(string value)
    {
        // The core schema reads these as something other than text (YAML 1.2, §10.3.2); what begins with a sign of YAML's own is quoted, too.
        var plain = value.Length > 0 && value.All(c => char.IsLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or ':' or ' ' or ',')
            && char.IsLetter(value[0]) | value[0] is '/' && !value.Contains(": ", StringComparison.Ordinal) && !value.EndsWith(':') && !value.EndsWith(' ')
            && value.ToLowerInvariant() is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");
        return plain ? value : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }
}
