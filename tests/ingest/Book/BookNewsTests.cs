using SmartCity.Ingest.Book;

namespace SmartCity.Ingest.Tests.Book;

/// <summary>What servers tell each other of a commit.</summary>
public sealed class BookNewsTests
{
    [Theory]
    [InlineData("INSERT INTO alerts(id) VALUES ($1)", "Alerts")]
    [InlineData("\n  UPDATE devices SET name = 'x'", "Registry")]
    [InlineData("DELETE FROM something_new WHERE id = 1", "All")]
    [InlineData("INSERT INTO maintenance(scope) VALUES ($1) RETURNING seq", "Maintenance")]
    [InlineData("UPDATE grains SET position = 0", "None")]
    [InlineData("UPDATE api_keys SET used_at = $2 WHERE id = $1", "None")]
    [InlineData("UPDATE api_keys SET revoked_at = $2 WHERE id = $1", "Identity")]
    [InlineData("SELECT 1 FROM alerts", "None")]
    public void Whom_a_statement_concerns_is_read_in_it(string sql, string area) => Assert.Equal(Enum.Parse<BookAreas>(area), BookTables.AreaOf(sql));

    [Fact]
    public void Every_table_of_the_book_is_somebodys()
    {
        var tables = Migrations.Steps.SelectMany(s => s.Sql.Split("CREATE TABLE ")[1..]).Select(t => t[..t.IndexOf('(', StringComparison.Ordinal)]).ToList();
        Assert.True(tables.Count > 30);
        Assert.DoesNotContain(tables, t => BookTables.AreaOf($"INSERT INTO {t}(x) VALUES (1)") == BookAreas.All);
    }

    [Fact]
    public void News_are_read_as_they_were_said_and_what_is_too_long_is_said_as_a_whole()
    {
        var news = BookNews.None.And(BookAreas.Alerts).And(BookAreas.Commands, "gw-1").And(BookAreas.Commands, "gw-2");
        Assert.Equal("alerts,commands:gw-1,commands:gw-2", string.Join(',', news.ToString().Split(',').Order()));
        var read = BookNews.Parse(news.ToString());
        Assert.Equal(["gw-1", "gw-2"], read.Keys(BookAreas.Commands)!.Order());
        Assert.Null(read.Keys(BookAreas.Alerts));
        Assert.Null(read.And(BookAreas.Commands).And(BookAreas.Commands, "gw-3").Keys(BookAreas.Commands));
        Assert.Equal("all", BookNews.All.And(news).ToString());
        Assert.Equal("all", BookNews.Parse("alerts,tea").ToString());
        var many = Enumerable.Range(0, BookNews.MostKeys).Aggregate(BookNews.None, (all, n) => all.And(BookAreas.Reports, new string('g', 60) + n));
        Assert.Equal("reports", many.ToString());
    }
}
