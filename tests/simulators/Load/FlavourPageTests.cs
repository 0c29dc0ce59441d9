using System.Xml.Linq;
using SmartCity.Simulators.Flavours;
using SmartCity.Simulators.Sweep;

namespace SmartCity.Simulators.Tests.Load;

/// <summary>What the comparison of flavours writes, and how it counts.</summary>
public sealed class FlavourPageTests
{
    private static readonly FlavourResult _embedded = new()
    {
        Load = "lamps",
        Flavour = FlavourCase.Embedded,
        Servers = 2,
        Round = 1,
        ReadingsPerSecond = 1_000_000,
        CaughtUpPerSecond = 900_000,
        Lost = 0,
        CpuMicrosPerReading = 1.234,
        P50Ms = 1,
        P99Ms = 2,
    };

    private static readonly FlavourResult _orleans = _embedded with { Flavour = FlavourCase.Orleans, CaughtUpPerSecond = 300_000 };

    private static readonly FlavourResult _alarms = new()
    {
        Load = "alarms",
        Flavour = FlavourCase.Orleans,
        Servers = 2,
        Round = 1,
        Alarms = 320,
        AlarmsMissing = 1,
        AlarmAckP50Ms = 4.5,
        BesideP99Ms = 12.3,
        Note = "strange",
    };

    [Fact]
    public void The_other_flavour_stands_under_its_peer_with_the_ratio_of_their_medians()
    {
        var rows = FlavourText.Tables([_orleans, _embedded, _embedded with { Servers = 1, CaughtUpPerSecond = 1 }, _embedded with { Round = 2, CaughtUpPerSecond = 700_000 }]).Split('\n');
        var at = Array.FindIndex(rows, r => r.StartsWith("| lamps | embedded | 2", StringComparison.Ordinal));
        Assert.Contains("| 800,000 | 700,000 – 900,000 |  | 0 |", rows[at], StringComparison.Ordinal);
        Assert.StartsWith("| lamps | Orleans flavour | 2", rows[at + 1], StringComparison.Ordinal);
        Assert.Contains("| 300,000 | 300,000 – 300,000 | 2.67 × | 0 |", rows[at + 1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_has_as_many_cells_in_every_row_and_what_was_strange_is_said()
    {
        var text = FlavourText.Tables([_embedded, _orleans, _alarms, _embedded with { Flavour = FlavourCase.File, Servers = 1, BookMicrosPerReading = null }]);
        foreach (var table in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(t => t.StartsWith('|')))
        {
            Assert.Single(table.Split('\n').Where(l => l.StartsWith('|')).Select(l => l.Count(c => c == '|')).Distinct());
        }

        Assert.Contains("| alarms | Orleans flavour | 2 | 319 of 320 | 4.5 |", text, StringComparison.Ordinal);
        Assert.Contains("alarms, Orleans flavour, 2 server(s), round 1: strange.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_picture_has_a_bar_for_each_case_of_each_load_and_none_where_nothing_was_measured()
    {
        var (series, rows) = FlavourText.Bars([_embedded, _orleans, _alarms, _embedded with { Load = "stations" }]);
        Assert.Equal(["embedded, 2", "Orleans flavour, 2"], series);
        Assert.Equal(["lamps", "stations"], rows.Select(r => r.Name));
        Assert.Equal([900_000, null], rows[1].Values);
        Assert.Equal(5, XElement.Parse(BarPicture.Draw("t", series, rows)).Descendants().Count(e => e.Name.LocalName == "rect")); // three bars and the legend's two
    }

    [Fact]
    public void A_round_measures_peers_one_after_the_other_and_only_what_was_asked_for()
    {
        string[] Words(string? orleans, params string[] only) => [.. FlavourCase.All("a", orleans, "s", only.ToHashSet(StringComparer.Ordinal)).Select(c => c.Word)];
        Assert.Equal(["file:1", "embedded:1", "orleans:1", "embedded:2", "orleans:2"], Words("b"));
        Assert.Equal(["file:1", "embedded:1", "embedded:2"], Words(null));
        Assert.Equal(["orleans:1", "embedded:2", "orleans:2"], Words("b", "orleans", "embedded:2"));
        Assert.All(FlavourCase.Words(orleans: true), w => Assert.NotEmpty(Words("b", w)));
    }

    [Fact]
    public void A_program_of_many_processes_is_counted_whatever_its_name_is()
    {
        var line = "42 (a) b (c)) S 7 " + string.Join(' ', Enumerable.Range(5, 40));
        Assert.Equal((7, 14.0 + 15, 16.0 + 17), ProcessTimes.Parse(line));
        Assert.InRange(ProcessTimes.OfTree(Environment.ProcessId).TotalSeconds, 0, TimeSpan.FromDays(1).TotalSeconds);
    }

    [Fact]
    public void A_result_is_one_line_and_comes_back_from_it()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(file, [_embedded.ToJson(), _alarms.ToJson()]);
            Assert.Equal(new List<FlavourResult> { _embedded, _alarms }, FlavourResult.Read(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Every_station_has_one_gateway_that_has_no_lamps()
    {
        var stations = SweepCity.StationClients(SweepCity.Gateways, 1_000);
        Assert.Equal(Enumerable.Range(1, 1_000).Select(SweepCity.Station), stations.SelectMany(c => c.Devices));
        Assert.Empty(stations.Select(c => c.Client).Intersect(SweepCity.Clients(SweepCity.Gateways, 1_000).Select(c => c.Client), StringComparer.Ordinal));
    }
}
