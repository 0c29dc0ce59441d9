using SmartCity.Ingest.Book;
using SmartCity.Ingest.Views;

namespace SmartCity.Ingest.Tests.Views;

public sealed class LastKnownTests
{
    [Fact]
    public async Task While_the_book_is_away_what_was_known_stands()
    {
        Assert.Equal("before", await LastKnown.OrAsync(Failing(BookFault.Away), "before"));
        Assert.Equal("before", await LastKnown.OrAsync(Failing(BookFault.Busy), "before"));
    }

    [Fact]
    public async Task Where_nothing_was_known_or_something_else_is_wrong_it_is_said()
    {
        await Assert.ThrowsAsync<BookEngineException>(() => LastKnown.OrAsync(Failing(BookFault.Away), null).AsTask());
        await Assert.ThrowsAsync<BookEngineException>(() => LastKnown.OrAsync(Failing(BookFault.Full), "before").AsTask());
        Assert.Equal("now", await LastKnown.OrAsync(Task.FromResult("now"), "before"));
    }

    private static Task<string> Failing(BookFault fault) => Task.FromException<string>(new BookEngineException(fault, "no", null));
}
