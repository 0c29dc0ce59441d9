using System.Text;

namespace SmartCity.Simulators.Plan;

/// <summary>Turns a Vietnamese name into an identifier of <c>a-z 0-9 -</c>.</summary>
/// <remarks>The letters are folded by a table of our own: with invariant globalisation the runtime promises no decomposition.</remarks>
internal static class Slug
{
    private const string Folded =
        "a:àáảãạăằắẳẵặâầấẩẫậ e:èéẻẽẹêềếểễệ i:ìíỉĩị o:òóỏõọôồốổỗộơờớởỡợ u:ùúủũụưừứửữự y:ỳýỷỹỵ d:đ";

    private static readonly Dictionary<char, char> Plain = BuildTable();

    /// <summary>The identifier of a name: <c>Đại lộ Lê Lợi</c> gives <c>dai-lo-le-loi</c>.</summary>
    public static string Of(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var raw in name)
        {
            var lower = char.ToLowerInvariant(raw);
            var letter = Plain.GetValueOrDefault(lower, lower);
            if (letter is (>= 'a' and <= 'z') or (>= '0' and <= '9'))
            {
                text.Append(letter);
            }
            else if (text.Length > 0 && text[^1] != '-')
            {
                text.Append('-');
            }
        }

        return text.ToString().TrimEnd('-');
    }

    private static Dictionary<char, char> BuildTable()
    {
        var table = new Dictionary<char, char>();
        foreach (var group in Folded.Split(' '))
        {
            foreach (var letter in group.AsSpan(2))
            {
                table[letter] = group[0];
            }
        }

        return table;
    }
}
