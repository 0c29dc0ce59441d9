using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Book;

public sealed class Utf8MapTests
{
    [Fact]
    public void It_holds_what_a_dictionary_holds_and_what_was_before_stays() =>
        Prop.ForAll(Changes().ToArbitrary(), changes =>
        {
            var map = Utf8Map<string>.Empty;
            var expected = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var change in changes)
            {
                var (before, was) = (map, expected.ToDictionary(StringComparer.Ordinal));
                map = map.With([.. change.Select(key => KeyValuePair.Create(key, key + expected.Count))]);
                foreach (var key in change)
                {
                    expected[key] = key + was.Count;
                }

                Same(was, before);
                Same(expected, map);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Many_one_by_one_and_many_at_once_are_the_same()
    {
        var keys = Enumerable.Range(0, 3000).Select(i => FormattableString.Invariant($"device-{i}")).ToList();
        var map = Utf8Map<string>.Empty;
        foreach (var key in keys)
        {
            map = map.With([KeyValuePair.Create(key, key)]);
        }

        var all = keys.ToDictionary(k => k, StringComparer.Ordinal);
        Same(all, map);
        Same(all, Utf8Map<string>.Empty.With(all));
        Assert.Null(map.Find("device-3000"u8));
    }

    [Fact]
    public void One_change_of_many_copies_little()
    {
        var map = Utf8Map<string>.Empty.With([.. Enumerable.Range(0, 200_000).Select(i => KeyValuePair.Create(FormattableString.Invariant($"device-{i}"), "x"))]);
        map.With([KeyValuePair.Create("device-7", "y")]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        map.With([KeyValuePair.Create("device-7", "z")]);
        map.With([KeyValuePair.Create("another", "z")]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 100_000);
    }

    private static Gen<List<List<string>>> Changes()
    {
        var key = Gen.OneOf(
            Gen.Choose(0, 2000).Select(i => FormattableString.Invariant($"d{i}")),
            Gen.Choose(0, 40).Select(i => new string('x', i)),
            Gen.Elements("đèn", "", "env-hac-thanh-007", new string('z', 90)));
        return Gen.ListOf(Gen.ListOf(key).Select(keys => keys.Distinct(StringComparer.Ordinal).ToList())).Select(lists => lists.ToList());
    }

    private static void Same(Dictionary<string, string> expected, Utf8Map<string> map)
    {
        Assert.Equal(expected.Count, map.Count);
        Assert.Equal(expected.Values.Order(StringComparer.Ordinal), map.Values.Order(StringComparer.Ordinal));
        foreach (var (key, value) in expected)
        {
            Assert.Equal(value, map.Find(key));
            Assert.Equal(value, map.Find(Encoding.UTF8.GetBytes(key)));
            Assert.Equal(expected.GetValueOrDefault(key + "x"), map.Find(key + "x"));
        }
    }
}
