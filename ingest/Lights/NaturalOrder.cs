namespace SmartCity.Ingest.Lights;

/// <summary>
/// Names as people list them: Cột 2 before Cột 10, letters in the order of the Vietnamese alphabet, and tones only where the letters are the same. (The server runs without the
/// cultures of ICU.)
/// </summary>
internal sealed class NaturalOrder : IComparer<string>
{
    public static readonly NaturalOrder Instance = new();

    private const int Tones = 6;
    private const string Toned = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵ";
    private const string Bare = "aaaeeiooouuy"; // of each six in Toned
    private const string Letters = " -./0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";

    /// <inheritdoc/>
    public int Compare(string? x, string? y) => Compare(x, y, Letter) is not 0 and var order ? order : Compare(x, y, Tone);

    /// <summary>Small letters without marks: who types "le loi" means Lê Lợi.</summary>
    public static string Plain(string text) => string.Create(text.Length, text, static (to, from) =>
    {
        for (var i = 0; i < to.Length; i++)
        {
            var small = char.ToLowerInvariant(from[i]);
            to[i] = small == 'đ' ? 'd' : Toned.IndexOf(small, StringComparison.Ordinal) is >= 0 and var at ? Bare[at / Tones] : small;
        }
    });

    private static int Compare(ReadOnlySpan<char> a, ReadOnlySpan<char> b, Func<char, int> place)
    {
        while (a.Length > 0 && b.Length > 0)
        {
            int order;
            if (char.IsAsciiDigit(a[0]) && char.IsAsciiDigit(b[0]))
            {
                var first = Digits(ref a);
                var second = Digits(ref b);
                order = first.Length != second.Length ? first.Length.CompareTo(second.Length) : first.SequenceCompareTo(second);
            }
            else
            {
                order = place(a[0]).CompareTo(place(b[0]));
                a = a[1..];
                b = b[1..];
            }

            if (order != 0)
            {
                return order;
            }
        }

        return a.Length.CompareTo(b.Length);
    }

    private static ReadOnlySpan<char> Digits(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        var run = end < 0 ? text : text[..end];
        text = text[run.Length..];
        return run.TrimStart('0');
    }

    private static int Tone(char letter) => Toned.IndexOf(char.ToLowerInvariant(letter), StringComparison.Ordinal) is >= 0 and var at ? at % Tones : 0;

    private static int Letter(char letter)
    {
        var small = char.ToLowerInvariant(letter);
        var vowel = Toned.IndexOf(small, StringComparison.Ordinal);
        var at = Letters.IndexOf(vowel < 0 ? small : Toned[vowel - vowel % Tones], StringComparison.Ordinal);
        return at >= 0 ? at : Letters.Length + small;
    }
}
