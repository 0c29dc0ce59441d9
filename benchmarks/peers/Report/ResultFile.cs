using System.Text.Json;

namespace SmartCity.Benchmarks.Peers;

/// <summary>The file of end-to-end results, of which the lines of group <c>peer</c> are this program's.</summary>
internal static class ResultFile
{
    /// <summary>The peers' results in it, in its order.</summary>
    public static IReadOnlyList<PeerResult> Read(string path) => File.Exists(path)
        ? [.. File.ReadLines(path).Where(IsPeer).Select(l => JsonSerializer.Deserialize(l, PeerJson.Default.PeerResult)!)]
        : [];

    /// <summary>Puts a result in the place of the same peer's earlier one of that many readings a publish, or at the end.</summary>
    public static void Put(string path, PeerResult result)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var lines = File.Exists(path) ? File.ReadAllLines(path).ToList() : [];
        var text = JsonSerializer.Serialize(result, PeerJson.Default.PeerResult);
        var at = lines.FindIndex(l => IsPeer(l) && JsonSerializer.Deserialize(l, PeerJson.Default.PeerResult) is { } old
            && old.Name == result.Name && old.ReadingsPerPublish == result.ReadingsPerPublish);
        if (at < 0)
        {
            lines.Add(text);
        }
        else
        {
            lines[at] = text;
        }

        File.WriteAllLines(path, lines);
    }

    private static bool IsPeer(string line) => line.Contains("\"group\":\"peer\"", StringComparison.Ordinal);
}
