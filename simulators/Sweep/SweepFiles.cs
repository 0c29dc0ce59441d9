using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Simulators.Sweep;

/// <summary>Where results lie, and the page that they are written into.</summary>
internal sealed class SweepFiles(string folder)
{
    private const string Peer = "peer";
    private readonly HashSet<string> _renewed = new(StringComparer.Ordinal);

    /// <summary>What has been measured here, by this run or an earlier one.</summary>
    public IReadOnlyList<SweepResult> Results => SweepResult.Read(ResultsFile);

    /// <summary>Of what.</summary>
    public SweepHead Head => File.Exists(HeadFile)
        ? JsonSerializer.Deserialize(File.ReadAllText(HeadFile), SweepJson.Default.SweepHead)!
        : new SweepHead("", "", "", "", "", "", "");

    private string ResultsFile => Path.Combine(folder, "results.jsonl");

    private string SamplesFile => Path.Combine(folder, "samples.jsonl");

    private string HeadFile => Path.Combine(folder, "head.json");

    /// <summary>A run begins.</summary>
    public void Begin(string commit, string options)
    {
        Directory.CreateDirectory(folder);
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[^1].Trim() ?? "unknown processor";
        var allowed = File.ReadLines("/proc/self/status").First(l => l.StartsWith("Cpus_allowed_list", StringComparison.Ordinal)).Split(':')[^1].Trim();
        var memory = File.ReadLines("/proc/meminfo").First().Split(':')[^1].Trim().Split(' ')[0];
        Save(new SweepHead(
            processor + string.Create(CultureInfo.InvariantCulture, $", {double.Parse(memory, CultureInfo.InvariantCulture) / 1e6:0} GB"),
            $"server, readers and load generator share the cores {allowed}", commit,
            DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Average(), "", options));
    }

    /// <summary>Keeps a result: the first of a group replaces what an earlier run had of it.</summary>
    public void Add(SweepResult result)
    {
        if (_renewed.Add(result.Group))
        {
            File.WriteAllLines(ResultsFile, Results.Where(r => r.Group != result.Group).Select(r => r.ToJson()));
        }

        File.AppendAllText(ResultsFile, result.ToJson() + "\n");
        Console.WriteLine(result.ToJson());
    }

    /// <summary>A run is over.</summary>
    public void End(IReadOnlyList<SweepSample> samples)
    {
        Save(Head with { LoadAfter = Average() });
        if (samples.Count > 0)
        {
            File.WriteAllLines(SamplesFile, samples.Select(s => JsonSerializer.Serialize(s, SweepJson.Default.SweepSample)));
        }
    }

    /// <summary>Writes tables into a page, and pictures beside it.</summary>
    public void Write(string page)
    {
        var results = Results;
        var samples = File.Exists(SamplesFile)
            ? File.ReadLines(SamplesFile).Select(l => JsonSerializer.Deserialize(l, SweepJson.Default.SweepSample)!).ToList()
            : [];
        var images = Path.Combine(Path.GetDirectoryName(page)!, "images");
        Directory.CreateDirectory(images);
        var shown = new StringBuilder();
        foreach (var (file, words, svg) in SweepPictures.Draw([.. results.Where(r => r.Group != Peer)], samples))
        {
            File.WriteAllText(Path.Combine(images, file), svg);
            shown.Append(CultureInfo.InvariantCulture, $"![{words}](images/{file})\n\n");
        }

        var text = File.ReadAllText(page);
        text = MarkedFile.Replace(text, "e2e-goals", SweepText.Goals(results));
        text = MarkedFile.Replace(text, "e2e-tables", SweepText.Head(Head, results) + "\n" + shown + SweepText.Tables(results));
        File.WriteAllText(page, text);
    }

    private static string Average() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3));

    private void Save(SweepHead head) => File.WriteAllText(HeadFile, JsonSerializer.Serialize(head, SweepJson.Default.SweepHead));
}
