using System.Collections.Immutable;

namespace SmartCity.Ingest.Book;

/// <summary>What another process has changed: areas, and of some of them only what is named by keys.</summary>
internal sealed class BookNews
{
    /// <summary>With more than these an area is read as a whole, which is then the less work.</summary>
    public const int MostKeys = 200;

    /// <summary>PostgreSQL's limit for a payload is 7,999 bytes (https://www.postgresql.org/docs/15/sql-notify.html).</summary>
    private const int MostBytes = 7_000;

    private static readonly (BookAreas Area, string Word)[] Words =
        [.. Enum.GetValues<BookAreas>().Where(a => a is not (BookAreas.None or BookAreas.All)).Select(a => (a, a.ToString().ToLowerInvariant()))];

    private readonly BookAreas _whole;
    private readonly ImmutableDictionary<BookAreas, ImmutableHashSet<string>> _some;

    private BookNews(BookAreas whole, ImmutableDictionary<BookAreas, ImmutableHashSet<string>> some) => (_whole, _some) = (whole, some);

    /// <summary>Nothing.</summary>
    public static BookNews None { get; } = new(BookAreas.None, ImmutableDictionary<BookAreas, ImmutableHashSet<string>>.Empty);

    /// <summary>Whatever there is: nobody listened for a while, or who wrote does not say what.</summary>
    public static BookNews All { get; } = new(BookAreas.All, None._some);

    /// <summary>Whether there is nothing in it.</summary>
    public bool IsEmpty => _whole == BookAreas.None && _some.IsEmpty;

    /// <summary>Whether it is about an area.</summary>
    public bool Has(BookAreas area) => (_whole & area) != 0 || _some.ContainsKey(area);

    /// <summary>What of an area it is about; null: all of it. Empty when it is not about it.</summary>
    public IReadOnlySet<string>? Keys(BookAreas area) => (_whole & area) != 0 ? null : _some.GetValueOrDefault(area, []);

    /// <summary>Areas as a whole too.</summary>
    public BookNews And(BookAreas areas) => new(_whole | areas, _some.RemoveRange(Words.Where(w => (areas & w.Area) != 0).Select(w => w.Area)));

    /// <summary>One thing of an area too.</summary>
    public BookNews And(BookAreas area, string key)
    {
        if ((_whole & area) != 0)
        {
            return this;
        }

        var keys = _some.GetValueOrDefault(area, ImmutableHashSet<string>.Empty.WithComparer(StringComparer.Ordinal)).Add(key);
        return keys.Count > MostKeys ? And(area) : new(_whole, _some.SetItem(area, keys));
    }

    /// <summary>Areas whose tables were written to. Where things of one are named, they are what was written.</summary>
    public BookNews Over(BookAreas written) => And(_some.Keys.Aggregate(written, (left, named) => left & ~named));

    /// <summary>Both.</summary>
    public BookNews And(BookNews other) => other._some.Aggregate(And(other._whole), (news, area) => area.Value.Aggregate(news, (all, key) => all.And(area.Key, key)));

    /// <summary>As it is sent: <c>alerts,reports:gw-1,reports:gw-2</c>, or <c>all</c>.</summary>
    public override string ToString()
    {
        if (_whole == BookAreas.All)
        {
            return "all";
        }

        var some = _some.SelectMany(area => area.Value.Select(key => Word(area.Key) + ":" + key));
        var text = string.Join(',', Words.Where(w => (_whole & w.Area) != 0).Select(w => w.Word).Concat(some));
        return text.Length <= MostBytes && text.All(char.IsAscii) ? text : And(_some.Keys.Aggregate(BookAreas.None, (all, area) => all | area)).ToString();
    }

    /// <summary>Reads it. What is not understood was sent by a newer program: then it is everything.</summary>
    public static BookNews Parse(ReadOnlySpan<char> text)
    {
        var news = None;
        foreach (var range in text.Split(','))
        {
            var word = text[range];
            var colon = word.IndexOf(':');
            var name = (colon < 0 ? word : word[..colon]).ToString();
            var area = Array.Find(Words, w => w.Word == name).Area;
            if (area == BookAreas.None)
            {
                return All;
            }

            news = colon < 0 ? news.And(area) : news.And(area, word[(colon + 1)..].ToString());
        }

        return news;
    }

    private static string Word(BookAreas area) => Array.Find(Words, w => w.Area == area).Word;
}
