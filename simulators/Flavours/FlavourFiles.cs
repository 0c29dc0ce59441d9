using System.Globalization;
using SmartCity.Simulators.Sweep;

namespace SmartCity.Simulators.Flavours;

/// <summary>Where results lie, and the page that they are written into.</summary>
/// <param name="folder">Of the results.</param>
internal sealed class FlavourFiles(string folder)
{
    private const string Place = "flavours";
    private const string Image = "flavours.svg";

    private readonly SweepFiles _head = new(folder);

    /// <summary>What has been measured here.</summary>
    public IReadOnlyList<FlavourResult> Results => FlavourResult.Read(ResultsFile);

    private string ResultsFile => Path.Combine(folder, "results.jsonl");

    /// <summary>A run begins.</summary>
    /// <param name="commit">What is measured.</param>
    /// <param name="add">Whether its rounds come to those that are there; else they are deleted.</param>
    public void Begin(string commit, bool add)
    {
        _head.Begin(commit, "");
        if (!add)
        {
            File.Delete(ResultsFile);
        }
    }

    /// <summary>The number of a case's next round.</summary>
    public int RoundOf(FlavourCase of) => 1 + Results.Where(r => r.Flavour == of.Name && r.Servers == of.Servers).Select(r => r.Round).DefaultIfEmpty(0).Max();

    /// <summary>Keeps a result.</summary>
    public void Add(FlavourResult result)
    {
        File.AppendAllText(ResultsFile, result.ToJson() + "\n");
        Console.WriteLine(result.ToJson());
    }

    /// <summary>The tables with what stands over them.</summary>
    public string Text()
    {
        var results = Results;
        var load = results.Select(r => r.LoadAverage).OfType<double>().DefaultIfEmpty(0).ToList();
        var commits = string.Join(", ", results.Select(r => r.Commit).OfType<string>().Distinct(StringComparer.Ordinal));
        var rounds = results.Select(r => r.Round).DefaultIfEmpty(0).Max();
        var head = _head.Head;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{head.Machine}; servers, PostgreSQL and load generator share the cores {head.Cores[(head.Cores.LastIndexOf(' ') + 1)..]}; commit {commits}, {head.When}; rounds: {rounds}. Load average (a minute's, all of this counted) {load.Min():0.0} to {load.Max():0.0} before the points.\n\n{FlavourText.Tables(results)}");
    }

    /// <summary>Writes tables into a page, and the picture beside it.</summary>
    public void Write(string page)
    {
        var (series, rows) = FlavourText.Bars(Results);
        var images = Path.Combine(Path.GetDirectoryName(page)!, "images");
        Directory.CreateDirectory(images);
        var shown = "";
        if (rows.Count > 0)
        {
            File.WriteAllText(Path.Combine(images, Image), BarPicture.Draw("Readings/s with all readers caught up, by flavour and number of servers", series, rows));
            shown = $"![Readings per second, by flavour and number of servers](images/{Image})\n\n";
        }

        File.WriteAllText(page, MarkedFile.Replace(File.ReadAllText(page), Place, shown + Text()));
    }
}
