using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using SmartCity.Simulators.Sweep;

namespace SmartCity.Simulators.Tests.Load;

/// <summary>What a sweep writes: its lines, its tables, its pictures, and the places of a page.</summary>
public sealed class SweepPageTests
{
    private static readonly SweepResult _fifty = new()
    {
        Name = "50 a publish",
        Group = "readings",
        ReadingsPerPublish = 50,
        Connections = 20,
        Qos = 1,
        Tls = false,
        Devices = 1_000,
        ReadingsPerSecond = 1_700_000,
        CaughtUpPerSecond = 650_000,
        CpuMicrosPerReading = 1.204,
        AllocatedPerReading = 0,
        P50Ms = 1,
        P99Ms = 2,
        P999Ms = 3,
    };

    [Fact]
    public void A_result_is_one_line_and_comes_back_from_it()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(file, [_fifty.ToJson(), "", (_fifty with { Name = "x\ny", Note = "\"" }).ToJson()]);
            Assert.Equal(3, File.ReadAllLines(file).Length);
            Assert.Equal(new List<SweepResult> { _fifty, _fifty with { Name = "x\ny", Note = "\"" } }, SweepResult.Read(file));
            Assert.Empty(SweepResult.Read(file + ".not-there"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_goal_is_reached_not_reached_or_not_measured()
    {
        var rows = SweepText.Goals([_fifty]).Split('\n');
        Assert.Contains("1,700,000/s acknowledged | reached |", Assert.Single(rows, r => r.StartsWith("| readings at 50", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("650,000/s | **not reached** |", Assert.Single(rows, r => r.StartsWith("| the same with all", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("1.20 µs | **not reached** |", Assert.Single(rows, r => r.StartsWith("| server CPU", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.EndsWith("|  | not measured |", Assert.Single(rows, r => r.StartsWith("| alarm", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_has_as_many_cells_in_every_row_and_says_what_is_strange()
    {
        var text = SweepText.Tables([_fifty, _fifty with { Name = "two", Note = "strange" }, new SweepResult { Name = "idle", Group = "idle", BytesPerConnection = 9_300, Tls = false }]);
        foreach (var table in text.Split("###", StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.Single(table.Split('\n').Where(l => l.StartsWith('|')).Select(l => l.Count(c => c == '|')).Distinct());
        }

        Assert.Contains("two: strange.", text, StringComparison.Ordinal);
        Assert.Contains("| idle | 9.3 KB |", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_place_of_that_name_changes_and_writing_twice_changes_nothing_more()
    {
        const string Page = "# A\n<!-- one:begin -->\nold\n<!-- one:end -->\nmine\n<!-- two:begin -->\nkeep\n<!-- two:end -->\n";
        var once = MarkedFile.Replace(Page, "one", "new\n");
        Assert.Equal(Page.Replace("old", "new", StringComparison.Ordinal), once);
        Assert.Equal(once, MarkedFile.Replace(once, "one", "new"));
        Assert.Throws<InvalidDataException>(() => MarkedFile.Replace(Page, "three", "x"));
        Assert.Throws<InvalidDataException>(() => MarkedFile.Replace(Page + Page, "one", "x"));
        Assert.Throws<InvalidDataException>(() => MarkedFile.Replace("<!-- one:end --><!-- one:begin -->", "one", "x"));
    }

    [Fact]
    public void A_picture_of_any_values_is_well_formed_and_stays_within_its_frame() => Prop.ForAll(
        (from values in Gen.NonEmptyListOf(Gen.Choose(0, 2_000_000)) from logarithmic in Gen.Elements(false, true) select (values.ToList(), logarithmic)).ToArbitrary(),
        of =>
        {
            var (values, logarithmic) = of;
            Inside(XElement.Parse(BarPicture.Draw("a < b & c", ["one", "two"], [.. values.Select((v, i) => ($"row \"{i}\" <", (IReadOnlyList<double?>)[v / 1000.0, null]))], logarithmic, (15, "goal"))));
            Inside(XElement.Parse(LinePicture.Draw("t", "x", logarithmic, [("c", [.. values.Select((v, i) => (i + 1.0, v / 1000.0))])], (1, "goal"))));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_lamp_has_one_client_however_many_there_are()
    {
        foreach (var connections in new[] { 1, 7, 20, 1_000 })
        {
            var clients = SweepCity.Clients(connections, 1_000);
            Assert.Equal(connections, clients.Count);
            Assert.Equal(Enumerable.Range(1, 1_000).Select(SweepCity.Lamp), clients.SelectMany(c => c.Devices));
        }
    }

    private static void Inside(XElement svg)
    {
        var frame = svg.Attribute("viewBox")!.Value.Split(' ').Select(v => double.Parse(v, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        foreach (var rect in svg.Descendants().Where(e => e.Name.LocalName == "rect"))
        {
            Assert.InRange((double)rect.Attribute("x")! + (double)rect.Attribute("width")!, 0, frame[2]);
            Assert.InRange((double)rect.Attribute("y")!, 0, frame[3]);
        }
    }
}
