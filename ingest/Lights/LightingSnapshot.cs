using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.City;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Lights;

/// <summary>The lighting book at one moment; immutable.</summary>
internal sealed class LightingSnapshot
{
    private LightingSnapshot(ImmutableSortedDictionary<(LightKind Kind, string Id), LightItem> items, ImmutableSortedDictionary<long, LightOrder> orders, long ended, long last)
    {
        Items = items;
        Orders = orders;
        Ended = ended;
        LastOrder = last;
        Document = Compose(items.Values);
        Groups = Read<IReadOnlyList<string>>(LightKind.Group).ToDictionary(g => g.Key, g => g.Value, StringComparer.Ordinal);
        Settings = Read<LightSetting>(LightKind.Setting)
            .Select(s => (Known: LightTarget.TryParse(s.Key, out var place), place, s.Value))
            .Where(s => s.Known)
            .ToDictionary(s => s.place, s => s.Value);
        Term = items.Values.Sum(i => i.Revision) + last + ended;
    }

    /// <summary>Nothing.</summary>
    public static LightingSnapshot Empty { get; } = new(ImmutableSortedDictionary<(LightKind, string), LightItem>.Empty, ImmutableSortedDictionary<long, LightOrder>.Empty, 0, 0);

    /// <summary>Every document there is or was.</summary>
    public ImmutableSortedDictionary<(LightKind Kind, string Id), LightItem> Items { get; }

    /// <summary>Orders that hold or are ahead, by number.</summary>
    public ImmutableSortedDictionary<long, LightOrder> Orders { get; }

    /// <summary>How many orders have ended.</summary>
    public long Ended { get; }

    /// <summary>Number of the last order.</summary>
    public long LastOrder { get; }

    /// <summary>Programmes, calendars and holidays, read as a gateway reads them.</summary>
    public DesiredDocument Document { get; }

    /// <summary>Members of each group.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Groups { get; }

    /// <summary>What holds at each place that says something.</summary>
    public IReadOnlyDictionary<LightTarget, LightSetting> Settings { get; }

    /// <summary>Grows with every change and with nothing else: the same in every server that has this book.</summary>
    public long Term { get; }

    /// <summary>A document that is there, or null.</summary>
    public LightItem? Find(LightKind kind, string id) => Items.GetValueOrDefault((kind, id)) is { Body: not null } item ? item : null;

    /// <summary>Documents of a kind that are there, by id.</summary>
    public IEnumerable<LightItem> Of(LightKind kind) => Items.Values.Where(i => i.Kind == kind && i.Body is not null);

    /// <summary>From what the book has.</summary>
    public static LightingSnapshot Of(IEnumerable<LightItem> items, IEnumerable<LightOrder> orders, long ended, long last) => new(
        items.ToImmutableSortedDictionary(i => (i.Kind, i.Id), i => i, Order.Instance), orders.ToImmutableSortedDictionary(o => o.Sequence, o => o), ended, last);

    /// <summary>With one document put or removed. Says what is wrong with the whole then.</summary>
    /// <exception cref="LightingException">Something is wrong with it, or another one needs what it was.</exception>
    public LightingSnapshot With(LightItem item)
    {
        LightingSnapshot after;
        try
        {
            after = new LightingSnapshot(Items.SetItem((item.Kind, item.Id), item), Orders, Ended, LastOrder);
        }
        catch (Exception e) when (e is DesiredException or JsonException)
        {
            throw Refused(e);
        }

        LightingRules.Check(after, item);
        return after;
    }

    /// <summary>Programmes, calendars and holidays among documents, kept or not.</summary>
    /// <exception cref="LightingException">A gateway would refuse them.</exception>
    public static DesiredDocument Try(IEnumerable<LightItem> items)
    {
        try
        {
            return Compose(items);
        }
        catch (Exception e) when (e is DesiredException or JsonException)
        {
            throw Refused(e);
        }
    }

    private static LightingException Refused(Exception e) => new(e.Message) { Faults = (e as DesiredException)?.Faults ?? [e.Message] };

    // The one reader of programmes, calendars and holidays is the gateway's: what it would refuse is refused here.
    private static DesiredDocument Compose(IEnumerable<LightItem> items)
    {
        var whole = new JsonObject { ["version"] = 0 };
        foreach (var (kind, name) in new[] { (LightKind.Programme, "programmes"), (LightKind.Calendar, "calendars"), (LightKind.Holidays, "holidays") })
        {
            var map = new JsonObject();
            foreach (var item in items.Where(i => i.Kind == kind && i.Body is not null))
            {
                map[item.Id] = JsonNode.Parse(item.Body!);
            }

            whole[name] = map;
        }

        return DesiredDocument.Read(JsonSerializer.SerializeToUtf8Bytes(whole));
    }

    private IEnumerable<KeyValuePair<string, T>> Read<T>(LightKind kind) =>
        Of(kind).Select(i => KeyValuePair.Create(i.Id, JsonSerializer.Deserialize<T>(i.Body!, BookJson.Strict) ?? throw new JsonException($"{i.Id} is null")));

    private sealed class Order : IComparer<(LightKind Kind, string Id)>
    {
        public static readonly Order Instance = new();

        public int Compare((LightKind Kind, string Id) x, (LightKind Kind, string Id) y) => x.Kind != y.Kind ? x.Kind.CompareTo(y.Kind) : string.CompareOrdinal(x.Id, y.Id);
    }
}
