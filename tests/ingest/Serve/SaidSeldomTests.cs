using SmartCity.Ingest.Serve;
using SmartCity.TestSupport;

namespace SmartCity.Ingest.Tests.Serve;

/// <summary>What is said of a trouble that goes on.</summary>
public sealed class SaidSeldomTests
{
    [Fact]
    public void A_trouble_is_said_at_once_and_then_every_ten_seconds_with_how_often_it_came()
    {
        var time = new FakeTime();
        var trouble = new SaidSeldom(time);
        var said = new List<int>();
        for (var tenth = 0; tenth < 210; tenth++)
        {
            if (trouble.IsDue(out var unsaid))
            {
                said.Add(unsaid);
            }

            time.Advance(TimeSpan.FromSeconds(0.1));
        }

        Assert.Equal([0, 99, 99], said);
        trouble.Over();
        Assert.True(trouble.IsDue(out var none) && none == 0);
    }
}
